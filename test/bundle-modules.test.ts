import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { node } from './support/nodes.js';
import { shareOf } from './support/share.js';

// Suites with models or limits that only code can make cannot start a server. They import the files of the bundle here,
// on the Node of Azure Functions and on the Node of images and Lambda.
const root = join(import.meta.dirname, '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const protocols = readdirSync(join(root, 'test/runtime/protocols'))
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => `test/runtime/protocols/${file}`)
  .filter((file) => readFileSync(join(root, file), 'utf8').includes('sender('));
const files = [
  ...protocols,
  'test/runtime/faults/bounds.test.ts',
  'test/runtime/faults/http.test.ts',
  'test/runtime/fuzz/handlers.test.ts',
  'test/runtime/protocols/text-clients.test.ts',
  'test/runtime/server/grpc.test.ts',
  'test/runtime/server/models.test.ts',
  'test/runtime/server/openapi.test.ts',
];

test.each(shareOf([22, 24], 1))(
  'suites pass with the files of the bundle on Node %i',
  { timeout: 900_000 },
  (major) => {
    const share = shareOf(files, 10);
    const args = [vitest, 'run', 'test/runtime/bundle.test.ts', ...share];
    const env = { ...process.env, MODELSHIP_TEST_FORMS: 'bundle' };
    const options = ['--maxWorkers=1', '--testTimeout=120000', '--reporter=dot'];
    const { status, stdout, stderr } = spawnSync(node(major).path, [...args, ...options], {
      cwd: root,
      encoding: 'utf8',
      env,
      // Vitest's limit cannot end a test that blocks its worker.
      timeout: 890_000,
    });
    expect(status, `${stdout}${stderr}`).toBe(0);
  },
);
