import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoadedModel } from '../../../../runtime/src/engines/index.js';
import {
  type ManifestTensor,
  parseManifest,
  type Task,
  taskSignature,
} from '../../../../runtime/src/manifest/index.js';
import { loadModel } from '../../../../runtime/src/tasks/load-model.js';
import type { Tensor } from '../../../../runtime/src/tensor/tensor.js';
import { StartedRuntime } from '../../../contract/started-runtime.js';
import { freePort } from '../../../support/free-port.js';
import { writeTextPackage } from '../../../support/text-package.js';

interface Case {
  readonly question: string;
  readonly context: string;
  readonly maxAnswerTokens: number;
  readonly answer: string;
  readonly score: number;
  readonly start: number;
  readonly end: number;
}

const file = (name: string) => readFileSync(join(__dirname, 'question-answering', name));

/** Made by Transformers 4.57: see question_answering_cases.py. */
const { cases, maxTokens, stride }: { maxTokens: number; stride: number; cases: readonly Case[] } = JSON.parse(
  String(file('expected.json')),
);

/** Writes the package of the model. */
function packed(maxAnswerTokens: number, name = 'answers', folder?: string): string {
  const task: Task = {
    type: 'question_answering',
    tokenizer: {
      file: 'tokenizer.json',
      maxTokens,
      truncationSide: 'right',
      padding: { id: 0, typeId: 0, side: 'right' },
    },
    output: 'start_logits',
    endOutput: 'end_logits',
    stride,
    maxAnswerTokens,
  };
  const logits = (name: string): ManifestTensor => ({ name, datatype: 'FP32', shape: [-1, -1] });
  const ids = (name: string): ManifestTensor => ({ name, datatype: 'INT64', shape: [-1, -1] });
  return writeTextPackage(
    {
      name,
      ...taskSignature(task, logits('start_logits')),
      task,
      signatures: {
        tensors: {
          inputs: ['input_ids', 'attention_mask', 'token_type_ids'].map(ids),
          outputs: ['start_logits', 'end_logits'].map(logits),
        },
      },
      content: { 'model.onnx': file('model.onnx'), 'tokenizer.json': file('tokenizer.json'), 'samples.json': '[]' },
    },
    folder,
  );
}

describe.each([3, 15])('answers of at most %i tokens', (maxAnswerTokens) => {
  const own = cases.filter((each) => each.maxAnswerTokens === maxAnswerTokens);
  let model: LoadedModel;

  beforeAll(async () => {
    const directory = packed(maxAnswerTokens);
    const path = join(directory, 'model.json');
    model = await loadModel(directory, parseManifest(readFileSync(path, 'utf8'), path), {});
    // Windows of several lengths run together, as on a server.
    model.lengths!.limitRows(() => 4);
  });

  afterAll(() => model.close());

  const bytes = (name: string, texts: readonly string[]): Tensor => ({
    name,
    datatype: 'BYTES',
    shape: [texts.length],
    data: texts.map((text) => Buffer.from(text)),
  });
  const ask = (asked: readonly Pick<Case, 'question' | 'context'>[], options = {}) =>
    model.run(
      [
        bytes(
          'question',
          asked.map(({ question }) => question),
        ),
        bytes(
          'context',
          asked.map(({ context }) => context),
        ),
      ],
      undefined,
      options,
    );

  it('are those of the pipeline of Transformers, also for contexts of several windows', async () => {
    const [answer, score, start, end] = await ask(own);
    expect((answer!.data as Buffer[]).map(String)).toEqual(own.map((each) => each.answer));
    expect([...(start!.data as BigInt64Array)].map(Number)).toEqual(own.map((each) => each.start));
    expect([...(end!.data as BigInt64Array)].map(Number)).toEqual(own.map((each) => each.end));
    for (const [index, each] of own.entries()) expect((score!.data as Float32Array)[index]).toBeCloseTo(each.score, 5);
  });

  it('are not read in so many windows that the server hangs', async () => {
    // The question leaves windows that each add one token.
    const long = { question: 'who '.repeat(8), context: 'bob '.repeat(90_000) };
    await expect(ask([own[0]!, long])).rejects.toThrow(
      /^question 1 takes the windows of all contexts above 2097152 tokens: shorten/,
    );
  });

  it('need a context, and a question that leaves room for it', async () => {
    await expect(ask([{ question: 'who?', context: '' }])).rejects.toThrow('context 0 has no tokens');
    await expect(ask([{ question: 'who '.repeat(10), context: 'bob' }])).rejects.toThrow(
      /^question 0 has too many tokens: with it, 11 of 24 are left for the context, and more than 12 are needed/,
    );
    await expect(ask(own, { truncate: false })).rejects.toThrow(
      /^context \d and its question have more than 24 tokens/,
    );
  });
});

describe('twenty models that take texts, in one process', () => {
  let runtime: StartedRuntime;
  const folder = mkdtempSync(join(tmpdir(), 'modelship-twenty-'));
  const names = Array.from({ length: 20 }, (_, index) => `answers-${index}`);

  beforeAll(async () => {
    for (const name of names) packed(15, name, join(folder, name));
    const port = await freePort();
    const env = { MODELSHIP_MODEL: folder, MODELSHIP_PORT: String(port), MODELSHIP_PROCESSES: '1' };
    runtime = new StartedRuntime({ env, port });
    await runtime.until('/v2/health/ready');
  }, 60_000);

  afterAll(async () => {
    await runtime.stop();
    rmSync(folder, { recursive: true });
  });

  it('all answer', async () => {
    const { answer, context, question } = cases[1]!;
    const input = (name: string, text: string) => ({ name, datatype: 'BYTES', shape: [1], data: [text] });
    const body = JSON.stringify({ inputs: [input('question', question), input('context', context)] });
    const answers = await Promise.all(
      names.map(async (name) => {
        const response = await fetch(`${runtime.url}/v2/models/${name}/infer`, { method: 'POST', body });
        return ((await response.json()) as { outputs: [{ data: string[] }] }).outputs[0].data[0];
      }),
    );
    expect(answers).toEqual(names.map(() => answer));
  });
});
