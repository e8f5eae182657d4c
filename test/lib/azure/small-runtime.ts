import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuntimePlatform } from '../../../lib/bundle/runtime-folder.js';
import { taskPackages } from '../../../lib/bundle/task-packages.js';

const root = mkdtempSync(join(tmpdir(), 'modelship-small-runtime-'));

/**
 * Stands in for the runtime's folder where a test looks at the template alone: the real one has 50 MB, and each case of
 * a function app would copy it. `test/contract` takes the real one.
 */
export function runtimeFolder({ task }: Pick<RuntimePlatform, 'task'> = {}) {
  const digest = ['a-small-runtime', ...taskPackages(task)].join('-');
  const directory = join(root, digest);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'server.js'), `// ${digest}`);
  return { directory, digest };
}
