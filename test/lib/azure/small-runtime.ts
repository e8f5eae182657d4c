import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directory = mkdtempSync(join(tmpdir(), 'modelship-small-runtime-'));
writeFileSync(join(directory, 'server.js'), '// the runtime');

/**
 * Stands in for the runtime's folder where a test looks at the template alone: the real one has 50 MB, and each case of
 * a function app would copy it. `test/contract` takes the real one.
 */
export function runtimeFolder() {
  return { directory, digest: 'a-small-runtime' };
}
