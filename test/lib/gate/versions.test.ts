import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { gateFolder } from '../../../lib/bundle/gate-folder.js';
import { Model } from '../../../lib/model/model.js';
import type { RolloutGate } from '../../../lib/serving/index.js';
import { readConfig } from '../../../runtime/src/config.js';
import {
  type ImageTask,
  type Manifest,
  readManifest,
  SAMPLES_FILE,
  type TextTask,
} from '../../../runtime/src/manifest/index.js';
import { lambdaResponseOf, requestOf } from '../../../runtime/src/platforms/lambda-events.js';
import { createRuntime, type Runtime } from '../../../runtime/src/runtime.js';
import { GateVersions, HARMLESS, SABOTAGED } from '../../support/gate-versions.js';
import { localAws } from '../../support/moto.js';
import { writePackage } from '../../support/packages.js';
import { shareOf } from '../../support/share.js';
import { writeWordsPackage } from '../../support/words-packages.js';

// The function of a gate as it is deployed, with the runtime at the other end of its invocations.

const ROOT = join(__dirname, '../../..');
const FIXTURES = join(ROOT, 'test/fixtures');
const sabotaged = shareOf(SABOTAGED, 10, 'sabotaged');
const harmless = shareOf(HARMLESS, 10, 'harmless');
const REVERSED = 'columns reversed';
const work = mkdtempSync(join(tmpdir(), 'modelship-gate-versions-'));
let versions: GateVersions;
let server: Server;
let runtime: Runtime;
let verdicts: string[];

beforeAll(async () => {
  versions = new GateVersions(work, [...new Set([...sabotaged, REVERSED])], harmless);
  await versions.pack('approved');
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    if ('rawPath' in body) {
      response.end(JSON.stringify(lambdaResponseOf(await runtime.app.handle(requestOf(body)), body)));
      return;
    }
    verdicts.push(body.status);
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const variables = { ...localAws(`http://127.0.0.1:${port}`), MODELSHIP_GATE_VERSION: 'arn:function:iris:1' };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}, 300_000);

afterEach(() => vi.restoreAllMocks());

afterAll(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  rmSync(work, { recursive: true });
});

/** Loads the package in a folder. */
async function serving(directory: string): Promise<Runtime> {
  const started = createRuntime(readConfig({ MODELSHIP_MODEL: directory, MODELSHIP_LOG_LEVEL: 'error' }));
  await started.load();
  return started;
}

/** What the function reports of the package in a folder, and the reasons that it logs. */
async function asked(directory: string, gate: RolloutGate): Promise<{ status: string; reasons: string[] }> {
  const folder = gateFolder(Model.fromDirectory(directory), gate);
  runtime = await serving(directory);
  verdicts = [];
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    const { codeDeployHandler } = createRequire(import.meta.url)(join(folder.directory, 'hook.js'));
    const event = { DeploymentId: 'd', LifecycleEventHookExecutionId: 'e' };
    await codeDeployHandler(event, { getRemainingTimeInMillis: () => 900_000 });
    const [status] = verdicts as [string];
    return { status, reasons: JSON.parse(log.mock.calls[0]![0]).reasons };
  } finally {
    await runtime.close();
  }
}

describe('versions of a model', { timeout: 120_000 }, () => {
  test.each(sabotaged)('do not pass with %s', async (name) => {
    const { status, reasons } = await asked(await versions.pack(name), versions.gate);
    expect(status).toBe('Failed');
    expect(reasons[0]).toMatch(/samples differ/);
  });

  test.each(harmless)('pass if they are only a rebuild: %s', async (name) => {
    expect(await asked(await versions.pack(name), versions.gate)).toEqual({ status: 'Succeeded', reasons: [] });
  });

  test('do not pass a data set that they predict wrong, although they agree with samples of their own', async () => {
    const { status, reasons } = await asked(await versions.pack(REVERSED), { dataSet: versions.gate.dataSet! });
    expect(status).toBe('Failed');
    expect(reasons.join()).toMatch(/(accuracy|log_loss) is [\d.]+, and must be/);
  });
});

/** Copies a package with changes, and without samples of its own. */
function changed(directory: string, change: Partial<Manifest>, content: Readonly<Record<string, string>> = {}): string {
  const manifest = readManifest(directory);
  const files = manifest.files.map(({ path }) => [path, readFileSync(join(directory, path))] as const);
  return writePackage({
    ...manifest,
    samples: { ...manifest.samples, count: 0 },
    ...change,
    content: { ...Object.fromEntries(files), [SAMPLES_FILE]: '[]', ...content },
  });
}

describe('versions of a model that reads texts', { timeout: 120_000 }, () => {
  const approved = writeWordsPackage('words_embed');
  const gate = { samples: join(approved, SAMPLES_FILE) };
  const { task } = readManifest(approved) as { task: TextTask & { type: 'embed' } };
  const tokenizer = JSON.parse(readFileSync(join(approved, task.tokenizer.file), 'utf8'));
  const { vocab } = tokenizer.model;
  const swapped = { ...tokenizer.model, vocab: { ...vocab, good: vocab.bad, bad: vocab.good } };
  const withTokenizer = (value: object) => changed(approved, {}, { [task.tokenizer.file]: JSON.stringify(value) });

  test.each<[string, () => string]>([
    ["another model's tokenizer", () => withTokenizer({ ...tokenizer, model: swapped })],
    ['a tokenizer without special tokens', () => withTokenizer({ ...tokenizer, post_processor: null })],
    [
      'a vocabulary without a word',
      () => withTokenizer(JSON.parse(JSON.stringify(tokenizer).replace('"film"', '"movie"'))),
    ],
    [
      'texts cut too early',
      () => changed(approved, { task: { ...task, tokenizer: { ...task.tokenizer, maxTokens: 4 } } }),
    ],
    ['another pooling', () => changed(approved, { task: { ...task, pooling: 'cls' } })],
    ['vectors that are not normalized', () => changed(approved, { task: { ...task, normalize: false } })],
  ])('do not pass with %s', async (_, make) => {
    expect(await asked(make(), gate)).toEqual({ status: 'Failed', reasons: [expect.stringMatching(/samples differ/)] });
  });

  test('pass with a tokenizer that is only written in another way', async () => {
    const rewritten = changed(
      approved,
      { version: '2' },
      { [task.tokenizer.file]: JSON.stringify(tokenizer, null, 2) },
    );
    expect(await asked(rewritten, gate)).toEqual({ status: 'Succeeded', reasons: [] });
  });
});

describe('versions of a model on pictures', { timeout: 120_000 }, () => {
  const MEAN = [0.5, 0.4, 0.3];
  const STD = [0.2, 0.3, 0.25];
  const resize = { type: 'resize', height: 8, width: 8, filter: 'bilinear' } as const;
  const rescale = { type: 'rescale', factor: 1 / 255 } as const;
  const normalize = { type: 'normalize', mean: MEAN, std: STD } as const;
  const rgb = { type: 'convert', mode: 'RGB' } as const;
  const LABELS = ['red', 'green', 'blue'];
  const steps: ImageTask['preprocessing'] = [{ type: 'orient' }, rgb, resize, rescale, normalize];
  const packageWith = (preprocessing: ImageTask['preprocessing'], labels = LABELS): string =>
    writePackage({
      name: 'colors',
      inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
      outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, 3], labels }],
      signatures: {
        tensors: {
          inputs: [{ name: 'pixels', datatype: 'FP32', shape: [-1, 8, 8, 3] }],
          outputs: [{ name: 'means', datatype: 'FP32', shape: [-1, 3], labels }],
        },
      },
      task: { type: 'image_classification', preprocessing, layout: 'NHWC', output: 'means', activation: 'softmax' },
      content: { 'model.onnx': readFileSync(join(FIXTURES, 'mean_color.onnx')), [SAMPLES_FILE]: '[]' },
    });
  const picture = readFileSync(join(ROOT, 'examples/read-text/pictures/gradient.png'), 'base64');
  const request = { inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], data: [picture] }] };
  const samples = join(work, 'picture-samples.json');

  beforeAll(async () => {
    const approved = await serving(packageWith(steps));
    const answer = await approved.app.handle({
      method: 'POST',
      path: '/v2/models/colors/infer',
      query: '',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(request)),
    });
    await approved.close();
    expect(answer.status, String(answer.body)).toBe(200);
    writeFileSync(samples, JSON.stringify([{ request, response: JSON.parse(String(answer.body)) }]));
  }, 120_000);

  test.each<[string, ImageTask['preprocessing']]>([
    ['another filter of the resize', [{ type: 'orient' }, rgb, { ...resize, filter: 'nearest' }, rescale, normalize]],
    [
      'another size before the crop',
      [
        { type: 'orient' },
        rgb,
        { ...resize, height: 12, width: 12 },
        { type: 'center_crop', height: 8, width: 8, rounding: 'floor' },
        rescale,
        normalize,
      ],
    ],
    ['another mean', [{ type: 'orient' }, rgb, resize, rescale, { ...normalize, mean: [0.485, 0.456, 0.406] }]],
    ['mean and deviation swapped', [{ type: 'orient' }, rgb, resize, rescale, { ...normalize, mean: STD, std: MEAN }]],
    ['no mean subtracted', [{ type: 'orient' }, rgb, resize, rescale]],
    ['pixels scaled to 2', [{ type: 'orient' }, rgb, resize, { ...rescale, factor: 1 / 127.5 }, normalize]],
  ])('do not pass with %s', async (_, preprocessing) => {
    const { status, reasons } = await asked(packageWith(preprocessing), { samples });
    expect({ status, reasons }).toEqual({ status: 'Failed', reasons: [expect.stringMatching(/samples differ/)] });
  });

  test('pass with the same steps', async () => {
    expect(await asked(packageWith(steps), { samples })).toEqual({ status: 'Succeeded', reasons: [] });
  });
});
