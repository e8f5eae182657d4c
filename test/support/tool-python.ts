import { join } from 'node:path';
import { extendFrameworks, installed, ROOT } from '../../benchmarks/support/peers.js';

/** Requirements of each tool that makes artefacts for tests, one version of each package. */
const REQUIREMENTS = join(ROOT, 'test', 'lib', 'pack', 'adopt', 'requirements');

/**
 * The Python that has a tool beside the frameworks of `.venv`, installed on first use into `.cache`. Only
 * `npm run test:all` may call it, because `npm test` downloads nothing.
 *
 * @param tool name of a file of requirements without its extension
 */
export function toolPython(tool: string): string {
  const environment = join(ROOT, '.cache', 'tools', tool);
  return installed(environment, join(REQUIREMENTS, `${tool}.txt`), () => extendFrameworks(environment));
}
