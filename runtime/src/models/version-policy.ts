/** Which versions of a model are served, as TensorFlow Serving's `ServableVersionPolicy` has it. */
export type VersionPolicy =
  | { readonly kind: 'all' }
  | { readonly kind: 'latest'; readonly count: number }
  | { readonly kind: 'specific'; readonly versions: readonly string[] };

/** Orders versions newest first; they are whole numbers beyond what a double holds. */
export function newestFirst(left: string, right: string): number {
  return Number(BigInt(right) - BigInt(left));
}

/**
 * The versions to serve of those that were found, newest first. A version that a label points to is among them,
 * whatever the policy, as its callers would fail without it.
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
