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
    if (this.outputOf.some((output) => !(output >= 0 && output < outputs))) throw new RangeError('outputs of trees');
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

  /** Returns the thresholds of each column. */
  thresholds(): readonly (readonly number[])[] {
    const thresholds: number[][] = Array.from({ length: this.columns }, () => []);
    for (let node = 0; node < this.left.length; node++) {
      if (this.left[node] !== node) thresholds[this.column[node]!]!.push(this.threshold[node]!);
    }
    return thresholds;
  }

  private add(tree: TreeNodes, root: number): void {
    const size = tree.left.length;
    const isReached = new Uint8Array(size);
    const pending = [0];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      // A node that is reached twice could make a run endless.
      if (!(node >= 0 && node < size) || isReached[node]) throw new RangeError('nodes of a tree');
      isReached[node] = 1;
      const at = root + node;
      this.threshold[at] = tree.threshold[node]!;
      if (Number.isNaN(this.threshold[at])) throw new RangeError('threshold of a node');
      const left = tree.left[node]!;
      this.left[at] = at;
      if (left === -1) continue;
      const right = tree.right[node]!;
      const column = tree.column[node]!;
      if (!(column >= 0 && column < this.columns)) throw new RangeError('column of a node');
      this.left[at] = root + left;
      this.right[at] = root + right;
      this.missing[at] = root + (tree.defaultLeft[node] ? left : right);
      this.column[at] = column;
      pending.push(left, right);
    }
  }
}
