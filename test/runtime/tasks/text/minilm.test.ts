import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runtimeFolder } from '../../../../lib/bundle/runtime-folder.js';
import { SAMPLES_FILE } from '../../../../runtime/src/manifest/index.js';
import { StartedRuntime } from '../../../contract/started-runtime.js';
import { ROOT } from '../../../lib/cli/support.js';
import { freePort } from '../../../support/free-port.js';
import { EMBED, writeTextPackage } from '../../../support/text-package.js';

const TEXTS = [
  'A man is eating food.',
  'a',
  'Der Hund läuft über die Straße 🐕',
  'long '.repeat(1000),
  ...['two', 'four words are here', 'six words are in this one'].map((text) => `${text}, which is a sentence`),
];

/** Maximum size of a text function over Node, runtime and model, in bytes. */
const MAX_BYTES = 110e6;

describe('all-MiniLM-L6-v2 with weights in int8, served by the bundle of a function', () => {
  let runtime: StartedRuntime;
  let vectors: number[][];
  let folders: string[];

  beforeAll(async () => {
    const script = join(__dirname, 'minilm_vectors.py');
    const printed = execFileSync(join(ROOT, '.venv/bin/python'), [script, JSON.stringify(TEXTS)], { encoding: 'utf8' });
    const { model, tokenizer, ...expected } = JSON.parse(printed);
    vectors = expected.vectors;
    const samples = TEXTS.slice(0, 3).map((text, index) => ({
      request: { inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: [text] }] },
      response: { outputs: [{ name: 'embedding', datatype: 'FP32', shape: [1, 384], data: vectors[index] }] },
    }));
    const directory = writeTextPackage({
      name: 'minilm',
      samples: { count: samples.length, tolerance: { absolute: 1e-3, relative: 0 } },
      content: {
        'model.onnx': readFileSync(model),
        'tokenizer.json': readFileSync(tokenizer, 'utf8'),
        [SAMPLES_FILE]: JSON.stringify(samples),
      },
    });
    const bundle = runtimeFolder({ architecture: process.arch, task: EMBED }).directory;
    folders = [bundle, directory];
    const port = await freePort();
    runtime = new StartedRuntime({
      command: [process.execPath, join(bundle, 'server.js')],
      env: { MODELSHIP_MODEL: directory, MODELSHIP_PORT: String(port) },
      port,
    });
    await runtime.until('/v2/health/ready');
  }, 120_000);

  afterAll(() => runtime.stop());

  async function infer(texts: readonly string[], parameters?: object): Promise<Response> {
    const inputs = [{ name: 'text', datatype: 'BYTES', shape: [texts.length], data: texts }];
    const body = JSON.stringify({ inputs, parameters });
    return fetch(`${runtime.url}/v2/models/minilm/infer`, { method: 'POST', body });
  }

  it('has the vectors of the same file in Python, alone and together', async () => {
    const together = await infer(TEXTS);
    expect(together.status).toBe(200);
    const { outputs } = (await together.json()) as { outputs: [{ data: number[] }] };
    expectClose(outputs[0].data, vectors.flat());
    const alone = await Promise.all(TEXTS.map(async (text) => (await infer([text])).json()));
    for (const [index, answer] of alone.entries()) {
      const { outputs } = answer as { outputs: [{ data: number[] }] };
      expectClose(outputs[0].data, vectors[index]!);
    }
  });

  it('says how many texts were cut', async () => {
    expect((await infer(TEXTS)).headers.get('x-truncated-texts')).toBe('1');
    expect((await infer(TEXTS.slice(0, 2))).headers.has('x-truncated-texts')).toBe(false);
  });

  it('takes options as parameters of the Open Inference Protocol', async () => {
    const refused = await infer(TEXTS, { truncate: false });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: expect.stringMatching(/^text 3 has more than 256 tokens/) });
    const cut = await infer(TEXTS.slice(0, 1), { dimensions: 2 });
    const { outputs } = (await cut.json()) as { outputs: [{ shape: number[]; data: number[] }] };
    const [x, y] = vectors[0]! as [number, number];
    expect(outputs[0].shape).toEqual([1, 2]);
    expectClose(outputs[0].data, [x / Math.hypot(x, y), y / Math.hypot(x, y)]);
    expect((await infer(TEXTS, { dimensions: 'many' })).status).toBe(400);
  });

  it('takes at most 110 MB with its model', () => {
    const bytes = folders
      .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)))
      .reduce((sum, path) => sum + lstatSync(path).size, 0);
    expect(bytes).toBeGreaterThan(50e6);
    expect(bytes).toBeLessThan(MAX_BYTES);
  });

  it('cuts texts of 10 MB where the tokens end, and rejects those without tokens', async () => {
    const answer = await infer(['long '.repeat(2_000_000)]);
    expect(answer.status).toBe(200);
    const { outputs } = (await answer.json()) as { outputs: [{ data: number[] }] };
    expectClose(outputs[0].data, vectors[3]!);
    expect((await infer([' '.repeat(10_000_000)])).status).toBe(400);
  });
});

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  let most = 0;
  for (const [index, value] of wanted.entries()) most = Math.max(most, Math.abs(found[index]! - value));
  expect(most).toBeLessThan(1e-5);
}
