import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { node } from './support/nodes.js';
import { shareOf } from './support/share.js';

// Images and Lambda have Node 24. The tests of the server, the command line and the engines run there too.
const root = join(import.meta.dirname, '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
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

test.skipIf(process.versions.node.startsWith('24.')).each([...new Set([...ALWAYS, ...shareOf(files, 6)])])(
  '%s passes on Node 24',
  { timeout: 600_000 },
  (file) => {
    const args = [vitest, 'run', file, '--maxWorkers=1', '--testTimeout=120000', '--reporter=dot'];
    // Suites of the server run its sources only: the other run of them starts the bundle with each Node. Of the long
    // suites a share runs, also with all tests, which run them whole once.
    const { MODELSHIP_TEST_ALL: _, ...rest } = process.env;
    const env = { ...rest, MODELSHIP_TEST_FORMS: 'sources' };
    // Vitest's limit cannot end a test that blocks its worker.
    const options = { cwd: root, encoding: 'utf8', env, timeout: 590_000 } as const;
    const { status, stdout, stderr } = spawnSync(node(24).path, args, options);
    expect(status, `${stdout}${stderr}`).toBe(0);
  },
);
