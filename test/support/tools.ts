import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

const TOOLS = join(__dirname, '..', '..', '.venv-tools', process.platform === 'win32' ? 'Scripts' : 'bin');

/** How tools that `npm test` does not install are installed. */
const INSTALL: Readonly<Record<string, string>> = {
  etcd: 'see https://etcd.io/docs/latest/install/',
  'kube-apiserver': 'see https://kubernetes.io/releases/download/#binaries',
  terraform: 'see https://developer.hashicorp.com/terraform/install',
};

/** The path of a command-line tool: of the tests' own Python environment, or else of PATH. */
function findTool(name: string): string | undefined {
  for (const folder of [TOOLS, ...(process.env.PATH ?? '').split(delimiter)]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  return undefined;
}

/**
 * The path of a command-line tool that `npm test` installs.
 *
 * @throws Error with the way to install it, so that no test passes because its tool is missing
 */
export function requireTool(name: string): string {
  const path = findTool(name);
  if (path) return path;
  const install = INSTALL[name] ?? 'run `node scripts/setup.mjs --for test`';
  throw new Error(`${name} is neither in .venv-tools nor on PATH. To install it, ${install}.`);
}

/**
 * Groups tests of a tool that `npm test` cannot install. Without the tool they are skipped, and `npm test` prints how
 * many were not run; see scripts/test.mjs.
 */
export function describeWithTool(name: string, title: string, tests: (path: string) => void): void {
  const path = findTool(name);
  const install = INSTALL[name] ?? `install ${name}`;
  if (path) describe(title, () => tests(path));
  else describe.skip(`${title} [needs ${name}: ${install}]`, () => tests(name));
}
