import { describe, expect, it } from 'vitest';
import { STEPS_PER_SLICE } from '../../../runtime/src/engines/slice.js';
import { TreeEnsemble, type ValuedTree } from '../../../runtime/src/engines/trees/tree-ensemble.js';
import { AdditiveExplainer } from '../../../runtime/src/explain/additive-explainer.js';

/** Returns a tree whose levels each compare a column of their own with 0. */
function completeTree(depth: number): ValuedTree {
  const inner = 2 ** depth - 1;
  const size = 2 * inner + 1;
  const places = Array.from({ length: size }, (_, place) => place);
  return {
    left: places.map((place) => (place < inner ? 2 * place + 1 : -1)),
    right: places.map((place) => (place < inner ? 2 * place + 2 : -1)),
    column: places.map((place) => Math.min(depth - 1, Math.floor(Math.log2(place + 1)))),
    threshold: places.map(() => 0),
    defaultLeft: places.map(() => 0),
    values: places.map(() => 1),
    cover: places.map((place) => 2 ** (depth - Math.floor(Math.log2(place + 1)))),
    output: 0,
  };
}

/** Returns a tree whose inner nodes are one path, and which compares the columns in turn. */
function chain(depth: number, columns: number): ValuedTree {
  const places = Array.from({ length: 2 * depth + 1 }, (_, place) => place);
  return {
    left: places.map((place) => (place < depth ? place + 1 : -1)),
    right: places.map((place) => (place < depth ? depth + 1 + place : -1)),
    column: places.map((place) => place % columns),
    threshold: places.map(() => 0),
    defaultLeft: places.map(() => 0),
    values: places.map(() => 1),
    output: 0,
  };
}

function explainer(trees: readonly ValuedTree[], columns: number): AdditiveExplainer {
  const form = new TreeEnsemble(trees, { columns, base: [0], isFloat32: false });
  return new AdditiveExplainer({ columns, outputs: 1, links: ['identity', 'logit'], form });
}

/** Counts the comparisons of rows in each slice of work, from outside. */
class CountedRows {
  private count = 0;
  readonly rows: Float64Array;

  constructor(rows: Float64Array) {
    this.rows = new Proxy(rows, {
      get: (target, name) => {
        if (typeof name === 'string' && /^\d+$/.test(name)) this.count++;
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  /** Runs work to its end. Returns its comparisons by slice. */
  bySlice(work: Generator<void, unknown>): number[] {
    const counts: number[] = [];
    for (let isDone: boolean | undefined = false; !isDone; ) {
      this.count = 0;
      isDone = work.next().done;
      counts.push(this.count);
    }
    return counts;
  }
}

const sum = (counts: readonly number[]) => counts.reduce((total, each) => total + each, 0);

describe('slices of explanations', () => {
  it('are short where many background rows meet one instance in a large tree', () => {
    const depth = 10;
    const background = new CountedRows(new Float64Array(400 * depth).fill(1));
    const work = explainer([completeTree(depth)], depth).interventional(new Float64Array(depth), background.rows);
    const counts = background.bySlice(work);
    // The instance and the rows part at each node, so that all rows meet all nodes.
    expect(sum(counts)).toBeGreaterThan(400 * 2 ** depth);
    expect(Math.max(...counts)).toBeLessThanOrEqual(STEPS_PER_SLICE);
  });

  it('are short within one instance and a large tree', () => {
    const depth = 12;
    const instance = new CountedRows(new Float64Array(depth));
    const counts = instance.bySlice(explainer([completeTree(depth)], depth).pathDependent(instance.rows));
    expect(sum(counts)).toBe(2 ** depth - 1);
    // A leaf takes a number of steps for each pair of conditions on its path.
    expect(counts.length).toBeGreaterThanOrEqual((2 ** depth * depth * depth) / STEPS_PER_SLICE);
    expect(Math.max(...counts)).toBeLessThan((2 ** depth * 3) / 4);
  });

  it('are short where predictions of many instances are compared with the sums', () => {
    const trees = Array.from({ length: 10 }, () => completeTree(5));
    const instances = new CountedRows(new Float64Array(8_000 * 5));
    const work = explainer(trees, 5).linkTo(instances.rows, new Float64Array(8_000).fill(10));
    const counts = instances.bySlice(work);
    expect(sum(counts)).toBe(8_000 * 10 * 5);
    expect(Math.max(...counts)).toBeLessThanOrEqual(STEPS_PER_SLICE);
  });

  it('keep the memory small where many background rows meet a deep tree', () => {
    const background = new Float64Array(1500 * 100).fill(-1);
    const work = explainer([chain(1024, 100)], 100).interventional(new Float64Array(100), background);
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    while (!work.next().done) most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    // All 1500 rows on all levels at once would take 209 MB.
    expect(most).toBeLessThan(40e6);
  });
});
