import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

// What `npm run quickstart` does once everything is installed and built, in a copy, so that it meets no other test.
const root = join(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'modelship-quickstart-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function quickstart(...args: string[]) {
  return spawnSync(process.execPath, ['scripts/quickstart.mjs', ...args], { cwd: folder, encoding: 'utf8' });
}

test('packs, evaluates, compares and synthesizes every target, serves, predicts, and says how to go on', () => {
  for (const path of ['dist', 'examples', 'scripts', 'package.json', 'cdk.json', 'cdktf.json']) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));

  const { status, stdout, stderr } = quickstart();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('8 golden samples');
  expect(stdout).toContain('8 of 8 samples agree');
  expect(stdout).toMatch(/^ {4}lambda +\$\d+\.\d\d a month$/m);
  expect(stdout).toContain('That is setosa (99.8 %) and virginica (99.1 %).');
  expect(stdout).toMatch(/Next\n(.+\n)*.+npx modelship pack MODEL\.onnx/);

  const templates = stdout.match(/\S+\.(?:template\.json|tf\.json)$/gm) ?? [];
  expect(templates.length).toBeGreaterThanOrEqual(7);
  for (const template of templates) expect(existsSync(join(folder, template)), template).toBe(true);
  const [aws] = templates.filter((template) => template.endsWith('.template.json'));
  const { digest } = JSON.parse(readFileSync(join(root, 'examples', 'iris', 'model', 'model.json'), 'utf8'));
  expect(readFileSync(join(folder, aws!), 'utf8')).toContain(digest);
}, 400_000);

test('stops at the first failure, and shows what failed', () => {
  rmSync(join(folder, 'examples', 'iris', 'model.onnx'));
  const { status, stdout, stderr } = quickstart();
  expect(status).toBe(1);
  expect(stderr).toMatch(/no file or folder examples\/iris\/model\.onnx/);
  expect(stderr).toMatch(/quickstart: `npx modelship pack .*` ended with exit code 1/);
  expect(stdout).not.toContain('2. ');
});
