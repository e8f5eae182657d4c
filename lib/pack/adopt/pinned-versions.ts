import { existsSync, readFileSync } from 'node:fs';
import { runPythonTool } from '../python-tool.js';

/** Versions by the normal name of each package. */
export type Versions = Readonly<Record<string, string>>;

interface InstalledVersions {
  readonly packages: Versions;
  readonly python: string;
}

/** Returns the versions that a requirements file pins. @param names packages whose pins count. @default - all of them */
export function pinnedPackages(path: string, names?: readonly string[]): Versions {
  if (!existsSync(path)) return {};
  const lines = readFileSync(path, 'utf8').matchAll(/^([\w.-]+)==([^\s;#]+)/gm);
  const pins = [...lines].map(
    ([, name, version]) => [name!.toLowerCase().replaceAll(/[-_.]+/g, '-'), version!] as const,
  );
  return Object.fromEntries(pins.filter(([name]) => names?.includes(name) ?? true));
}

/**
 * Compares the versions that a model was saved with and those of the interpreter that `MODELSHIP_PYTHON` names, which
 * loads it.
 *
 * @param pinned versions of packages
 * @param python version of Python. @default - the model records none
 * @returns a note for each difference
 */
export async function versionNotes(pinned: Versions, python: string | undefined): Promise<string[]> {
  const packages = Object.keys(pinned);
  if (packages.length === 0) return [];
  const { report } = await runPythonTool<InstalledVersions>({ packages });
  // The model itself fails to load without Python, and names what to install.
  if (!report) return [];
  const differing = packages.filter(
    (name) => report.packages[name] && report.packages[name] !== release(pinned[name]!),
  );
  return [
    ...differing.map((name) => {
      return `${name}: the model was saved with version ${pinned[name]} and is loaded with ${report.packages[name]}`;
    }),
    ...(python !== undefined && minor(python) !== minor(report.python)
      ? [`python: the model was saved with version ${python} and is loaded with ${report.python}`]
      : []),
  ];
}

/** Returns a line of requirements for each package that the interpreter has, and the names of the others. */
export async function installedPins(
  packages: readonly string[],
): Promise<{ readonly pins: readonly string[]; readonly missing: readonly string[] }> {
  const { report } = packages.length > 0 ? await runPythonTool<InstalledVersions>({ packages }) : {};
  // The code itself fails to load without Python, and names what to install.
  const versions = Object.entries(report?.packages ?? {});
  return {
    pins: versions.flatMap(([name, version]) => (version ? [`${name}==${release(version)}`] : [])),
    missing: versions.flatMap(([name, version]) => (version ? [] : [name])),
  };
}

/** Returns a version without the local part after the plus, which describes the build. */
function release(version: string): string {
  return version.split('+')[0]!;
}

function minor(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}
