import { expect, it } from 'vitest';
import { Forest } from '../../../../runtime/src/engines/trees/forest.js';

it('has the thresholds of the nodes that paths reach', () => {
  // No child is node 3 or 4, as after XGBoost pruned them.
  const tree = {
    left: [1, -1, -1, 4, -1],
    right: [2, -1, -1, 4, -1],
    defaultLeft: [1, 0, 0, 0, 0],
    column: [1, 0, 0, 0, 0],
    threshold: [0.5, -1, 1, 7, 8],
    output: 0,
  };
  const forest = new Forest([tree, tree], 2, 1);
  expect(forest.thresholds()).toEqual([[], [0.5, 0.5]]);
});
