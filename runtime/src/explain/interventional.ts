import { Slice, type Task } from '../engines/slice.js';
import { type EnsembleTree, goesLeft, type TreeEnsemble } from '../engines/trees/tree-ensemble.js';

/** Maximum number of background rows that walk down a tree together. */
const MAX_BACKGROUND_ROWS = 2 ** 12;

/** Maximum number of integers that record background rows on all levels of a tree, which take 16 MiB. */
const MAX_RECORDS = 2 ** 22;

/**
 * Computes the exact Shapley values of trees, as the interventional TreeSHAP does: features that are absent from a coalition have
 * the values of a background row, and the effects are averaged over these rows. Yields between slices, also within a large tree,
 * so that the caller can let other work run.
 *
 * For each leaf, only two sets of features matter: those whose conditions on the path the background row fails, so that the
 * instance must bring them, and those that the instance fails. The effects of both are known in closed form. Instances that
 * fail the same conditions of a path share its work.
 *
 * @param instances rows of features, rounded as the trees compare them
 * @param background rows of features, rounded likewise
 * @returns effects by instance, then by feature, then by output
 */
export function* interventionalEffects(
  ensemble: TreeEnsemble,
  instances: Float64Array,
  background: Float64Array,
): Generator<void, Float64Array> {
  const { columns, outputs, trees } = ensemble;
  const effects = new Float64Array(instances.length * outputs);
  const total = background.length / columns;
  const slice = new Slice();
  for (const tree of trees) {
    const walk = new TreeWalk(tree, columns, outputs, instances, background, effects, slice);
    for (let start = 0; start < total; start += walk.capacity)
      yield* walk.explain(start, Math.min(total, start + walk.capacity));
  }
  return effects;
}

/** Bits of a word in the sets of failed conditions. */
const WORD = 32;

/** Background rows that still matter at a node, and the conditions of the path that each of them fails. */
interface Alive {
  readonly rows: Int32Array;
  /** Numbers of failed conditions. */
  readonly failures: Int32Array;
  /** Failed conditions as bits, some words for each row. */
  readonly failed: Int32Array;
}

/** Walks down a tree with all instances and some background rows. */
class TreeWalk {
  /** Position of a column on the path, or -1. All conditions on a column count as one. */
  private readonly positions: Int32Array;
  /** Column at each position of the path. */
  private readonly path: Int32Array;
  private length = 0;
  /** Whether the group of instances fails the condition at each position. */
  private readonly isFailed: Uint8Array;
  private failures = 0;
  /** Background rows by level of the tree. */
  private readonly alive: Alive[] = [];
  private readonly words: number;
  /** Nodes to visit, and changes of the path to take back. */
  private readonly tasks: Task[] = [];
  /** Maximum number of background rows of a walk. */
  readonly capacity: number;
  private readonly order: Int32Array;
  private readonly gains: Float64Array;

  constructor(
    private readonly tree: EnsembleTree,
    private readonly columns: number,
    private readonly outputs: number,
    private readonly instances: Float64Array,
    private readonly background: Float64Array,
    private readonly effects: Float64Array,
    private readonly slice: Slice,
  ) {
    const depth = Math.max(1, tree.depth);
    this.words = Math.ceil(depth / WORD);
    const fitting = Math.floor(MAX_RECORDS / ((depth + 1) * (2 + this.words)));
    this.capacity = Math.min(background.length / columns, MAX_BACKGROUND_ROWS, fitting);
    this.positions = new Int32Array(columns).fill(-1);
    this.path = new Int32Array(depth);
    this.isFailed = new Uint8Array(depth);
    this.gains = new Float64Array(depth);
    this.order = Int32Array.from({ length: instances.length / columns }, (_, instance) => instance);
  }

  /** Adds the effects relative to the background rows from `start` to `end`. */
  explain(start: number, end: number): Generator<void, void> {
    const { rows } = this.aliveAt(0);
    for (let row = start; row < end; row++) rows[row - start] = row;
    this.tasks.push(() => this.visit(0, 0, end - start, 0, this.order.length));
    return this.slice.run(this.tasks);
  }

  /**
   * Visits a node with the instances of `order` from `from` to `to`, which fail the same conditions of the path.
   *
   * @returns number of steps
   */
  private visit(node: number, level: number, alive: number, from: number, to: number): number {
    const { tree, positions, isFailed, tasks } = this;
    if (tree.left[node] === -1) {
      this.addLeaf(node, level, alive, from, to);
      return this.length * (alive + tree.width * (to - from));
    }
    const column = tree.column[node]!;
    if (positions[column] === -1) {
      this.path[this.length] = column;
      positions[column] = this.length++;
      tasks.push(() => {
        this.length--;
        positions[column] = -1;
        return 1;
      });
    }
    const position = positions[column]!;
    if (isFailed[position]) {
      tasks.push(
        () => this.descend(node, false, level, alive, from, to),
        () => this.descend(node, true, level, alive, from, to),
      );
      return 1;
    }
    const middle = this.partition(node, from, to);
    this.pushGroup(node, false, level, alive, middle, to, position);
    this.pushGroup(node, true, level, alive, from, middle, position);
    return to - from;
  }

  /** Pushes the tasks that visit both children of a node with instances that all go the same way. */
  private pushGroup(
    node: number,
    isLeft: boolean,
    level: number,
    alive: number,
    from: number,
    to: number,
    position: number,
  ): void {
    if (from === to) return;
    // The last task runs first.
    this.tasks.push(
      () => {
        this.isFailed[position] = 0;
        this.failures--;
        return 1;
      },
      () => {
        this.isFailed[position] = 1;
        this.failures++;
        return this.descend(node, !isLeft, level, alive, from, to);
      },
      () => this.descend(node, isLeft, level, alive, from, to),
    );
  }

  /**
   * Visits a child with the background rows that do not fail a condition which the instances fail as well.
   *
   * @returns number of steps
   */
  private descend(node: number, isLeft: boolean, level: number, alive: number, from: number, to: number): number {
    const { tree, words, background, columns } = this;
    const { rows, failures, failed } = this.aliveAt(level);
    const next = this.aliveAt(level + 1);
    const position = this.positions[tree.column[node]!]!;
    const word = Math.floor(position / WORD);
    const bit = 1 << (position % WORD);
    const mustPass = this.isFailed[position] === 1;
    let count = 0;
    for (let index = 0; index < alive; index++) {
      const row = rows[index]!;
      const hasFailed = (failed[index * words + word]! & bit) !== 0;
      const isFailing = hasFailed || goesLeft(tree, node, background, row * columns) !== isLeft;
      if (isFailing && mustPass) continue;
      next.rows[count] = row;
      next.failures[count] = failures[index]! + Number(isFailing && !hasFailed);
      for (let each = 0; each < words; each++) next.failed[count * words + each] = failed[index * words + each]!;
      if (isFailing) next.failed[count * words + word]! |= bit;
      count++;
    }
    const child = isLeft ? tree.left[node]! : tree.right[node]!;
    return alive * words + (count > 0 ? this.visit(child, level + 1, count, from, to) : 0);
  }

  private addLeaf(leaf: number, level: number, alive: number, from: number, to: number): void {
    const { tree, path, length, isFailed, failures: lost, gains, words, columns, outputs, effects, order } = this;
    const { failures, failed } = this.aliveAt(level);
    gains.fill(0, 0, length);
    let loss = 0;
    for (let index = 0; index < alive; index++) {
      const brought = failures[index]!;
      if (brought + lost === 0) continue;
      const orders = binomial(brought + lost, brought);
      if (lost > 0) loss += 1 / (lost * orders);
      if (brought === 0) continue;
      const gain = 1 / (brought * orders);
      for (let word = 0; word < words; word++) {
        for (let bits = failed[index * words + word]!; bits !== 0; bits &= bits - 1) {
          gains[word * WORD + 31 - Math.clz32(bits & -bits)]! += gain;
        }
      }
    }
    for (let position = 0; position < length; position++) {
      const share = (isFailed[position] ? -loss : gains[position]!) / (this.background.length / columns);
      if (share === 0) continue;
      for (let output = 0; output < tree.width; output++) {
        const effect = share * tree.values[leaf * tree.width + output]!;
        const at = path[position]! * outputs + tree.output + output;
        for (let index = from; index < to; index++) effects[order[index]! * columns * outputs + at]! += effect;
      }
    }
  }

  /** Reorders instances so that those that go left come first. @returns position of the first other one */
  private partition(node: number, from: number, to: number): number {
    const { order, tree, instances, columns } = this;
    let middle = from;
    for (let index = from; index < to; index++) {
      const instance = order[index]!;
      if (!goesLeft(tree, node, instances, instance * columns)) continue;
      order[index] = order[middle]!;
      order[middle++] = instance;
    }
    return middle;
  }

  private aliveAt(level: number): Alive {
    this.alive[level] ??= {
      rows: new Int32Array(this.capacity),
      failures: new Int32Array(this.capacity),
      failed: new Int32Array(this.capacity * this.words),
    };
    return this.alive[level]!;
  }
}

/** Binomial coefficients by row of Pascal's triangle. */
const BINOMIALS: Float64Array[] = [];

function binomial(total: number, chosen: number): number {
  while (BINOMIALS.length <= total) {
    const before = BINOMIALS.at(-1);
    const row = new Float64Array(BINOMIALS.length + 1).fill(1);
    for (let index = 1; index < BINOMIALS.length; index++) row[index] = before![index - 1]! + before![index]!;
    BINOMIALS.push(row);
  }
  return BINOMIALS[total]![chosen]!;
}
