import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { expectToPass } from './support/nested-vitest.js';
import { shareOf } from './support/share.js';

// Suites with models or limits that only code can make cannot start a server. They import the files of the bundle here,
// on the Node of Azure Functions and on the Node of images and Lambda.
const root = join(import.meta.dirname, '..');
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

const TIMEOUT_MS = 900_000;

test.each(shareOf([22, 24], 1))(
  'suites pass with the files of the bundle on Node %i',
  { timeout: TIMEOUT_MS },
  (major) => {
    const share = shareOf(files, 10);
    const env = { ...process.env, MODELSHIP_TEST_FORMS: 'bundle' };
    expectToPass(major, ['test/runtime/bundle.test.ts', ...share], env, TIMEOUT_MS);
  },
);
