import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { modelship, ROOT } from './support.js';

const examples = join(__dirname, '..', '..', '..', 'examples');
const iris = join(examples, 'iris', 'model.onnx');
let folder: string;
let out: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-cli-'));
  out = join(folder, 'iris');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('pack', () => {
  test('tells a person what it made and how to go on; the steps go to standard error', async () => {
    const samples = join(examples, 'iris', 'samples', 'requests.json');
    const { code, stdout, stderr } = await modelship(
      'pack',
      iris,
      '--name',
      'iris',
      '--samples',
      samples,
      '--out',
      out,
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`Packed iris, version 1, into ${out}`);
    expect(stdout).toMatch(/digest {3}sha256:[0-9a-f]{64}/);
    expect(stdout).toContain(`npx modelship serve ${out}`);
    expect(stderr).toMatch(/^- Detect the format\n(- .*\n)*- Run 8 samples\n/);
  });

  test('prints one JSON document with --json, and nothing else', async () => {
    const { code, stdout, stderr } = await modelship(
      'pack',
      iris,
      '--name',
      'iris',
      '--version',
      '3',
      '--out',
      out,
      '--json',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const manifest = JSON.parse(readFileSync(join(out, 'model.json'), 'utf8'));
    expect(JSON.parse(stdout)).toEqual({ directory: out, ...manifest });
    expect(manifest.version).toBe('3');
  });

  test('says what is wrong in JSON with --json, and leaves nothing', async () => {
    const { code, stdout, stderr } = await modelship(
      'pack',
      join(folder, 'no.onnx'),
      '--name',
      'iris',
      '--out',
      out,
      '--json',
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'FILE_MISSING',
      message: expect.stringContaining('no.onnx'),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('says what is wrong in one line, without a stack', async () => {
    writeFileSync(join(folder, 'model.onnx'), Buffer.from('80049503000000000000008c0161942e', 'hex'));
    const { code, stderr } = await modelship('pack', join(folder, 'model.onnx'), '--name', 'iris', '--out', out);
    expect(code).toBe(1);
    expect(stderr.split('\n').filter((line) => !line.startsWith('- '))).toEqual([
      expect.stringMatching(/^modelship: .*has the format pickle.*--trust-pickle`\.$/),
      '',
    ]);
    expect(existsSync(out)).toBe(false);
  });

  test.each([
    ['--labels', 'a,,b', /one comma between two/],
    ['--tolerance', '1,2,3', /two numbers/],
    ['--tolerance', '-1', /two numbers/],
    ['--tolerance', 'exact', /two numbers/],
  ])('refuses %s %s with exit code 2', async (option, value, message) => {
    const { code, stderr } = await modelship('pack', iris, '--name', 'iris', '--out', out, `${option}=${value}`);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(existsSync(out)).toBe(false);
  });
});

test('an interruption leaves nothing half-written', async () => {
  const samples = join(folder, 'samples.json');
  // Enough rows to be under way for seconds.
  const rows = Array.from({ length: 200_000 }, () => [5.1, 3.5, 1.4, 0.2]);
  writeFileSync(samples, JSON.stringify({ instances: rows }));
  const args = ['pack', iris, '--name', 'iris', '--samples', samples, '--out', join(folder, 'models', 'iris')];
  const child = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'bin', 'modelship.ts'), ...args], {
    cwd: ROOT,
    env: { ...process.env, TSX_TSCONFIG_PATH: 'tsconfig.test.json' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.startsWith('- Run ')) child.kill('SIGINT');
  }
  expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(130);
  expect(readdirSync(folder)).toEqual(['samples.json']);
});

test('points out a batch dimension that the export has fixed', async () => {
  const fixed = await modelship(
    'pack',
    join(ROOT, 'test', 'fixtures', 'fixed_batch.onnx'),
    '--name',
    'fixed',
    '--out',
    out,
  );
  expect(fixed.stdout).toMatch(/batch +fixed: each request must have 1 row\. Export with a dynamic first dimension/);
});

test('prints a command to try it that a shell reads as it is meant', async () => {
  const { stdout } = await modelship('pack', iris, '--name', 'iris', '--out', join(folder, "it's new"));
  const command = /^Try it: {2}npx modelship (.*)$/m.exec(stdout)![1]!;
  expect(execFileSync('bash', ['-c', `printf '%s|' ${command}`], { encoding: 'utf8' })).toBe(
    `serve|${join(folder, "it's new")}|`,
  );
});

describe('inspect', () => {
  test('shows what the package holds', async () => {
    const { code, stdout } = await modelship('inspect', join(examples, 'iris', 'model'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/^name {5}iris\n/);
    expect(stdout).toContain('probabilities FP32 [-1, 3], classes setosa, versicolor, virginica');
    expect(stdout).toContain('Every file matches its digest.');
  });

  test('prints the manifest with --json', async () => {
    const directory = join(examples, 'iris', 'model');
    const { stdout } = await modelship('inspect', directory, '--json');
    expect(JSON.parse(stdout)).toEqual({
      directory,
      ...JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8')),
    });
  });

  test.each<[string, string, (text: string) => string]>([
    ['MANIFEST_EDITED', 'model.json', (text) => text.replace('"version": "1"', '"version": "2"')],
    ['MANIFEST_EDITED', 'model.json', (text) => text.replace('setosa', 'tulipa')],
    ['MANIFEST_INVALID', 'model.json', (text) => text.slice(0, 40)],
    ['MANIFEST_INVALID', 'model.json', (text) => text.replace('"FP32"', '"FLOAT"')],
    ['FILE_CHANGED', 'samples.json', (text) => text.replace('setosa', 'x').replace('6.2', '6.3')],
    ['FILE_CHANGED', 'model.onnx', (text) => text.slice(0, 100)],
  ])('refuses with %s after a change of %s', async (code, file, change) => {
    await modelship('pack', iris, '--name', 'iris', '--labels', 'setosa,b,c', '--out', out);
    if (file === 'samples.json') {
      const samples = join(examples, 'iris', 'samples', 'requests.json');
      await modelship('pack', iris, '--name', 'iris', '--samples', samples, '--out', out, '--force');
    }
    const path = join(out, file);
    writeFileSync(path, change(readFileSync(path, 'latin1')), 'latin1');
    const run = await modelship('inspect', out, '--json');
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(run.stderr).error.code).toBe(code);
  });
});
