import { describe, expect, it } from 'vitest';
import { TreeEnsemble, type ValuedTree } from '../../../runtime/src/engines/trees/tree-ensemble.js';
import { interventionalEffects } from '../../../runtime/src/explain/interventional.js';
import { meanOfTrainingRows, pathDependentEffects } from '../../../runtime/src/explain/path-dependent.js';
import { randomNumbers } from '../../../runtime/src/tensor/random-numbers.js';
import { expectNear } from '../../support/near.js';
import { shapleyByDefinition } from './brute-force.js';
import { finished } from './finished.js';

/** Grows a tree with random splits. */
function randomTree(random: () => number, columns: number, depth: number, width: number, output: number): ValuedTree {
  const left: number[] = [];
  const right: number[] = [];
  const column: number[] = [];
  const threshold: number[] = [];
  const defaultLeft: boolean[] = [];
  const values: number[] = [];
  const cover: number[] = [];
  const grow = (level: number): number => {
    const node = left.length;
    left.push(-1);
    right.push(-1);
    column.push(Math.floor(random() * columns));
    threshold.push(Math.round(random() * 4) - 2);
    defaultLeft.push(random() < 0.5);
    for (let each = 0; each < width; each++) values.push(random() - 0.5);
    cover.push(1 + Math.floor(random() * 9));
    if (level < depth && random() < 0.8) {
      left[node] = grow(level + 1);
      right[node] = grow(level + 1);
      cover[node] = cover[left[node]!]! + cover[right[node]!]!;
    }
    return node;
  };
  grow(0);
  return { left, right, column, threshold, defaultLeft, values, cover, output };
}

/** Rows with ties at thresholds and missing values. */
function randomRows(random: () => number, count: number, columns: number): Float64Array {
  return Float64Array.from({ length: count * columns }, () =>
    random() < 0.1 ? Number.NaN : Math.round(random() * 8) / 2 - 2,
  );
}

const rowsOf = (all: Float64Array, columns: number) =>
  Array.from({ length: all.length / columns }, (_, row) => all.slice(row * columns, (row + 1) * columns));

const COLUMNS = 6;
const options = { columns: COLUMNS, base: [0.5, -1, 2], isFloat32: false };

describe('effects of features in trees', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'are the Shapley values relative to background rows: forest %i',
    (seed) => {
      const random = randomNumbers(seed);
      const trees = [
        randomTree(random, COLUMNS, 5, 3, 0),
        randomTree(random, COLUMNS, 8, 1, 1),
        randomTree(random, COLUMNS, 3, 2, 1),
        randomTree(random, COLUMNS, 0, 1, 2),
      ];
      const ensemble = new TreeEnsemble(trees, { ...options, isStrict: seed % 2 === 1 });
      const instances = randomRows(random, 7, COLUMNS);
      const background = randomRows(random, 5, COLUMNS);
      const effects = finished(interventionalEffects(ensemble, instances, background));
      const expected = rowsOf(instances, COLUMNS).map((row) =>
        shapleyByDefinition((each) => finished(ensemble.sums(each)).sums, row, rowsOf(background, COLUMNS)),
      );
      expectNear(effects, expected.flat(2), 1e-12);
    },
  );

  it.each(Array.from({ length: 20 }, (_, seed) => seed))(
    'are the Shapley values relative to the training rows: forest %i',
    (seed) => {
      const random = randomNumbers(seed);
      const tree = randomTree(random, COLUMNS, 6, 2, 0);
      const ensemble = new TreeEnsemble([tree], { ...options, base: [0, 0] });
      expect(ensemble.hasCover).toBe(true);
      const instances = randomRows(random, 6, COLUMNS);
      const effects = finished(pathDependentEffects(ensemble, instances));
      const [own] = ensemble.trees as [(typeof ensemble.trees)[0]];
      // A feature without a value, infinite here, goes both ways.
      const mean = (row: Float64Array, node = 0): number[] => {
        if (own.left[node] === -1) return [...own.values.subarray(node * 2, node * 2 + 2)];
        const [below, above] = [own.left[node]!, own.right[node]!];
        const value = row[own.column[node]!]!;
        if (value !== Number.POSITIVE_INFINITY) {
          const goesLeft = Number.isNaN(value) ? own.defaultLeft[node] === 1 : value <= own.threshold[node]!;
          return mean(row, goesLeft ? below : above);
        }
        const [first, second] = [mean(row, below), mean(row, above)];
        const share = own.cover![below]! / own.cover![node]!;
        return first.map((each, output) => share * each + (1 - share) * second[output]!);
      };
      const nothing = new Float64Array(COLUMNS).fill(Number.POSITIVE_INFINITY);
      expectNear(
        effects,
        rowsOf(instances, COLUMNS)
          .map((row) => shapleyByDefinition(mean, row, [nothing]))
          .flat(2),
        1e-12,
      );
      expectNear(meanOfTrainingRows(ensemble), mean(nothing), 1e-12);
    },
  );

  it('are exact on paths of more features than a word has bits', () => {
    // All of 40 features must be at most 0, or else the sum is 0.
    const count = 40;
    const places = Array.from({ length: count }, (_, place) => place);
    const tree = {
      left: [...places.map((place) => place + 1), -1, ...places.map(() => -1)],
      right: [...places.map((place) => count + 1 + place), -1, ...places.map(() => -1)],
      column: [...places, 0, ...places],
      threshold: new Array(2 * count + 1).fill(0),
      defaultLeft: new Array(2 * count + 1).fill(0),
      values: [...places.map(() => 0), 1, ...places.map(() => 0)],
      output: 0,
    };
    const ensemble = new TreeEnsemble([tree], { ...options, columns: count, base: [3] });
    const high = new Float64Array(count).fill(1);
    const low = new Float64Array(count);
    expectNear(
      finished(interventionalEffects(ensemble, low, high)),
      places.map(() => 1 / count),
      1e-12,
    );
    // Only the coalition of the first 39 features has the value 1.
    const mixed = low.with(count - 1, 1);
    const effects = finished(interventionalEffects(ensemble, mixed, high.with(count - 1, 0)));
    expectNear(effects, [...places.slice(1).map(() => 1 / (39 * 40)), -1 / 40], 1e-12);
  });

  it('do not read the values of inner nodes', () => {
    const tree = { left: [1, -1, -1], right: [2, -1, -1], column: [0, 0, 0], threshold: [0, 0, 0] };
    const values = [Number.NaN, 1, 2];
    const ensemble = new TreeEnsemble([{ ...tree, defaultLeft: [0, 0, 0], values, output: 0 }], options);
    expect(finished(ensemble.sums(new Float64Array(COLUMNS))).sums[0]).toBe(1.5);
  });

  it('count covers only where they are those of the children', () => {
    const tree = { ...randomTree(randomNumbers(3), COLUMNS, 4, 1, 0), cover: new Array(99).fill(1) };
    expect(new TreeEnsemble([tree], options).hasCover).toBe(false);
  });

  it.each<[string, object]>([
    ['a child beyond the tree', { left: [1, -1, -1], right: [7, -1, -1] }],
    ['a node with two parents', { left: [1, -1, -1], right: [1, -1, -1] }],
    ['a column beyond the rows', { column: [6, 0, 0] }],
    ['a leaf of infinite value', { values: [0, 1, Number.POSITIVE_INFINITY] }],
    ['an output that the ensemble lacks', { output: 3 }],
  ])('are refused for %s', (_, damage) => {
    const tree = { left: [1, -1, -1], right: [2, -1, -1], column: [0, 0, 0], threshold: [0, 0, 0] };
    const whole = { ...tree, defaultLeft: [0, 0, 0], values: [0, 1, 2], output: 0 };
    expect(new TreeEnsemble([whole], options).trees[0]!.depth).toBe(1);
    expect(() => new TreeEnsemble([{ ...whole, ...damage }], options)).toThrow(RangeError);
  });
});
