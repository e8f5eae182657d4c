import { Slice } from '../slice.js';
import { isIndex, reachedNodes, type TreeNodes } from './tree-nodes.js';

/** Maximum number of nodes of a path. The memory of explanations grows with its square. */
const MAX_DEPTH = 1024;

/** Tree with the values of its leaves. */
export interface ValuedTree extends TreeNodes {
  /** Values by node, then by output. Only those of leaves count: others may be any numbers. */
  readonly values: ArrayLike<number>;
  /** First output that the tree adds to. */
  readonly output: number;
  /** Number of training rows, or their weight, that reached each node. @default - the format does not record it */
  readonly cover?: ArrayLike<number>;
}

/** Options of an ensemble. */
export interface EnsembleOptions {
  readonly columns: number;
  /** Sum of a row without trees, by output. */
  readonly base: ArrayLike<number>;
  /** Whether values are rounded to 32-bit floats before they are compared. */
  readonly isFloat32: boolean;
  /** Whether values equal to a threshold go to the right child. @default false */
  readonly isStrict?: boolean;
}

/** Tree in typed arrays. Values at or below a threshold go to the left child. */
export interface EnsembleTree {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly defaultLeft: Uint8Array;
  readonly column: Int32Array;
  readonly threshold: Float64Array;
  readonly values: Float64Array;
  readonly output: number;
  /** Number of outputs that the tree adds to. */
  readonly width: number;
  /** Maximum number of comparisons of a row. */
  readonly depth: number;
  readonly cover?: Float64Array;
}

/** Sums of rows, by row, then by output. */
export interface RowSums {
  readonly sums: Float64Array;
  /** Sums of the absolute values of the same numbers. Rounding errors of a sum are in proportion to these. */
  readonly magnitudes: Float64Array;
}

/** Decision trees whose leaves are added, in the form that explanations are computed from. NaN is a missing value. */
export class TreeEnsemble {
  readonly kind = 'trees';
  readonly trees: readonly EnsembleTree[];
  readonly columns: number;
  readonly base: Float64Array;
  private readonly isFloat32: boolean;

  /** @throws RangeError if the nodes are not trees over the columns and outputs */
  constructor(trees: readonly ValuedTree[], { columns, base, isFloat32, isStrict = false }: EnsembleOptions) {
    this.columns = columns;
    this.base = Float64Array.from(base);
    this.isFloat32 = isFloat32;
    if (!this.base.every(Number.isFinite)) throw new RangeError('base scores');
    this.trees = trees.map((tree) => ensembleTree(tree, columns, this.base.length, isStrict));
  }

  get outputs(): number {
    return this.base.length;
  }

  /** Whether all trees record how many training rows reached each node. */
  get hasCover(): boolean {
    return this.trees.every(({ cover }) => cover !== undefined);
  }

  /** Returns rows as the trees compare them. */
  rounded(rows: Float64Array): Float64Array {
    return this.isFloat32 ? Float64Array.from(new Float32Array(rows)) : rows;
  }

  /** Returns the sums of rows that `rounded` returned. Yields between slices. */
  *sums(rows: Float64Array): Generator<void, RowSums> {
    const count = rows.length / this.columns;
    const sums = new Float64Array(count * this.outputs);
    const magnitudes = new Float64Array(sums.length);
    const baseMagnitudes = this.base.map(Math.abs);
    const slice = new Slice();
    for (let row = 0; row < count; row++) {
      sums.set(this.base, row * this.outputs);
      magnitudes.set(baseMagnitudes, row * this.outputs);
      for (const tree of this.trees) {
        let node = 0;
        while (tree.left[node] !== -1)
          node = goesLeft(tree, node, rows, row * this.columns) ? tree.left[node]! : tree.right[node]!;
        const at = row * this.outputs + tree.output;
        for (let output = 0; output < tree.width; output++) {
          const value = tree.values[node * tree.width + output]!;
          sums[at + output]! += value;
          magnitudes[at + output]! += Math.abs(value);
        }
        if (slice.fill(tree.depth + tree.width)) yield;
      }
    }
    return { sums, magnitudes };
  }
}

/** Whether the row that starts at `start` goes to the left child of a node. */
export function goesLeft(
  { column, threshold, defaultLeft }: EnsembleTree,
  node: number,
  rows: Float64Array,
  start: number,
): boolean {
  const value = rows[start + column[node]!]!;
  return Number.isNaN(value) ? defaultLeft[node] === 1 : value <= threshold[node]!;
}

function ensembleTree(tree: ValuedTree, columns: number, outputs: number, isStrict: boolean): EnsembleTree {
  const size = tree.left.length;
  const width = tree.values.length / size;
  if (!isIndex(width - 1, outputs) || !isIndex(tree.output, outputs - width + 1))
    throw new RangeError('outputs of trees');
  const left = new Int32Array(size).fill(-1);
  const right = new Int32Array(size).fill(-1);
  const depths = new Int32Array(size);
  const column = new Int32Array(size);
  const threshold = new Float64Array(size);
  const defaultLeft = new Uint8Array(size);
  const values = new Float64Array(tree.values);
  for (const node of reachedNodes(tree, columns)) {
    if (tree.left[node] === -1) {
      if (!values.subarray(node * width, (node + 1) * width).every(Number.isFinite))
        throw new RangeError('values of leaves');
      continue;
    }
    left[node] = tree.left[node]!;
    right[node] = tree.right[node]!;
    column[node] = tree.column[node]!;
    threshold[node] = isStrict ? doubleBelow(tree.threshold[node]!) : tree.threshold[node]!;
    defaultLeft[node] = Number(tree.defaultLeft[node]);
    depths[left[node]!] = depths[node]! + 1;
    depths[right[node]!] = depths[node]! + 1;
  }
  const depth = depths.reduce((most, each) => Math.max(most, each), 0);
  if (depth > MAX_DEPTH) throw new RangeError('depth of a tree');
  const cover = tree.cover && Float64Array.from(tree.cover);
  const isCovered =
    cover !== undefined && left.every((child, node) => child === -1 || isSplit(cover, node, child, right[node]!));
  return {
    left,
    right,
    defaultLeft,
    column,
    threshold,
    values,
    width,
    depth,
    output: tree.output,
    ...(isCovered && { cover }),
  };
}

/** Relative difference of a node's cover from that of its children: files have 32-bit floats. */
const COVER_TOLERANCE = 1e-3;

/** Whether the cover of a node is positive and that of its children. Some exporters write other numbers. */
function isSplit(cover: Float64Array, node: number, left: number, right: number): boolean {
  const whole = cover[node]!;
  return whole > 0 && Math.abs(cover[left]! + cover[right]! - whole) <= COVER_TOLERANCE * whole;
}

/** Returns the largest double below another one. */
function doubleBelow(double: number): number {
  if (double === 0) return -Number.MIN_VALUE;
  if (double === Number.NEGATIVE_INFINITY) return double;
  const bits = new BigInt64Array(Float64Array.of(double).buffer);
  bits[0]! += double > 0 ? -1n : 1n;
  return new Float64Array(bits.buffer)[0]!;
}
