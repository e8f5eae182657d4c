import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { extendFrameworks, ROOT, run } from '../../benchmarks/support/peers.js';

/** Requirements of each tool that makes artefacts for tests, one version of each package. */
const REQUIREMENTS = join(ROOT, 'test', 'lib', 'pack', 'adopt', 'requirements');

/**
 * The Python that has a tool beside the frameworks of `.venv`, installed on first use into `.cache`. Only
 * `npm run test:all` may call it, because `npm test` downloads nothing.
 *
 * @param tool name of a file of requirements without its extension
 */
export function toolPython(tool: string): string {
  const file = join(REQUIREMENTS, `${tool}.txt`);
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  const environment = join(ROOT, '.cache', 'tools', tool);
  const python = join(environment, 'bin', 'python');
  const stamp = join(environment, 'installed');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== digest) {
    mkdirSync(dirname(environment), { recursive: true });
    extendFrameworks(environment);
    run(python, ['-m', 'pip', 'install', '--quiet', '-r', file]);
    writeFileSync(stamp, digest);
  }
  return python;
}
