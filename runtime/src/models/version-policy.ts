/** Policy that selects the versions to serve, like TensorFlow Serving's `ServableVersionPolicy`. */
export type VersionPolicy =
  | { readonly kind: 'all' }
  | { readonly kind: 'latest'; readonly count: number }
  | { readonly kind: 'specific'; readonly versions: readonly string[] };

/** Compares versions, newest first. Versions are integers that can exceed the exact range of a double. */
export function newestFirst(left: string, right: string): number {
  return Number(BigInt(right) - BigInt(left));
}

/**
 * Selects the versions to serve, newest first. Versions with a label are always included, because callers that use the
 * label would otherwise fail.
 */
export function chosenVersions(
  found: readonly string[],
  policy: VersionPolicy,
  labelled: readonly string[],
): readonly string[] {
  const sorted = [...found].sort(newestFirst);
  return sorted.filter((version, index) => labelled.includes(version) || isChosen(policy, version, index));
}

function isChosen(policy: VersionPolicy, version: string, index: number): boolean {
  switch (policy.kind) {
    case 'all':
      return true;
    case 'latest':
      return index < policy.count;
    case 'specific':
      return policy.versions.includes(version);
  }
}
