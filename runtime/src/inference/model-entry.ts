import type { VersionPolicy } from './version-policy.js';

/** A model that a server is to have: where its packages are, and which of them it serves. */
export interface ModelEntry {
  /** The name it is served under. @default the name that each package has */
  readonly name?: string;
  /** Folder or URL of one package, or of several. */
  readonly location: string;
  readonly policy: VersionPolicy;
  /** Version by the label that points to it. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Whatever packages lie at `location`, by their own names. */
export function everythingAt(location: string): ModelEntry {
  return { location, policy: { kind: 'all' }, labels: {} };
}
