import { Slice, type Task } from '../engines/slice.js';
import { type EnsembleTree, goesLeft, type TreeEnsemble } from '../engines/trees/tree-ensemble.js';

/**
 * Computes the exact Shapley values of trees, as the path-dependent TreeSHAP does: where a feature is absent from a coalition, both
 * children of a node count, by the number of training rows that reached them. Yields between slices, also within a large tree,
 * so that the caller can let other work run.
 *
 * This is algorithm 2 of Lundberg, Erion and Lee, "Consistent individualized feature attribution for tree ensembles" (2018).
 *
 * @param instances rows of features, rounded as the trees compare them
 * @returns effects by instance, then by feature, then by output
 */
export function* pathDependentEffects(ensemble: TreeEnsemble, instances: Float64Array): Generator<void, Float64Array> {
  const { columns, outputs, trees } = ensemble;
  const effects = new Float64Array(instances.length * outputs);
  const count = instances.length / columns;
  const slice = new Slice();
  for (const tree of trees) {
    const walk = new PathWalk(tree, columns, outputs, instances, effects, slice);
    for (let instance = 0; instance < count; instance++) yield* walk.explain(instance);
  }
  return effects;
}

/** Returns the mean of each output over the training rows. */
export function meanOfTrainingRows({ trees, base }: TreeEnsemble): Float64Array {
  const means = base.slice();
  for (const { left, right, cover, values, width, output } of trees) {
    const shares = new Map([[0, 1]]);
    for (const [node, share] of shares) {
      if (left[node] === -1) {
        for (let each = 0; each < width; each++) means[output + each]! += share * values[node * width + each]!;
        continue;
      }
      for (const child of [left[node]!, right[node]!]) shares.set(child, (share * cover![child]!) / cover![node]!);
    }
  }
  return means;
}

/** No column: the first entry of a path stands for no feature. */
const NONE = -1;

/** Walks down a tree with one instance, and keeps the weights of the coalitions of the features on the path. */
class PathWalk {
  /** Entries of the paths of all levels, one after the other, because a path is changed on its way down. */
  private readonly column: Int32Array;
  /** Share of the training rows that stay on the path if the feature is absent. */
  private readonly absent: Float64Array;
  /** 1 if the instance stays on the path, or else 0. */
  private readonly present: Float64Array;
  /** Weight of the coalitions of each size. */
  private readonly weight: Float64Array;
  private instance = 0;
  /** Nodes to visit. */
  private readonly tasks: Task[] = [];

  constructor(
    private readonly tree: EnsembleTree,
    private readonly columns: number,
    private readonly outputs: number,
    private readonly instances: Float64Array,
    private readonly effects: Float64Array,
    private readonly slice: Slice,
  ) {
    const size = ((tree.depth + 2) * (tree.depth + 3)) / 2;
    this.column = new Int32Array(size);
    this.absent = new Float64Array(size);
    this.present = new Float64Array(size);
    this.weight = new Float64Array(size);
  }

  explain(instance: number): Generator<void, void> {
    this.instance = instance;
    this.tasks.push(() => this.visit(0, 0, 0, 1, 1, NONE));
    return this.slice.run(this.tasks);
  }

  /**
   * Visits a node and returns the number of steps.
   *
   * @param start first entry of the path of the parent
   * @param length number of its entries
   */
  private visit(node: number, start: number, length: number, absent: number, present: number, column: number): number {
    const { tree } = this;
    // No training row and not the instance: all weights below are zero, and could not be divided by.
    if (absent === 0 && present === 0) return 1;
    const own = start + length;
    this.copy(start, own, length);
    this.extend(own, length, absent, present, column);
    if (tree.left[node] === -1) {
      this.addLeaf(node, own, length);
      // Each entry takes a pass over the others, and one over the outputs.
      return length * (length + tree.width);
    }
    const split = tree.column[node]!;
    const isLeft = goesLeft(tree, node, this.instances, this.instance * this.columns);
    const hot = isLeft ? tree.left[node]! : tree.right[node]!;
    const cold = isLeft ? tree.right[node]! : tree.left[node]!;
    let last = length;
    let before = { absent: 1, present: 1 };
    // A column that is on the path already is taken out, because all its conditions count as one.
    for (let entry = 1; entry <= length; entry++) {
      if (this.column[own + entry] !== split) continue;
      before = { absent: this.absent[own + entry]!, present: this.present[own + entry]! };
      this.unwind(own, last, entry);
      last--;
      break;
    }
    const cover = tree.cover!;
    const shareOf = (child: number) => (before.absent * cover[child]!) / cover[node]!;
    this.tasks.push(
      () => this.visit(cold, own, last + 1, shareOf(cold), 0, split),
      () => this.visit(hot, own, last + 1, shareOf(hot), before.present, split),
    );
    return length + 1;
  }

  private copy(from: number, to: number, length: number): void {
    this.column.copyWithin(to, from, from + length);
    this.absent.copyWithin(to, from, from + length);
    this.present.copyWithin(to, from, from + length);
    this.weight.copyWithin(to, from, from + length);
  }

  private extend(start: number, last: number, absent: number, present: number, column: number): void {
    const { weight } = this;
    this.column[start + last] = column;
    this.absent[start + last] = absent;
    this.present[start + last] = present;
    weight[start + last] = last === 0 ? 1 : 0;
    for (let size = last - 1; size >= 0; size--) {
      weight[start + size + 1]! += (present * weight[start + size]! * (size + 1)) / (last + 1);
      weight[start + size]! *= (absent * (last - size)) / (last + 1);
    }
  }

  /** Takes an entry out of a path, as if it had never been added. */
  private unwind(start: number, last: number, entry: number): void {
    const { weight, column, absent, present } = this;
    const one = present[start + entry]!;
    const zero = absent[start + entry]!;
    let next = weight[start + last]!;
    for (let size = last - 1; size >= 0; size--) {
      if (one !== 0) {
        const before = weight[start + size]!;
        weight[start + size] = (next * (last + 1)) / ((size + 1) * one);
        next = before - (weight[start + size]! * zero * (last - size)) / (last + 1);
      } else {
        weight[start + size] = (weight[start + size]! * (last + 1)) / (zero * (last - size));
      }
    }
    for (let each = entry; each < last; each++) {
      column[start + each] = column[start + each + 1]!;
      absent[start + each] = absent[start + each + 1]!;
      present[start + each] = present[start + each + 1]!;
    }
  }

  /** Returns the sum of the weights of a path without an entry. */
  private sumWithout(start: number, last: number, entry: number): number {
    const { weight } = this;
    const one = this.present[start + entry]!;
    const zero = this.absent[start + entry]!;
    let next = weight[start + last]!;
    let total = 0;
    for (let size = last - 1; size >= 0; size--) {
      if (one !== 0) {
        const own = (next * (last + 1)) / ((size + 1) * one);
        total += own;
        next = weight[start + size]! - (own * zero * (last - size)) / (last + 1);
      } else {
        total += (weight[start + size]! * (last + 1)) / (zero * (last - size));
      }
    }
    return total;
  }

  private addLeaf(leaf: number, start: number, last: number): void {
    const { tree, effects, outputs, columns, instance } = this;
    for (let entry = 1; entry <= last; entry++) {
      const share = this.sumWithout(start, last, entry) * (this.present[start + entry]! - this.absent[start + entry]!);
      const at = (instance * columns + this.column[start + entry]!) * outputs + tree.output;
      for (let output = 0; output < tree.width; output++) {
        effects[at + output]! += share * tree.values[leaf * tree.width + output]!;
      }
    }
  }
}
