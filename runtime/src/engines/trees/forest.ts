/** Nodes of a tree by index, as XGBoost stores them. The root is the first one. */
export interface TreeNodes {
  /** Child for values below the threshold, or -1 for a leaf. */
  readonly left: ArrayLike<number>;
  readonly right: ArrayLike<number>;
  /** Whether missing values go to the left child. */
  readonly defaultLeft: ArrayLike<number | boolean>;
  /** Column that the node compares. */
  readonly column: ArrayLike<number>;
  /** Threshold, or the value of a leaf. */
  readonly threshold: ArrayLike<number>;
  /** Output that the tree adds to. */
  readonly output: number;
}

/** Decision trees on rows of 32-bit floats, in which NaN is a missing value. */
export class Forest {
  private readonly roots: Int32Array;
  private readonly outputOf: Int32Array;
  /** Nodes of all trees. A leaf is its own left child. */
  private readonly left: Int32Array;
  private readonly right: Int32Array;
  private readonly missing: Int32Array;
  private readonly column: Int32Array;
  private readonly threshold: Float32Array;

  /** @throws RangeError if the nodes are not trees over the columns and outputs */
  constructor(
    trees: readonly TreeNodes[],
    readonly columns: number,
    readonly outputs: number,
  ) {
    const count = trees.reduce((sum, { left }) => sum + left.length, 0);
    this.roots = new Int32Array(trees.length);
    this.outputOf = Int32Array.from(trees, ({ output }) => output);
    if (!trees.every(({ output }) => isIndex(output, outputs))) throw new RangeError('outputs of trees');
    this.left = new Int32Array(count);
    this.right = new Int32Array(count);
    this.missing = new Int32Array(count);
    this.column = new Int32Array(count);
    this.threshold = new Float32Array(count);
    let root = 0;
    for (const [index, tree] of trees.entries()) {
      this.roots[index] = root;
      this.add(tree, root);
      root += tree.left.length;
    }
  }

  get trees(): number {
    return this.roots.length;
  }

  /**
   * Adds the leaves of `count` rows to `sums`, tree by tree. The order matters, because each sum is rounded to a 32-bit
   * float.
   */
  addLeaves(rows: Float32Array, count: number, sums: Float32Array): void {
    const { roots, outputOf, left, right, missing, column, threshold, columns, outputs } = this;
    for (let tree = 0; tree < roots.length; tree++) {
      const output = outputOf[tree]!;
      for (let row = 0; row < count; row++) {
        const start = row * columns;
        let node = roots[tree]!;
        for (let child = left[node]!; child !== node; child = left[node]!) {
          const value = rows[start + column[node]!]!;
          const limit = threshold[node]!;
          node = value < limit ? child : value >= limit ? right[node]! : missing[node]!;
        }
        sums[row * outputs + output]! += threshold[node]!;
      }
    }
  }

  /** Returns the thresholds of each column, without those of nodes that no path reaches. */
  thresholds(): readonly (readonly number[])[] {
    const thresholds: number[][] = Array.from({ length: this.columns }, () => []);
    for (let node = 0; node < this.left.length; node++) {
      if (this.left[node] !== node) thresholds[this.column[node]!]!.push(this.threshold[node]!);
    }
    return thresholds;
  }

  private add(tree: TreeNodes, root: number): void {
    const size = tree.left.length;
    // Nodes that no path reaches stay leaves.
    for (let at = root; at < root + size; at++) this.left[at] = at;
    const isReached = new Uint8Array(size);
    const pending = [0];
    while (pending.length > 0) {
      const node = pending.pop();
      // A node that is reached twice could make a run endless.
      if (!isIndex(node, size) || isReached[node]) throw new RangeError('nodes of a tree');
      isReached[node] = 1;
      const at = root + node;
      const threshold = tree.threshold[node];
      if (typeof threshold !== 'number' || Number.isNaN(threshold)) throw new RangeError('threshold of a node');
      this.threshold[at] = threshold;
      const left = tree.left[node]!;
      if (left === -1) continue;
      const right = tree.right[node]!;
      const column = tree.column[node];
      const isLeft = tree.defaultLeft[node];
      if (!isIndex(column, this.columns)) throw new RangeError('column of a node');
      if (typeof isLeft !== 'boolean' && isLeft !== 0 && isLeft !== 1) throw new RangeError('default child of a node');
      this.left[at] = root + left;
      this.right[at] = root + right;
      this.missing[at] = root + (isLeft ? left : right);
      this.column[at] = column;
      pending.push(left, right);
    }
  }
}

/** Whether a value of a file, which may have any type, is an index below `length`. */
function isIndex(value: unknown, length: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < length;
}
