import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../support/free-port.js';
import { EMBEDDED, writeWordsPackage } from '../../support/words-packages.js';
import { serve, stopAll } from '../faults/servers.js';
import { entry } from '../models/model-folders.js';

const PYTHON = join(import.meta.dirname, '../../../.venv-clients/bin/python');
const SCRIPT = join(import.meta.dirname, 'text_clients.py');
const TEXTS = ['a very good film', 'bad'];

type Vectors = readonly (readonly number[])[];

/** One model of each task. */
const MODELS = ['words_embed', 'words_rank', 'words_classify', 'words_tag', 'words_label', 'words_fill'] as const;

let base: string;
let grpc: string;
const ask = async (path: string, body: object) => {
  const response = await fetch(base + path, { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status} ${text}`);
  return JSON.parse(text) as never;
};
const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));

beforeAll(async () => {
  const port = await freePort();
  base = await serve({
    models: MODELS.map((name) => entry(writeWordsPackage(name), { name })),
    grpcPort: port,
  });
  grpc = `127.0.0.1:${port}`;
}, 60_000);
afterAll(stopAll);

describe('clients of other servers', () => {
  // biome-ignore lint/suspicious/noExplicitAny: the script prints what each client returns
  let found: Record<string, any>;
  let expected: Vectors;

  beforeAll(async () => {
    const environment = { ...process.env, HF_HUB_DISABLE_TELEMETRY: '1', HF_HUB_OFFLINE: '0' };
    const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, base], { env: environment });
    found = JSON.parse(stdout);
    // The Open Inference Protocol returns the vectors that test/runtime/tasks/text compares with NumPy.
    const inputs = [{ name: 'text', datatype: 'BYTES', shape: [2], data: TEXTS }];
    const { outputs } = (await ask('/v2/models/words_embed/infer', { inputs })) as { outputs: [{ data: number[] }] };
    expected = [outputs[0].data.slice(0, 4), outputs[0].data.slice(4)];
  }, 120_000);

  it.each(['openai', 'langchain openai documents', 'langchain hub documents'])(
    '%s: vectors of several texts',
    (client) => {
      expectClose(found[client], expected);
    },
  );

  it.each(['langchain openai query', 'langchain hub query'])('%s: the vector of one text', (client) => {
    expectClose([found[client]], expected.slice(0, 1));
  });

  it('huggingface_hub: labels of the request, and suggestions for a mask', () => {
    // The logit of entailment is how often `good` is in the text and its hypothesis.
    expect(found['hub zero_shot_classification']).toEqual([
      ['good', expect.closeTo(sigmoid(1), 5)],
      ['bad', expect.closeTo(sigmoid(-1), 5)],
    ]);
    expect(found['hub multi_label']).toEqual([
      ['good', expect.closeTo(sigmoid(1), 5)],
      ['bad', expect.closeTo(sigmoid(-1), 5)],
    ]);
    expect(found['hub fill_mask']).toEqual([
      ['good', 6, 'a good film'],
      ['bad', 7, 'a bad film'],
    ]);
  });

  it('huggingface_hub: vectors, similarities, classes and entities', () => {
    expectClose(found['hub feature_extraction'], expected.slice(0, 1));
    expectClose(found['hub options'], expected.slice(0, 1));
    const cosine = expected[0]!.reduce((sum, value, index) => sum + value * expected[1]![index]!, 0);
    expectClose([found['hub sentence_similarity']], [[1, cosine]]);
    expect(found['hub text_classification']).toEqual([
      ['POSITIVE', expect.closeTo(sigmoid(2), 5)],
      ['NEGATIVE', expect.closeTo(sigmoid(-2), 5)],
    ]);
    expect(found['hub top_k']).toEqual(['NEGATIVE']);
    expect(found['hub token_classification']).toEqual([['WORK', 'film', 7, 11]]);
  });

  it('openai: fewer dimensions of length 1, the tokens, the models and errors', () => {
    const [first, second] = expected[0]!.slice(0, 2) as [number, number];
    const norm = Math.hypot(first, second);
    expectClose([found['openai float']], [[first / norm, second / norm]]);
    expect(found['openai usage']).toBe(6);
    expect(found['openai models']).toEqual(MODELS);
    expect(found['openai error']).toContain('`input` must not be empty');
  });

  it('cohere: ranks by both versions of its API, and by LangChain', () => {
    const scores = [2, 1, 0].map((logit) => expect.closeTo(sigmoid(logit), 5));
    const ranks = [2, 1, 0].map((index, position) => [index, scores[position]]);
    expect(found['cohere v2']).toEqual(ranks.slice(0, 2));
    expect(found['cohere v1']).toEqual(ranks);
    expect(found['cohere v1 documents']).toEqual(['very good, good film', 'good', 'a bad film']);
    expect(found['cohere error']).toEqual({ message: '`documents` must not be empty' });
    expect(found['langchain cohere']).toEqual(['very good, good film']);
  });
});

describe('a server with models of each task', () => {
  it('returns the vectors of tokens, whose mean is the vector of the text', async () => {
    const [tokens] = (await ask('/embed_all', { inputs: TEXTS })) as [Vectors];
    expect(tokens).toHaveLength(6);
    const mean = tokens[0]!.map((_, column) => tokens.reduce((sum, token) => sum + token[column]!, 0) / 6);
    const vectors = (await ask('/embed', { inputs: TEXTS, normalize: false })) as Vectors;
    expectClose([mean], vectors.slice(0, 1));
  });

  it('tokenizes texts, with the special tokens of the model, and decodes their ids', async () => {
    const [tokens] = (await ask('/tokenize', { inputs: 'Good 😀 film', model: 'words_embed' })) as [{ id: number }[]];
    expect(tokens).toEqual([
      { id: 2, text: '[CLS]', special: true, start: null, stop: null },
      { id: 6, text: 'Good', special: false, start: 0, stop: 4 },
      { id: 1, text: '😀', special: false, start: 5, stop: 6 },
      { id: 8, text: 'film', special: false, start: 7, stop: 11 },
      { id: 3, text: '[SEP]', special: true, start: null, stop: null },
    ]);
    const ids = tokens.map(({ id }) => id);
    expect(await ask('/decode', { ids, model: 'words_embed' })).toEqual(['good film']);
    const all = { ids, model: 'words_embed', skip_special_tokens: false };
    expect(await ask('/decode', all)).toEqual(['[CLS] good [UNK] film [SEP]']);
  });

  it('takes texts as BYTES over gRPC', async () => {
    const proto = join(import.meta.dirname, '../../../runtime/proto/open_inference.proto');
    // biome-ignore lint/suspicious/noExplicitAny: the service is as the proto file has it
    const { inference } = loadPackageDefinition(loadSync(proto, { keepCase: true })) as any;
    const client = new inference.GRPCInferenceService(grpc, credentials.createInsecure());
    const contents = { bytes_contents: TEXTS.map((text) => Buffer.from(text)) };
    const inputs = [{ name: 'text', datatype: 'BYTES', shape: [2], contents }];
    const answer = await promisify(client.ModelInfer.bind(client))({ model_name: 'words_embed', inputs });
    const { outputs } = answer as { outputs: [{ contents: { fp32_contents: number[] } }] };
    expectClose([outputs[0].contents.fp32_contents], [EMBEDDED.vectors.flat()]);
    client.close();
  });

  it('returns the elements of SPLADE vectors that are not zero', async () => {
    const sparse = await serve({ models: [entry(writeWordsPackage('words_sparse'), { name: 'words_sparse' })] });
    const send = async (path: string) => {
      const response = await fetch(sparse + path, { method: 'POST', body: '{"inputs":["good film","good"]}' });
      return response.json();
    };
    const [first, second] = [Math.log(2), Math.log(5)].map((value) => expect.closeTo(value, 5));
    const expected = [
      [
        { index: 0, value: first },
        { index: 1, value: second },
      ],
      [{ index: 0, value: first }],
    ];
    expect(await send('/embed_sparse')).toEqual(expected);
    expect(await send('/')).toEqual(expected);
    const dense = await fetch(`${base}/embed_sparse`, { method: 'POST', body: '{"inputs":"good"}' });
    expect([dense.status, await dense.json()]).toEqual([
      424,
      { error: 'model words_embed has no SPLADE pooling', error_type: 'Backend' },
    ]);
  });

  it('cuts long texts with a header, or rejects them', async () => {
    const long = 'good '.repeat(40);
    const send = (body: object) => fetch(`${base}/embed`, { method: 'POST', body: JSON.stringify(body) });
    const cut = await send({ inputs: ['good', long] });
    expect(cut.headers.get('x-truncated-texts')).toBe('1');
    expect(cut.headers.get('x-compute-tokens')).toBe('19');
    const all = await fetch(`${base}/embed_all`, { method: 'POST', body: JSON.stringify({ inputs: long }) });
    expect(all.headers.get('x-truncated-texts')).toBe('1');
    const rejected = await send({ inputs: ['good', long], truncate: false });
    expect(rejected.status).toBe(422);
    expect(await rejected.json()).toMatchObject({
      error: expect.stringContaining('text 1 has more than 16 tokens'),
      error_type: 'Validation',
    });
    const prompt = await send({ inputs: 'good', prompt_name: 'query' });
    expect([prompt.status, await prompt.text()]).toEqual([
      422,
      expect.stringContaining('is not a prompt of the model'),
    ]);
  });

  it('answers requests beyond a megabyte as others', async () => {
    const text = 'good '.repeat(300_000);
    expect(await ask('/tokenize', { inputs: ['good'], model: 'words_embed', padding: text })).toHaveLength(1);
    const [vector] = (await ask('/embed', { inputs: [text] })) as Vectors;
    const [short] = (await ask('/embed', { inputs: ['good '.repeat(40)] })) as Vectors;
    expectClose([vector!], [short!]);
    const all = (await ask('/embed_all', { inputs: [text] })) as unknown as [Vectors];
    expect(all[0]).toHaveLength(16);
  }, 60_000);

  it('lists the models that could respond', async () => {
    const response = await fetch(`${base}/tokenize`, { method: 'POST', body: '{"inputs":"good"}' });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(MODELS.join(', '))]);
  });
});

function expectClose(actual: Vectors, expected: Vectors): void {
  expect(actual).toEqual(expected.map((vector) => vector.map((value) => expect.closeTo(value, 5))));
}
