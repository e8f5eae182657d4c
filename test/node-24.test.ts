import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'vitest';
import { expectToPass } from './support/nested-vitest.js';
import { shareOf } from './support/share.js';

// Images and Lambda have Node 24. The tests of the server, the command line and the engines run there too.
const root = join(import.meta.dirname, '..');
const folders = ['test/runtime', 'test/lib/cli', 'test/lib/pack', 'test/lib/evaluate', 'test/lib/bench'];
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join(folder, file))
    .sort(),
);

/** Files that found faults of one version of Node: times of threads, and copies of links. */
const ALWAYS = [
  'test/runtime/scheduling/made-up-examples.test.ts',
  'test/runtime/processes/trials.test.ts',
  'test/lib/pack/external-data.test.ts',
];

const TIMEOUT_MS = 600_000;

test.skipIf(process.versions.node.startsWith('24.')).each([...new Set([...ALWAYS, ...shareOf(files, 6)])])(
  '%s passes on Node 24',
  { timeout: TIMEOUT_MS },
  (file) => {
    // Suites of the server run its sources only: the other run of them starts the bundle with each Node. Of the long
    // suites a share runs, also with all tests, which run them whole once.
    const { MODELSHIP_TEST_ALL: _, ...rest } = process.env;
    expectToPass(24, [file], { ...rest, MODELSHIP_TEST_FORMS: 'sources' }, TIMEOUT_MS);
  },
);
