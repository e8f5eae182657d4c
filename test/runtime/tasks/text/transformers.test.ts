import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LoadedModel } from '../../../../runtime/src/engines/index.js';
import {
  type ManifestTensor,
  type ModelTask,
  parseManifest,
  taskSignature,
} from '../../../../runtime/src/manifest/index.js';
import { applyBatching, probeBatching } from '../../../../runtime/src/scheduling/probe.js';
import { loadModel } from '../../../../runtime/src/tasks/load-model.js';
import type { TextOptions } from '../../../../runtime/src/tensor/request.js';
import type { Tensor } from '../../../../runtime/src/tensor/tensor.js';
import { ROOT } from '../../../lib/cli/support.js';
import { writePackage } from '../../../support/packages.js';

interface Expected {
  readonly texts: readonly string[];
  readonly pairs: readonly (readonly [string, string])[];
  readonly masked: readonly string[];
  readonly labels: readonly string[];
  readonly entities: string[];
  readonly classes: string[];
  readonly vocabulary: number;
  readonly mask: number;
  readonly maxTokens: number;
  // biome-ignore lint/suspicious/noExplicitAny: results differ by task
  readonly results: Readonly<Record<string, any>>;
}

describe('models of Transformers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-transformers-'));
  const models: LoadedModel[] = [];
  let expected: Expected;

  beforeAll(() => {
    const script = join(__dirname, 'transformers_models.py');
    execFileSync(join(ROOT, '.venv', 'bin', 'python'), [script, folder], { stdio: 'pipe' });
    expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  }, 300_000);

  afterAll(async () => {
    await Promise.all(models.map((model) => model.close()));
    rmSync(folder, { recursive: true });
  });

  type Settings = ModelTask extends infer Each
    ? Each extends ModelTask
      ? Omit<Each, 'tokenizer' | 'output'>
      : never
    : never;

  async function load(
    settings: Settings,
    shape: number[],
    labels?: string[],
    file: string = settings.type,
  ): Promise<LoadedModel> {
    const tokenizer = {
      file: 'tokenizer.json',
      maxTokens: expected.maxTokens,
      truncationSide: 'right' as const,
      padding: { id: 0, typeId: 0, side: 'right' as const },
    };
    const task = { ...settings, tokenizer, output: 'logits' } as ModelTask;
    const output: ManifestTensor = { name: 'logits', datatype: 'FP32', shape, ...(labels && { labels }) };
    const inputs = ['input_ids', 'attention_mask', 'token_type_ids'].map(
      (name): ManifestTensor => ({ name, datatype: 'INT64', shape: [-1, -1] }),
    );
    const directory = writePackage({
      ...taskSignature(task, output),
      name: 'model',
      signatures: { tensors: { inputs, outputs: [output] } },
      task,
      content: {
        'model.onnx': readFileSync(join(folder, `${file}.onnx`)),
        'tokenizer.json': readFileSync(join(folder, 'tokenizer.json'), 'utf8'),
      },
    });
    const path = join(directory, 'model.json');
    const model = await loadModel(directory, parseManifest(readFileSync(path, 'utf8'), path), {});
    // Texts of several lengths run together, as on a server.
    model.lengths!.limitRows(() => 4);
    models.push(model);
    return model;
  }

  const bytes = (name: string, texts: readonly string[], shape = [texts.length]): Tensor => ({
    name,
    datatype: 'BYTES',
    shape,
    data: texts.map((text) => Buffer.from(text)),
  });

  const run = (model: LoadedModel, inputs: readonly Tensor[], options: TextOptions) =>
    model.run(inputs, undefined, options);

  it.each(['softmax', 'sigmoid', 'none'] as const)('classify texts alike: %s', async (activation) => {
    const { classes, results, texts } = expected;
    const model = await load({ type: 'text_classification', activation: 'softmax' }, [-1, 3], classes);
    const [scores] = await run(model, [bytes('text', texts)], { activation });
    expect(scores).toMatchObject({ name: 'scores', shape: [texts.length, 3] });
    expectClose(scores!, results[`text_classification ${activation}`].flat());
  });

  it.each(['sigmoid', 'none'] as const)('rank texts alike: %s', async (activation) => {
    const { pairs, results } = expected;
    const model = await load({ type: 'rerank', activation }, [-1, 1]);
    const queries = bytes(
      'query',
      pairs.map(([query]) => query),
    );
    const [score] = await run(
      model,
      [
        queries,
        bytes(
          'text',
          pairs.map(([, text]) => text),
        ),
      ],
      {},
    );
    expect(score).toMatchObject({ name: 'score', shape: [pairs.length] });
    expectClose(score!, results[`rerank ${activation}`]);
  });

  it.each(['none', 'simple', 'first', 'average', 'max'] as const)('find entities alike: %s', async (aggregation) => {
    const { entities, results, texts } = expected;
    const model = await load({ type: 'token_classification', aggregation: 'none' }, [-1, -1, 5], entities);
    const [found] = await run(model, [bytes('text', texts)], { aggregation });
    const lists: Entity[][] = (found!.data as Buffer[]).map((json) => JSON.parse(json.toString()));
    const wanted: Entity[][] = results[`token_classification ${aggregation}`];
    const withoutScores = (all: Entity[][]) => all.map((list) => list.map(({ score: _, ...entity }) => entity));
    expect(withoutScores(lists)).toEqual(withoutScores(wanted));
    const scores = (all: Entity[][]) => all.flat().map(({ score }) => score);
    for (const [index, score] of scores(wanted).entries()) expect(scores(lists)[index]).toBeCloseTo(score, 5);
  });

  it.each([false, true])('score labels of requests alike: multi-label %s', async (multiLabel) => {
    const { labels, results, texts } = expected;
    const settings = {
      type: 'zero_shot_classification',
      entailment: 0,
      hypothesisTemplate: 'This example is {}.',
    } as const;
    const model = await load(settings, [-1, 3]);
    const all = texts.flatMap(() => labels);
    const inputs = [bytes('text', texts), bytes('labels', all, [texts.length, labels.length])];
    const [scores] = await run(model, inputs, { multiLabel });
    expect(scores).toMatchObject({ name: 'scores', shape: [texts.length, labels.length] });
    expectClose(scores!, results[`zero_shot_classification ${multiLabel}`].flat());
  });

  it('fill masks alike', async () => {
    const { mask, masked, results, vocabulary } = expected;
    const model = await load({ type: 'fill_mask', mask, topK: 5 }, [-1, -1, vocabulary]);
    const [score, token, word, sequence] = await run(model, [bytes('text', masked)], { topK: 4 });
    const wanted: Suggestion[] = results.fill_mask.flat();
    expect(score!.shape).toEqual([masked.length, 4]);
    expectClose(
      score!,
      wanted.map((each) => each.score),
    );
    expect([...(token!.data as BigInt64Array)].map(Number)).toEqual(wanted.map((each) => each.token));
    expect((word!.data as Buffer[]).map(String)).toEqual(wanted.map((each) => each.token_str));
    expect((sequence!.data as Buffer[]).map(String)).toEqual(wanted.map((each) => each.sequence));
    await expect(run(model, [bytes('text', ['no mask'])], {})).rejects.toThrow(
      'text 0 must contain [MASK] exactly once in the part that the model reads, got 0',
    );
  });

  it.each([
    ['together if that changes nothing', 'text_classification'],
    ['alone if their scale depends on their batch', 'dynamic'],
  ])('run texts %s', async (_, file) => {
    const { classes, texts } = expected;
    const model = await load({ type: 'text_classification', activation: 'softmax' }, [-1, 3], classes, file);
    const examples = texts.map((text) => [bytes('text', [text])]);
    model.lengths!.limitRows(() => 1);
    const alone: number[] = [];
    for (const example of examples) alone.push(...((await model.run(example))[0]!.data as Float32Array));
    // Runs of any size cost the same, so that batches seem to gain.
    vi.spyOn(model as Required<LoadedModel>, 'processorTime').mockResolvedValue(1);
    const batching = await probeBatching(model, examples, { absolute: 1e-5, relative: 1e-5 });
    applyBatching(model, batching);
    const isTogether = file !== 'dynamic';
    expect(batching.maxRows > 1).toBe(isTogether);
    if (!isTogether) expect(batching.obstacle).toMatch(/get other predictions than when run alone/);
    const [together] = await model.run([bytes('text', texts)]);
    expectClose(together!, alone);
  });

  it('count tokens and truncated texts of each row', async () => {
    const { classes } = expected;
    const model = await load({ type: 'text_classification', activation: 'softmax' }, [-1, 3], classes);
    const outputs = await run(model, [bytes('text', ['a film', 'bad '.repeat(100)])], {});
    expect(outputs.slice(1)).toMatchObject([
      { name: '#tokens', data: Int32Array.of(4, 24) },
      { name: '#truncated', data: Int32Array.of(0, 1) },
    ]);
    await expect(run(model, [bytes('text', ['a', 'bad '.repeat(100)])], { truncate: false })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('text 1 has more than 24 tokens'),
    });
  });
});

interface Entity {
  readonly score: number;
}

interface Suggestion {
  readonly score: number;
  readonly token: number;
  readonly token_str: string;
  readonly sequence: string;
}

function expectClose({ data }: Tensor, wanted: readonly number[]): void {
  expect(data).toHaveLength(wanted.length);
  for (const [index, value] of wanted.entries()) {
    expect(Math.abs((data as Float32Array)[index]! - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
  }
}
