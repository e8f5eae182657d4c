import type { VersionPolicy } from './version-policy.js';

/** Names under which a server may have models. */
export const MODEL_NAME = /^[\w.-]{1,200}$/;

/** Those names, for a message. */
export const MODEL_NAME_RULE = '1 to 200 letters, digits, `_`, `.` and `-`';

/** A place of packages. */
export interface ModelRoot {
  /** Folder or URL of one package, or of several. */
  readonly location: string;
  /** The digests of the packages that may be loaded from there. @default any */
  readonly digests?: readonly string[];
}

/** A model that a server is to have: where its packages are, and which of them it serves. */
export interface ModelEntry extends ModelRoot {
  /** The name it is served under. @default the name that each package has */
  readonly name?: string;
  readonly policy: VersionPolicy;
  /** Version by the label that points to it. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Whatever packages lie there, by their own names. */
export function everythingAt(location: string, digests?: readonly string[]): ModelEntry {
  return { location, digests, policy: { kind: 'all' }, labels: {} };
}
