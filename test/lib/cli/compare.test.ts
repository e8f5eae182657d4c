import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { IRIS, modelship, ROOT } from './support.js';

/** Signals that end the load with this number of connections. */
const interruptions = new Map<number, NodeJS.Signals>();

vi.mock('../../../lib/bench/load.js', async (original) => {
  const actual = await original<typeof import('../../../lib/bench/load.js')>();
  const load: typeof actual.load = async (options) => {
    const report = await actual.load(options);
    const signal = interruptions.get(options.connections);
    if (signal) process.emit(signal, signal);
    return report;
  };
  return { ...actual, load };
});

// The command starts its server with the script of its own process, which is that of the tests here.
vi.mock('../../../lib/cli/server-process.js', async () => {
  const { serveLocally } = await import('../../../lib/cli/local.js');
  const { Output } = await import('../../../lib/cli/output.js');
  return {
    startServer: async (directory: string) => ({
      ...(await serveLocally(directory, {}, new Output(true))),
      pid: process.pid,
    }),
  };
});

afterEach(() => {
  interruptions.clear();
  process.exitCode = undefined;
  vi.unstubAllEnvs();
});

/** Runs `compare` of the iris package, with a cache of its own. */
function compare(cache: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'bin/modelship.ts', 'compare', IRIS, ...args],
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, TSX_TSCONFIG_PATH: 'tsconfig.test.json', XDG_CACHE_HOME: cache },
    },
  );
  return { status, stdout, stderr };
}

test('measures a package once, and compares every target', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-compare-'));
  const html = join(folder, 'report.html');
  const first = compare(folder, '--json', '--html', html);
  expect(first.stderr).toBe('');
  const { package: facts, measured, targets, prices } = JSON.parse(first.stdout);
  expect(facts.name).toBe('iris');
  expect(prices).toMatchObject({ asOf: '2026-10-07', freeTier: false });
  expect(measured.cpuSeconds).toBeGreaterThan(0);
  expect(measured.latencySeconds).toBeGreaterThan(0);
  expect(targets.map(({ target }: { target: string }) => target).sort()).toEqual([
    'aks',
    'azure-ml',
    'cloud-run',
    'container-apps',
    'ecs',
    'functions',
    'gke',
    'lambda',
    'sagemaker',
    'sagemaker-serverless',
    'vertex',
  ]);
  for (const { bill, target } of targets) {
    const sum = bill.parts.reduce((total: number, part: { monthlyUsd: number }) => total + part.monthlyUsd, 0);
    expect(sum, target).toBeCloseTo(bill.monthlyUsd, 9);
  }

  const page = readFileSync(html, 'utf8');
  expect(page).toContain('<svg');
  expect(page).not.toMatch(/(src|href)=/);

  const second = JSON.parse(compare(folder, '--json', '--rate', '50').stdout);
  expect(second.measured).toEqual(measured);
  expect(second.load.requestsPerSecond).toBe(50);

  const { stdout } = compare(folder, '--region', 'aws=sa-east-1', '--latency', '0.000001');
  expect(stdout).toContain(
    'There are no prices of sa-east-1: those of us-east-1 are used. Known regions: eu-west-1, us-east-1.',
  );
  expect(stdout).toContain('No target fits.');
});

test.each([1, 32])('keeps no figures of a measurement that ends early, with %i connections', async (connections) => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-compare-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
  interruptions.set(connections, 'SIGINT');
  const { code, stdout, stderr } = await modelship('compare', IRIS);
  expect(stderr).toContain('interrupted before the measurement: there are no figures.');
  expect(stdout).toBe('');
  expect(code).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
});

describe('rejected', () => {
  test.each([
    [['--rate', '-1'], /Write a number from 0 to 1000000/],
    [['--region', 'eu-west-1'], /Write a cloud and a region, such as aws=eu-west-1/],
    [['--region', 'oracle=eu'], /Clouds: aws, azure, gcp/],
    [['--shape', 'lunch'], /steady, office, daily/],
  ])('%j', async (args, message) => {
    const { code, stderr } = await modelship('compare', IRIS, ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  test.each([
    ['{', /cannot be read as JSON/],
    ['[]', /`asOf` must be a date/],
    [
      JSON.stringify({
        asOf: '2026-01-01',
        sources: {},
        coldStarts: [],
        prices: [{ id: 'alb', regions: ['r'], usd: -1, unit: 'dozen', sources: ['s'] }],
      }),
      /prices\.0 \(alb\)\.id must start with aws\., azure\. or gcp\.; prices\.0 \(alb\)\.usd must be .*; prices\.0 \(alb\)\.unit must be one of hour, /,
    ],
  ])('the price file %s', async (text, message) => {
    const file = join(mkdtempSync(join(tmpdir(), 'modelship-compare-')), 'prices.json');
    writeFileSync(file, text);
    const { code, stderr } = await modelship('compare', IRIS, '--prices', file);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});
