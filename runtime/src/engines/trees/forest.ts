import { isIndex, reachedNodes, type TreeNodes } from './tree-nodes.js';

/** Tree of a forest. Its thresholds hold the values of leaves, as XGBoost stores them. */
export interface ForestTree extends TreeNodes {
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
    trees: readonly ForestTree[],
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
    // Nodes that no path reaches stay leaves.
    for (let at = root; at < root + tree.left.length; at++) this.left[at] = at;
    for (const node of reachedNodes(tree, this.columns)) {
      const at = root + node;
      this.threshold[at] = tree.threshold[node]!;
      const left = tree.left[node]!;
      if (left === -1) continue;
      const right = tree.right[node]!;
      this.left[at] = root + left;
      this.right[at] = root + right;
      this.missing[at] = root + (tree.defaultLeft[node] ? left : right);
      this.column[at] = tree.column[node]!;
    }
  }
}
