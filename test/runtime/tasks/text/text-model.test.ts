import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadedModel } from '../../../../runtime/src/engines/index.js';
import { type Manifest, parseManifest, SAMPLES_FILE } from '../../../../runtime/src/manifest/index.js';
import { loadModel } from '../../../../runtime/src/tasks/load-model.js';
import { modelship, ROOT } from '../../../lib/cli/support.js';
import { type PackageOverrides, writePackage } from '../../../support/packages.js';

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a', 'very', 'good', 'bad', 'film', ':'];
const [PAD, UNK, CLS, SEP] = [0, 1, 2, 3];
const id = (word: string) => VOCABULARY.indexOf(word);

const TOKENIZER_JSON = JSON.stringify({
  version: '1.0',
  added_tokens: [],
  normalizer: { type: 'Lowercase' },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: ['[CLS]', 'A', '[SEP]'].map((name) =>
      name === 'A' ? { Sequence: { id: name, type_id: 0 } } : { SpecialToken: { id: name, type_id: 0 } },
    ),
    pair: ['[CLS]', 'A', '[SEP]', 'B', '[SEP]'].map((name) =>
      name.length === 1 ? { Sequence: { id: name, type_id: 0 } } : { SpecialToken: { id: name, type_id: 0 } },
    ),
    special_tokens: Object.fromEntries(
      ['[CLS]', '[SEP]'].map((name) => [name, { id: name, ids: [id(name)], tokens: [name] }]),
    ),
  },
  decoder: null,
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(VOCABULARY.map((word, index) => [word, index])),
  },
});

/** Texts of different lengths, with the ids that their tokens have in the vocabulary. */
const TEXTS: readonly [string, readonly number[]][] = [
  ['good', [CLS, id('good'), SEP]],
  ['A very, very BAD film', [CLS, id('a'), id('very'), UNK, id('very'), id('bad'), id('film'), SEP]],
  ['', [CLS, SEP]],
  // The limit of eight tokens in the package removes the rest.
  [
    'good good good good good good good good',
    [CLS, id('good'), id('good'), id('good'), id('good'), id('good'), id('good'), SEP],
  ],
];
const PROMPTED = [CLS, id('film'), id(':'), id('good'), SEP];

const TASK: Manifest['task'] = {
  type: 'embed',
  tokenizer: {
    file: 'tokenizer.json',
    maxTokens: 8,
    truncationSide: 'right',
    padding: { id: PAD, typeId: 0, side: 'right' },
  },
  output: 'last_hidden_state',
  pooling: 'mean',
  normalize: true,
};

describe('an embedding model', () => {
  let onnx: Buffer;
  let expected: readonly (readonly number[])[];
  const models: LoadedModel[] = [];

  beforeAll(() => {
    const path = join(mkdtempSync(join(tmpdir(), 'modelship-embedding-')), 'model.onnx');
    const ids = JSON.stringify([...TEXTS.map(([, tokens]) => tokens), PROMPTED]);
    const python = join(ROOT, '.venv', 'bin', 'python');
    expected = JSON.parse(
      execFileSync(python, [join(__dirname, 'embedding_model.py'), path, ids], { encoding: 'utf8' }),
    );
    onnx = readFileSync(path);
  });

  afterAll(() => Promise.all(models.map((model) => model.close())));

  const ids = (name: string) => ({ name, datatype: 'INT64' as const, shape: [-1, -1] });

  function packed(task: Manifest['task'] = TASK, samples?: string, count = 0): string {
    const fields: PackageOverrides = {
      name: 'words',
      inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
      outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, 4] }],
      signatures: {
        tensors: {
          inputs: [ids('input_ids'), ids('attention_mask')],
          outputs: [{ name: 'last_hidden_state', datatype: 'FP32', shape: [-1, -1, 4] }],
        },
      },
      task,
      samples: { count, tolerance: { absolute: 1e-6, relative: 1e-5 } },
      content: { 'model.onnx': onnx, 'tokenizer.json': TOKENIZER_JSON, [SAMPLES_FILE]: samples ?? '[]' },
    };
    return writePackage(fields);
  }

  async function load(task: Manifest['task'] = TASK): Promise<LoadedModel> {
    const directory = packed(task);
    const path = join(directory, 'model.json');
    const model = await loadModel(directory, parseManifest(readFileSync(path, 'utf8'), path), {});
    models.push(model);
    return model;
  }

  const text = (...texts: (string | Buffer)[]) => [
    { name: 'text', datatype: 'BYTES' as const, shape: [texts.length], data: texts.map((item) => Buffer.from(item)) },
  ];

  it('turns texts into the vectors that NumPy computes from their tokens, alone and together', async () => {
    const model = await load();
    const [together] = await model.run(text(...TEXTS.map(([item]) => item)));
    expect(together).toMatchObject({ name: 'embedding', datatype: 'FP32', shape: [TEXTS.length, 4] });
    expectClose(together!.data as Float32Array, expected.slice(0, TEXTS.length).flat());
    for (const [index, [item]] of TEXTS.entries()) {
      const [alone] = await model.run(text(item));
      expectClose(alone!.data as Float32Array, expected[index]!);
    }
  });

  it('gives the same vectors when texts are padded on the left', async () => {
    const padding = { id: UNK, typeId: 0, side: 'left' as const };
    const model = await load({ ...TASK, tokenizer: { ...TASK!.tokenizer, padding } } as Manifest['task']);
    const [output] = await model.run(text(...TEXTS.map(([item]) => item)));
    expectClose(output!.data as Float32Array, expected.slice(0, TEXTS.length).flat());
  });

  it('puts the default prompt before each text', async () => {
    const model = await load({ ...TASK, prompts: { film: 'film: ' }, defaultPrompt: 'film' } as Manifest['task']);
    const [output] = await model.run(text('good'));
    expectClose(output!.data as Float32Array, expected.at(-1)!);
  });

  it('returns no vectors for no texts, and rejects text that is not UTF-8', async () => {
    const model = await load();
    expect(await model.run(text())).toMatchObject([{ name: 'embedding', shape: [0, 4] }]);
    await expect(model.run(text('good', Buffer.from([0xff])))).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'element 1 of input text is not valid UTF-8',
    });
  });

  it('runs on token ids by the signature tensors', async () => {
    const model = await load();
    const shape = [1, 2];
    const inputs = ['input_ids', 'attention_mask'].map((name) => ({
      name,
      datatype: 'INT64' as const,
      shape,
      data: name === 'input_ids' ? BigInt64Array.of(2n, 3n) : BigInt64Array.of(1n, 1n),
    }));
    expect(await model.run(inputs, 'tensors')).toMatchObject([{ name: 'last_hidden_state', shape: [1, 2, 4] }]);
  });

  it('is described by `modelship inspect`', async () => {
    expect((await modelship('inspect', packed())).stdout).toMatch(
      /task +embed; tokenizer\.json, at most 8 tokens, cut on the right; output last_hidden_state; pooling mean; normalize true/,
    );
  });

  it('reproduces golden samples of texts by `modelship evaluate`', async () => {
    const sample = (vector: readonly number[]) =>
      JSON.stringify([
        {
          request: { inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['good'] }] },
          response: { outputs: [{ name: 'embedding', datatype: 'FP32', shape: [1, 4], data: vector }] },
        },
      ]);
    const right = await modelship('evaluate', packed(TASK, sample(expected[0]!), 1));
    expect(right).toMatchObject({ code: 0, stdout: expect.stringContaining('1 of 1 samples agree') });
    const wrong = await modelship('evaluate', packed(TASK, sample(expected[1]!), 1));
    expect(wrong.code).toBe(1);
  });
});

function expectClose(found: Float32Array, wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [index, value] of wanted.entries()) expect(found[index]).toBeCloseTo(value, 5);
}
