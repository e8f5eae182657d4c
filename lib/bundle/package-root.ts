import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The folder of an installed package, wherever npm put it.
 *
 * @param from the file whose package depends on it
 */
export function packageRoot(name: string, from: string): string {
  const require = createRequire(from);
  for (const folder of require.resolve.paths(name) ?? []) {
    if (existsSync(join(folder, name, 'package.json'))) return join(folder, name);
  }
  throw new Error(`the package ${name} is not installed; run \`npm install\``);
}
