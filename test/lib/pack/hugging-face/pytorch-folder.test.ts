import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { Manifest } from '@modelship/runtime/manifest';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { packModel } from '../../../../lib/pack/index.js';
import { shareOf } from '../../../support/share.js';
import { answersOf, edit, largestDifference, PYTHON, type SavedModels, saveModels } from './support.js';

let saved: SavedModels;
let packages = 0;

beforeAll(() => {
  saved = saveModels();
}, 300_000);
afterAll(() => saved.remove());
beforeEach(() => {
  vi.stubEnv(ENVIRONMENT.python, PYTHON);
  return () => vi.unstubAllEnvs();
});

async function pack(folder: string) {
  const directory = join(saved.root, 'packages', String(packages++));
  const notes: string[] = [];
  const options = { source: folder, name: 'words', out: directory, weights: 'model.safetensors' };
  const manifest = await packModel({ ...options, onNote: (note) => notes.push(note) });
  const origin = JSON.parse(readFileSync(join(directory, 'origin.json'), 'utf8'));
  return { directory, manifest, notes, origin };
}

/** Models by their name in `save_models.py`, with fields of the task. */
const MODELS: readonly (readonly [string, Partial<NonNullable<Manifest['task']>>])[] = [
  ['dense', { type: 'embed', output: 'sentence_embedding', normalize: true }],
  ['reranker', { type: 'rerank', output: 'logits', activation: 'sigmoid' }],
  ['topics', { type: 'text_classification', output: 'logits', activation: 'sigmoid' }],
  ['cls', { type: 'embed', output: 'last_hidden_state', pooling: 'cls' }],
  ['mean', { type: 'embed', output: 'last_hidden_state', pooling: 'mean' }],
  ['max', { type: 'embed', output: 'last_hidden_state', pooling: 'max' }],
  ['sentiment', { type: 'text_classification', activation: 'softmax' }],
  ['electra', { type: 'text_classification', activation: 'softmax' }],
  ['reranker-logits', { type: 'rerank', activation: 'none' }],
  ['reranker-electra', { type: 'rerank', activation: 'sigmoid' }],
  ['splade', { type: 'embed', output: 'logits', pooling: 'splade' }],
  ['entities', { type: 'token_classification' }],
  ['zero-shot', { type: 'zero_shot_classification' }],
  ['mask', { type: 'fill_mask' }],
  ['answers', { type: 'question_answering', output: 'start_logits', endOutput: 'end_logits', stride: 32 }],
  ['answers-electra', { type: 'question_answering', maxAnswerTokens: 15 }],
  ['answers-distilbert', { type: 'question_answering' }],
];

const EXPORT_TIMEOUT_MS = 300_000;

test.each(shareOf(MODELS, 2))(
  '%s: the export answers as the original, and keeps the proof',
  async (name, task) => {
    const { directory, manifest, origin } = await pack(join(saved.root, name));
    expect(manifest.task).toMatchObject(task);
    expect(manifest.samples.count).toBe(4);
    expect(origin).toMatchObject({ weights: 'model.safetensors', exporter: { torch: expect.any(String) } });
    expect(origin.originals).toHaveLength(4);
    expect(origin.largestDifference).toBeLessThan(1e-5);
    // Stack traces of the exporter would make the digest depend on the machine.
    expect(readFileSync(join(directory, 'model.onnx')).includes('site-packages')).toBe(false);
    const answers = saved.answers[name]!;
    if (!['embed', 'text_classification', 'rerank'].includes(manifest.task!.type)) return;
    const isPair = manifest.task!.type === 'rerank';
    const rows = saved.texts.map((text) => ({ ...(isPair && { query: saved.texts[0]! }), text }));
    const { alone, together } = await answersOf(directory, rows);
    expect(largestDifference(alone, answers)).toBeLessThan(1e-5);
    expect(largestDifference(together, answers)).toBeLessThan(1e-5);
  },
  EXPORT_TIMEOUT_MS,
);

test(
  'missing weights are refused, because transformers would make them up',
  async () => {
    const folder = saved.copy('cls');
    rmSync(join(folder, 'modules.json'));
    edit(join(folder, 'config.json'), (json) => {
      json.architectures = ['BertForSequenceClassification'];
      json.id2label = { 0: 'a', 1: 'b', 2: 'c' };
    });
    await expect(pack(folder)).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(
        /model\.safetensors lacks weights of BertForSequenceClassification: classifier\.bias/,
      ),
    });
  },
  EXPORT_TIMEOUT_MS,
);

test('an interpreter that cannot export is named, with what to install', async () => {
  vi.stubEnv(ENVIRONMENT.python, join(saved.root, 'no-python'));
  await expect(pack(join(saved.root, 'cls'))).rejects.toMatchObject({
    code: 'FORMAT_UNSUPPORTED',
    message: expect.stringMatching(/no-python cannot export them .*pip install torch transformers.*MODELSHIP_PYTHON/),
  });
});
