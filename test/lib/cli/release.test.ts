import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { releasePercent } from '../../../lib/serving/index.js';
import { serve, stopAll } from '../../runtime/faults/servers.js';
import { GateVersions, HARMLESS, SABOTAGED } from '../../support/gate-versions.js';
import { shareOf } from '../../support/share.js';
import { modelship } from './support.js';

// `modelship release` with the real server as the new version, behind a front that selects it by a header, as gateways do.
// The deploy command keeps the shares that it was given, and writes outputs as `cdktf deploy --outputs-file` does.

const sabotaged = shareOf(SABOTAGED, 4, 'released');
const harmless = shareOf(HARMLESS, 4, 'released');
const TIMEOUT = 120_000;

const work = mkdtempSync(join(tmpdir(), 'modelship-release-'));
const [deployed, outputs] = ['deployed.txt', 'outputs.json'].map((name) => join(work, name)) as [string, string];
const GOOD = harmless[0]!;
let versions: GateVersions;
let front: Server;
let frontUrl: string;
let newVersion: string;
/** Response of the front in place of the version, by the share that was deployed last. */
let fault: (percent: number, response: ServerResponse) => boolean;

beforeAll(async () => {
  versions = new GateVersions(work, sabotaged, harmless);
  await versions.pack('approved');
  front = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.headers['modelship-version'] !== 'canary') return response.writeHead(421).end();
    if (fault(shares().at(-1)!, response)) return;
    const headers = { 'content-type': 'application/json' };
    const body = chunks.length === 0 ? undefined : Buffer.concat(chunks);
    const answer = await fetch(newVersion + request.url, { method: request.method!, headers, body });
    response.writeHead(answer.status, headers).end(await answer.text());
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  frontUrl = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
}, 300_000);

beforeEach(() => {
  fault = () => false;
  writeFileSync(deployed, '');
});

afterEach(async () => {
  process.exitCode = undefined;
  await stopAll();
});

afterAll(() => {
  front.closeAllConnections();
  front.close();
  rmSync(work, { recursive: true });
});

/** Shares that were deployed, in their order. */
function shares(): number[] {
  return readFileSync(deployed, 'utf8').split('\n').filter(Boolean).map(Number);
}

/** Deploy command that fails with the given shares, and when it is given one of them for the given time. */
function deploy(failing = ''): string {
  const canary = JSON.stringify({ url: frontUrl, headers: { 'modelship-version': 'canary' } });
  writeFileSync(join(work, 'written.json'), `{"iris":{"canary":${canary},"url":"${frontUrl}"}}`);
  return (
    `echo $MODELSHIP_RELEASE_PERCENT >> ${deployed}; cp ${join(work, 'written.json')} ${outputs}; ` +
    `case "$(tr '\\n' ' ' < ${deployed})" in ${failing || 'never'}) exit 7;; esac`
  );
}

interface Released {
  readonly code: number;
  readonly stderr: string;
  readonly outcome?: string;
  readonly reasons?: string[];
  readonly steps?: { percent: number; requests: number; failures: number }[];
  readonly error?: { code: string; message: string };
}

/** Packs, serves and releases a version. */
async function release(name: string, ...args: string[]): Promise<Released> {
  const directory = await versions.pack(name);
  newVersion = await serve({ models: [{ name: 'iris', location: directory, policy: { kind: 'all' }, labels: {} }] });
  return run(outputs, directory, ...args);
}

async function run(target: string, directory: string, ...args: string[]): Promise<Released> {
  const { samples, dataSet } = versions.gate;
  const { rows, label, min, max } = dataSet!;
  const limits = [...Object.entries(min!), ...Object.entries(max!)].map(([metric, limit]) => `${metric}=${limit}`);
  const { code, stdout, stderr } = await modelship(
    ...['release', target, '--package', directory, '--samples', samples!, '--rows', rows, '--label', label!],
    ...['--min', limits[0]!, '--max', limits[1]!, '--watch-minutes', '0', '--startup-seconds', '0', '--json'],
    ...(args.includes('--deploy') ? [] : ['--deploy', deploy()]),
    ...args,
  );
  const error = stderr === '' ? undefined : JSON.parse(stderr).error;
  return { code, stderr, ...(stdout !== '' && JSON.parse(stdout)), ...(error && { error }) };
}

describe('modelship release', { timeout: TIMEOUT }, () => {
  test.each(sabotaged)('gives no traffic to a version with %s', async (name) => {
    const { code, outcome, reasons, error } = await release(name);
    expect({ code, outcome, error: error?.code }).toEqual({
      code: 1,
      outcome: 'rejected',
      error: 'VERSION_REJECTED',
    });
    expect(reasons![0]).toMatch(/^\d+ of \d+ samples differ: samples\.json, entry \d/);
    expect(shares()).toEqual([0]);
  });

  test.each(harmless)('shifts all traffic in steps to a rebuild: %s', async (name) => {
    const { code, outcome, reasons, steps } = await release(name, '--steps', '10,50');
    expect({ code, outcome, reasons }).toEqual({ code: 0, outcome: 'released', reasons: [] });
    expect(shares()).toEqual([0, 10, 50, 100]);
    expect(steps).toMatchObject([
      { percent: 10, failures: 0 },
      { percent: 50, failures: 0 },
    ]);
    expect(steps!.every(({ requests }) => requests > 1)).toBe(true);
  });

  test('shifts all traffic after the questions with --all-at-once', async () => {
    expect(await release(GOOD, '--all-at-once')).toMatchObject({ code: 0, outcome: 'released', steps: [] });
    expect(shares()).toEqual([0, 100]);
  });

  test('prints what it does and how it ended', async () => {
    const directory = await versions.pack(GOOD);
    newVersion = await serve({
      models: [{ name: 'iris', location: directory, policy: { kind: 'all' }, labels: {} }],
    });
    const args = ['--package', directory, '--deploy', deploy(), '--watch-minutes', '0'];
    const { code, stdout, stderr } = await modelship('release', outputs, ...args);
    expect({ code, lines: stdout.split('\n').slice(0, 2) }).toEqual({
      code: 0,
      lines: ['released: the new version has all traffic', expect.stringMatching(/^(\d+) of \1 samples agree$/)],
    });
    expect(stderr).toBe(
      [
        '- Deploy with 0 % of the traffic at the new version',
        '- Ask the new version',
        '- Deploy with 10 % of the traffic at the new version',
        '- Watch 10 % of the traffic for 0 minutes',
        '- Deploy with 100 % of the traffic at the new version',
        '',
      ].join('\n'),
    );
  });

  test.each<[string, (response: ServerResponse) => unknown, RegExp]>([
    ['fails', (response) => response.writeHead(500).end('broken'), /1 of 1 requests failed, more than 5 %.*broken/],
    ['breaks connections', (response) => response.destroy(), /does not respond/],
    ['responds with something else', (response) => response.end('{"outputs":[]}'), /`label` is missing/],
  ])('takes a version back that %s once it has traffic', async (_, answer, reason) => {
    fault = (percent, response) => percent === 50 && answer(response) !== undefined;
    const { code, outcome, reasons, steps, error } = await release(GOOD, '--steps', '10,50');
    expect({ code, outcome, error: error?.code }).toEqual({
      code: 1,
      outcome: 'taken back',
      error: 'VERSION_TAKEN_BACK',
    });
    expect(reasons!.join()).toMatch(reason);
    expect(steps).toMatchObject([
      { percent: 10, failures: 0 },
      { percent: 50, failures: 1 },
    ]);
    expect(shares()).toEqual([0, 10, 50, 0]);
  });

  test('takes a version back that predicts something else once it has traffic', async () => {
    const other = await versions.pack(sabotaged[0]!);
    const wrong = await serve({ models: [{ name: 'iris', location: other, policy: { kind: 'all' }, labels: {} }] });
    fault = (percent) => {
      if (percent === 10) newVersion = wrong;
      return false;
    };
    const { code, outcome, reasons } = await release(GOOD);
    expect({ code, outcome }).toEqual({ code: 1, outcome: 'taken back' });
    expect(reasons![0]).toMatch(/samples differ/);
    expect(shares()).toEqual([0, 10, 0]);
  });

  test('takes a version back that accepts not even one row once it has traffic', async () => {
    fault = (percent, response) => percent === 10 && response.writeHead(413).end('too large') !== undefined;
    const { code, outcome, reasons } = await release(GOOD);
    expect({ code, outcome, reasons }).toEqual({
      code: 1,
      outcome: 'taken back',
      reasons: [expect.stringContaining('answered 413: too large')],
    });
    expect(shares()).toEqual([0, 10, 0]);
  });

  test('takes a version back if the check fails', async () => {
    const check = `test "$(tail -n 1 ${deployed})" != 50`;
    const { code, outcome, reasons } = await release(GOOD, '--steps', '10,50', '--check', check);
    expect({ code, outcome, reasons }).toEqual({
      code: 1,
      outcome: 'taken back',
      reasons: ['the check failed with exit code 1'],
    });
    expect(shares()).toEqual([0, 10, 50, 0]);
  });

  test('takes a version back that is slower than --max-latency', async () => {
    const { code, reasons } = await release(GOOD, '--max-latency', '0');
    expect({ code, reasons }).toEqual({
      code: 1,
      reasons: [expect.stringMatching(/^the p99 latency of \d+ requests is/)],
    });
    expect(shares()).toEqual([0, 10, 0]);
  });

  test.each<[string, string, number[], string]>([
    ['0 ', 'rejected', [0], 'VERSION_REJECTED'],
    ['"0 10 "', 'taken back', [0, 10, 0], 'VERSION_TAKEN_BACK'],
    ['"0 10 100 "', 'taken back', [0, 10, 100, 0], 'VERSION_TAKEN_BACK'],
    ['"0 10 "*', 'unknown', [0, 10, 0], 'TRAFFIC_UNKNOWN'],
  ])('reports deployments that fail: %s', async (failing, outcome, given, code) => {
    const released = await release(GOOD, '--deploy', deploy(failing.startsWith('"') ? failing : `"${failing}"`));
    expect(released).toMatchObject({ code: code === 'TRAFFIC_UNKNOWN' ? 3 : 1, outcome, error: { code } });
    expect(released.reasons![0]).toMatch(/^the deployment with \d+ % of the traffic failed with exit code 7$/);
    expect(shares()).toEqual(given);
  });

  test('asks again while the version starts', async () => {
    let rejections = 3;
    fault = (_, response) => rejections-- > 0 && response.writeHead(503).end() !== undefined;
    expect(await release(GOOD, '--startup-seconds', '60')).toMatchObject({ code: 0, outcome: 'released' });
    expect(rejections).toBeLessThan(0);
  });

  test('gives no traffic to a version that does not respond', async () => {
    fault = (_, response) => response.destroy() !== undefined;
    const { code, reasons } = await release(GOOD);
    expect({ code, reasons }).toEqual({ code: 1, reasons: [expect.stringContaining('does not respond')] });
    expect(shares()).toEqual([0]);
  });

  test('gives no traffic if the address leads to another version', async () => {
    const directory = await versions.pack(GOOD);
    const other = await versions.pack(harmless[1]!);
    newVersion = await serve({ models: [{ name: 'iris', location: other, policy: { kind: 'all' }, labels: {} }] });
    const { code, reasons } = await run(outputs, directory);
    expect({ code, reasons }).toEqual({
      code: 1,
      reasons: [expect.stringMatching(/serves a package with the digest sha256:\w+, and the new version has sha256:/)],
    });
    expect(shares()).toEqual([0]);
  });

  test('takes the version back when it is interrupted', async () => {
    const check = 'kill -TERM $PPID; sleep 1';
    const { code, outcome, reasons } = await release(GOOD, '--check', check, '--watch-minutes', '60');
    expect({ code, outcome, reasons }).toEqual({
      code: 143,
      outcome: 'taken back',
      reasons: ['the release was interrupted'],
    });
    expect(shares()).toEqual([0, 10, 0]);
  });

  test('gives the new version all traffic if a signal arrives during the last deployment', async () => {
    const command = `${deploy()}; if [ $MODELSHIP_RELEASE_PERCENT = 100 ]; then kill -TERM $PPID; sleep 1; fi`;
    expect(await release(GOOD, '--deploy', command)).toMatchObject({ code: 0, outcome: 'released', reasons: [] });
    expect(shares()).toEqual([0, 10, 100]);
  });

  test('takes the version back if a shell cannot start any more', async () => {
    // Linux starts no process with an argument of more than 128 KiB.
    const check = `true ${'x'.repeat(200_000)}`;
    const { code, outcome, reasons } = await release(GOOD, '--check', check);
    expect({ code, outcome, reasons }).toEqual({
      code: 1,
      outcome: 'taken back',
      reasons: ['the check failed with spawn E2BIG'],
    });
    expect(shares()).toEqual([0, 10, 0]);
  });
});

describe('modelship release deploys nothing', { timeout: TIMEOUT }, () => {
  const OTHER = join(work, 'other.json');
  const EMPTY = join(work, 'empty.json');
  writeFileSync(
    OTHER,
    '[{"request": {"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}]}, "response": {"outputs": []}}]',
  );
  writeFileSync(EMPTY, '[]');

  test.each<[string, string[], string, RegExp, number?]>([
    ['for golden samples of another model', ['--samples', OTHER], 'GATE_INVALID', /^--samples: /],
    ['for golden samples without a request', ['--samples', EMPTY], 'GATE_INVALID', /^--samples: /],
    ['for a limit that no version can meet', ['--min', 'accuracy=1.1'], 'GATE_INVALID', /no version can pass/],
    ['for a metric of another task', ['--max', 'r2=1'], 'GATE_INVALID', /r2 is not a metric/],
    ['for a share of 100', ['--steps', '50,100'], 'USAGE', /Write rising whole numbers from 1 to 99/, 2],
    ['for falling shares', ['--steps', '50,10'], 'USAGE', /Write rising whole numbers from 1 to 99/, 2],
    ['for steps beside --all-at-once', ['--steps', '50', '--all-at-once'], 'USAGE', /cannot be used with/, 2],
    ['for a negative latency', ['--max-latency', '-1'], 'USAGE', /Write a number that is not negative/, 2],
  ])('%s', async (_, args, code, message, exitCode = 1) => {
    const released = await run(outputs, await versions.pack('approved'), ...args);
    expect(released).toMatchObject({ code: exitCode, error: { code, message: expect.stringMatching(message) } });
    expect(shares()).toEqual([]);
  });

  test.each(['--package', '--deploy'])('without %s', async (option) => {
    const given = ['--package', await versions.pack('approved'), '--deploy', deploy()];
    given.splice(given.indexOf(option), 2);
    const { code, stderr } = await modelship('release', outputs, ...given);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`required option '${option}`) });
  });
});

test.each<[string, RegExp]>([
  ['{}', /has 0 outputs `canary`/],
  ['{"one": {"canary": "https://a"}, "two": {"canary": "https://b"}}', /has 2 outputs `canary`/],
  ['{"canary": {"value": 7}}', /without a URL/],
  ['no JSON', /cannot be read/],
])(
  'outputs without the address of one version are rejected: %s',
  async (text, reason) => {
    const file = join(work, 'bad.json');
    const command = `echo $MODELSHIP_RELEASE_PERCENT >> ${deployed}`;
    writeFileSync(file, text);
    const { code, reasons } = await run(file, await versions.pack('approved'), '--deploy', command);
    expect({ code, reasons }).toEqual({ code: 1, reasons: [expect.stringMatching(reason)] });
    expect(shares()).toEqual([0]);
  },
  TIMEOUT,
);

describe('the share of a release', () => {
  afterEach(() => {
    delete process.env.MODELSHIP_RELEASE_PERCENT;
  });

  test('is 100 without a release, and what the command sets else', () => {
    expect(releasePercent()).toBe(100);
    process.env.MODELSHIP_RELEASE_PERCENT = '0';
    expect(releasePercent()).toBe(0);
  });

  test.each(['', '-1', '101', '1.5', 'ten'])('rejects %j', (text) => {
    process.env.MODELSHIP_RELEASE_PERCENT = text;
    expect(releasePercent).toThrow(`MODELSHIP_RELEASE_PERCENT must be a whole number from 0 to 100, got "${text}"`);
  });
});
