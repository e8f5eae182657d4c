import { createRequire } from 'node:module';

interface PackageJson {
  readonly version: string;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const own: PackageJson = createRequire(__filename)('modelship/package.json');

/** The maintained fork of CDKTF, and its command-line tool. */
const CDKTN = '0.24.0';

/** Version of this package. */
export const MODELSHIP_VERSION = own.version;

/**
 * Returns the version of a package for a new repository: the range that Modelship supports, or else the version that it is
 * tested with.
 */
export function versionOf(name: string): string {
  if (name === 'cdktn-cli') return CDKTN;
  return own.peerDependencies[name] ?? own.devDependencies[name]!;
}

/** Version of `cdktf` that installs its fork under that name, which the providers and Modelship import. */
export const CDKTN_AS_CDKTF = `npm:cdktn@${CDKTN}`;
