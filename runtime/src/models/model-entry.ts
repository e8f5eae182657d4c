import type { VersionPolicy } from './version-policy.js';

/** Pattern of valid model names. */
export const MODEL_NAME = /^[\w.-]{1,200}$/;

/** Description of valid model names for error messages. */
export const MODEL_NAME_RULE = '1 to 200 letters, digits, `_`, `.` and `-`';

/** Location of packages. */
export interface ModelRoot {
  /** Folder or URL of one package or of several. */
  readonly location: string;
  /** Digests of the packages that may be loaded from this location. @default - any digest */
  readonly digests?: readonly string[];
}

/** Entry for a model to serve: the location of its packages and the versions to serve. */
export interface ModelEntry extends ModelRoot {
  /** Served name of the model. @default - the name in each package */
  readonly name?: string;
  readonly policy: VersionPolicy;
  /** Version of each label. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Returns an entry that serves every package at a location under its own name. */
export function everythingAt(location: string, digests?: readonly string[]): ModelEntry {
  return { location, digests, policy: { kind: 'all' }, labels: {} };
}
