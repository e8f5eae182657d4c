/** Nodes of a tree by index. The root is the first one. */
export interface TreeNodes {
  /** Child for values below the threshold, or -1 for a leaf. */
  readonly left: ArrayLike<number>;
  readonly right: ArrayLike<number>;
  /** Whether missing values go to the left child. */
  readonly defaultLeft: ArrayLike<number | boolean>;
  /** Column that the node compares. */
  readonly column: ArrayLike<number>;
  /** Threshold of the node. Leaves may have any number. */
  readonly threshold: ArrayLike<number>;
}

/**
 * Iterates over the nodes that paths from the root reach, parents first, and checks them: a file may have any values.
 *
 * @throws RangeError if the nodes are not a tree over the columns
 */
export function* reachedNodes(tree: TreeNodes, columns: number): Generator<number> {
  const size = tree.left.length;
  const isReached = new Uint8Array(size);
  const pending = [0];
  while (pending.length > 0) {
    const node = pending.pop();
    // A node that is reached twice could make a run endless.
    if (!isIndex(node, size) || isReached[node]) throw new RangeError('nodes of a tree');
    isReached[node] = 1;
    const threshold = tree.threshold[node];
    if (typeof threshold !== 'number' || Number.isNaN(threshold)) throw new RangeError('threshold of a node');
    const left = tree.left[node]!;
    if (left !== -1) {
      const isLeft = tree.defaultLeft[node];
      if (!isIndex(tree.column[node], columns)) throw new RangeError('column of a node');
      if (typeof isLeft !== 'boolean' && isLeft !== 0 && isLeft !== 1) throw new RangeError('default child of a node');
      pending.push(left, tree.right[node]!);
    }
    yield node;
  }
}

/** Whether a value of a file, which may have any type, is an index below `length`. */
export function isIndex(value: unknown, length: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < length;
}
