import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { entries } from './runtime/bundle-entries.mjs';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** File of the bundle for each source that has one, by the path of the source. */
const bundleFiles = new Map(
  Object.entries(entries).map(([name, path]) => [source(`runtime/${path}`), source(`runtime/dist/bundle/${name}.js`)]),
);

/** Imports files of the bundle in place of their sources, so that tests of modules test what images contain. */
const fromBundle: Plugin = {
  name: 'from-bundle',
  enforce: 'pre',
  async resolveId(path, importer) {
    const found = await this.resolve(path, importer, { skipSelf: true });
    const id = found && bundleFiles.get(found.id);
    return id && { id, external: true };
  },
};

/** Files that each take half an hour under `npm run test:all`. */
const LONGEST = ['/faults/soak.test.ts', '/node-24.test.ts'];

/** Starts the longest files first: at the end, the other worker would be idle. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((path) => moduleId.endsWith(path));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  plugins: process.env.MODELSHIP_TEST_FORMS === 'bundle' ? [fromBundle] : [],
  resolve: {
    // The tests run the sources of the runtime workspace, so that they never judge a stale build.
    alias: [
      { find: /^@modelship\/runtime$/, replacement: source('runtime/src/index.ts') },
      { find: /^@modelship\/runtime\/(contract|serve)$/, replacement: source('runtime/src/$1.ts') },
      { find: /^@modelship\/runtime\/(manifest|signature)$/, replacement: source('runtime/src/$1/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/temporary-folder.ts',
    // A native addon cannot be loaded again in a second worker thread of the same process.
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    server: { deps: { external: [/\/runtime\/dist\/bundle\//] } },
    // Vitest leaves one processor for its main process by default, which is half of CI's two.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // The temporary folder of a run contains installed projects, whose removal takes a while.
    teardownTimeout: 120_000,
  },
});
