import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { node } from './nodes.js';

const root = join(import.meta.dirname, '..', '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');

/** Runs test files on another version of Node, and expects them to pass. */
export function expectToPass(major: number, files: readonly string[], env: NodeJS.ProcessEnv, timeout: number): void {
  const options = ['--maxWorkers=1', '--testTimeout=120000', '--reporter=dot'];
  const { status, stdout, stderr } = spawnSync(node(major).path, [vitest, 'run', ...files, ...options], {
    cwd: root,
    encoding: 'utf8',
    env,
    // Vitest's limit cannot end a test that blocks its worker.
    timeout: timeout - 10_000,
  });
  expect(status, `${stdout}${stderr}`).toBe(0);
}
