import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
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
    // Vitest leaves one processor for its main process by default, which is half of CI's two.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // The temporary folder of a run contains installed projects, whose removal takes a while.
    teardownTimeout: 120_000,
  },
});
