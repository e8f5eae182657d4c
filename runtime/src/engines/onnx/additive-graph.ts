import type { AdditiveModel, LinearModel, Link } from '../additive-model.js';
import { type EnsembleOptions, TreeEnsemble, type ValuedTree } from '../trees/tree-ensemble.js';
import { isIndex } from '../trees/tree-nodes.js';
import { type OnnxGraph, type OnnxNode, readOnnxGraph } from './graph.js';

/** Readers of the nodes that are additive models, by operator. */
const READERS: Readonly<Record<string, (node: OnnxNode, columns: number, isFloat32: boolean) => Sums | undefined>> = {
  TreeEnsembleRegressor: (node, ...options) => namedTrees(node, 'target', 'n_targets', ...options),
  TreeEnsembleClassifier: (node, ...options) => namedTrees(node, 'class', undefined, ...options),
  TreeEnsemble: indexedTrees,
  LinearRegressor: linear,
  LinearClassifier: linear,
};

/** Links by the post-transformation of an operator. Nodes after it may also be one, so that no transformation allows all. */
const LINKS: Readonly<Record<string, readonly Link[]>> = {
  NONE: ['identity', 'logit', 'log', 'softmax'],
  LOGISTIC: ['logit'],
  SOFTMAX: ['softmax'],
};

/** Post-transformations in the order of their numbers. */
const TRANSFORMATIONS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];

/** Comparisons of a node in the order of their numbers. */
const MODES = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT'];

/** Types of a cast in onnx.proto. */
const FLOAT = 1;
const DOUBLE = 11;

/** Sums of an operator and what follows them. */
interface Sums {
  readonly form: TreeEnsemble | LinearModel;
  readonly outputs: number;
  readonly transformation: string;
}

/**
 * Reads the trees or the linear model of an ONNX file, to explain predictions.
 *
 * @param datatype datatype of the input
 * @returns undefined unless the file has one such node that gets all columns, changed at most one by one. Nodes after it
 * are not read, so that the caller compares predictions
 */
export function readAdditiveGraph(path: string, columns: number, datatype: string): AdditiveModel | undefined {
  const graph = readOnnxGraph(path);
  const [node, ...others] = graph.nodes.filter(({ operator }) => Object.hasOwn(READERS, operator));
  if (!node || others.length > 0 || graph.inputs.length !== 1) return undefined;
  const before = stepsBefore(graph, node, columns, datatype);
  if (!before) return undefined;
  try {
    const sums = READERS[node.operator]!(node, columns, before.isFloat32);
    const links = sums && LINKS[sums.transformation];
    if (!links) return undefined;
    return {
      columns,
      outputs: sums.outputs,
      links,
      form: sums.form,
      ...(before.scaling && { scaling: before.scaling }),
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Follows the input of a node back to that of the graph. Returns undefined if other steps are in between. */
function stepsBefore(
  { nodes, inputs }: OnnxGraph,
  { inputs: [first] }: OnnxNode,
  columns: number,
  datatype: string,
): { readonly isFloat32: boolean; readonly scaling?: AdditiveModel['scaling'] } | undefined {
  let isFloat32 = datatype !== 'FP64';
  let isCast = false;
  let scaling: AdditiveModel['scaling'];
  let name = first;
  while (name !== inputs[0]) {
    const step = nodes.find(({ outputs }) => outputs.includes(name!));
    if (!step) return undefined;
    const [type] = step.numbers.get('to') ?? [];
    if (step.operator === 'Cast' && (type === FLOAT || type === DOUBLE)) {
      // The last cast decides how the trees compare.
      if (!isCast) isFloat32 = type === FLOAT;
      isCast = true;
    } else if (step.operator === 'Scaler' && !scaling) {
      scaling = {
        offset: byColumn(step.numbers.get('offset'), columns, 0),
        scale: byColumn(step.numbers.get('scale'), columns, 1),
      };
      // A scaler returns floats of 32 bits.
      if (!isCast) isFloat32 = true;
      isCast = true;
    } else if (step.operator !== 'Identity') return undefined;
    name = step.inputs[0];
  }
  return { isFloat32, ...(scaling && { scaling }) };
}

/** Returns a number for each column. A single number counts for all. */
function byColumn(numbers: readonly number[] | undefined, columns: number, byDefault: number): Float64Array {
  const all = numbers ?? [byDefault];
  return Float64Array.from({ length: columns }, (_, column) => all[all.length === 1 ? 0 : column] ?? byDefault);
}

function linear({ numbers, texts }: OnnxNode, columns: number): Sums | undefined {
  const coefficients = Float64Array.from(numbers.get('coefficients') ?? []);
  const targets = numbers.get('targets')?.[0] ?? 1;
  const intercepts = Float64Array.from(numbers.get('intercepts') ?? new Float64Array(targets));
  if (intercepts.length === 0 || coefficients.length !== intercepts.length * columns) return undefined;
  return {
    form: { kind: 'linear', coefficients, intercepts },
    outputs: intercepts.length,
    transformation: texts.get('post_transform')?.[0] ?? 'NONE',
  };
}

/** Node of a tree with its children by their place in the lists of the operator. */
interface Branch {
  readonly column: number;
  readonly threshold: number;
  readonly mode: string;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly isMissingTrue: boolean;
}

/** Values of leaves by their place: pairs of an output and a value. */
type Leaves = ReadonlyMap<number, readonly (readonly [number, number])[]>;

/** Reads the trees of the operators before version 5, whose nodes have numbers within their tree. */
function namedTrees(
  { numbers, texts }: OnnxNode,
  prefix: 'target' | 'class',
  count: string | undefined,
  columns: number,
  isFloat32: boolean,
): Sums | undefined {
  const list = (name: string) => numbers.get(name) ?? [];
  /** Numbers that the operator has as floats, or in a tensor of doubles. */
  const values = (name: string) => numbers.get(`${name}_as_tensor`) ?? list(name);
  const trees = list('nodes_treeids');
  const nodes = list('nodes_nodeids');
  const places = new Map(trees.map((tree, place) => [`${tree} ${nodes[place]}`, place]));
  const placeOf = (tree: number, node: number) => places.get(`${tree} ${node}`) ?? -1;
  const weights = values(`${prefix}_weights`);
  const targets = list(`${prefix}_ids`);
  const labels = texts.get('classlabels_strings') ?? numbers.get('classlabels_int64s') ?? [];
  // A classifier of two classes may have the weights of one only.
  const isSingle = prefix === 'class' && labels.length === 2 && targets.every((target) => target === targets[0]);
  const outputs = isSingle ? 1 : ((count === undefined ? labels.length : list(count)[0]) ?? 1);
  const leaves = new Map<number, (readonly [number, number])[]>();
  for (const [index, tree] of list(`${prefix}_treeids`).entries()) {
    const place = placeOf(tree, list(`${prefix}_nodeids`)[index]!);
    const pairs = leaves.get(place) ?? [];
    pairs.push([isSingle ? 0 : targets[index]!, weights[index]!]);
    leaves.set(place, pairs);
  }
  const branches = trees.map((tree, place): Branch | undefined => {
    const mode = texts.get('nodes_modes')?.[place] ?? '';
    if (mode === 'LEAF') return undefined;
    return {
      column: list('nodes_featureids')[place]!,
      threshold: values('nodes_values')[place]!,
      mode,
      ifTrue: placeOf(tree, list('nodes_truenodeids')[place]!),
      ifFalse: placeOf(tree, list('nodes_falsenodeids')[place]!),
      isMissingTrue: list('nodes_missing_value_tracks_true')[place] === 1,
    };
  });
  const roots = new Map<number, number>();
  for (const [place, tree] of trees.entries()) if (!roots.has(tree)) roots.set(tree, place);
  const base = values('base_values');
  const aggregation = texts.get('aggregate_function')?.[0] ?? 'SUM';
  const sums = baseOf(isSingle ? base.slice(-1) : base, outputs);
  const form = ensembleOf([...roots.values()], branches, leaves, aggregation, { columns, base: sums, isFloat32 });
  return form && { form, outputs, transformation: texts.get('post_transform')?.[0] ?? 'NONE' };
}

/** Reads the trees of the operator of version 5, whose leaves are in lists of their own. */
function indexedTrees({ numbers }: OnnxNode, columns: number, isFloat32: boolean): Sums | undefined {
  const list = (name: string) => numbers.get(name) ?? [];
  const inner = list('nodes_featureids').length;
  const child = (place: number, name: string, leaf: string) =>
    list(name)[place]! + (list(leaf)[place] === 1 ? inner : 0);
  const branches = list('nodes_featureids').map(
    (column, place): Branch => ({
      column,
      threshold: list('nodes_splits')[place]!,
      mode: MODES[list('nodes_modes')[place]!] ?? '',
      ifTrue: child(place, 'nodes_truenodeids', 'nodes_trueleafs'),
      ifFalse: child(place, 'nodes_falsenodeids', 'nodes_falseleafs'),
      isMissingTrue: list('nodes_missing_value_tracks_true')[place] === 1,
    }),
  );
  const leaves = new Map(
    list('leaf_targetids').map((target, leaf) => [inner + leaf, [[target, list('leaf_weights')[leaf]!] as const]]),
  );
  const outputs = list('n_targets')[0] ?? 1;
  const aggregation = ['AVERAGE', 'SUM'][list('aggregate_function')[0] ?? 1] ?? '';
  const options = { columns, base: new Float64Array(outputs), isFloat32 };
  const form = ensembleOf(list('tree_roots'), branches, leaves, aggregation, options);
  return form && { form, outputs, transformation: TRANSFORMATIONS[list('post_transform')[0] ?? 0] ?? '' };
}

function ensembleOf(
  roots: readonly number[],
  branches: readonly (Branch | undefined)[],
  leaves: Leaves,
  aggregation: string,
  options: EnsembleOptions,
): TreeEnsemble | undefined {
  if (aggregation !== 'SUM' && aggregation !== 'AVERAGE') return undefined;
  if (branches.some((branch) => branch && !MODES.includes(branch.mode))) return undefined;
  const share = aggregation === 'AVERAGE' ? 1 / roots.length : 1;
  const kinds = new Set(branches.filter((branch) => branch !== undefined).map(isStrictly));
  if (kinds.size > 1) return undefined;
  const trees = roots.map((root) => treeOf(root, branches, leaves, options.base.length, share));
  return new TreeEnsemble(trees, { ...options, isStrict: kinds.has(true) });
}

function baseOf(values: readonly number[], outputs: number): Float64Array {
  return Float64Array.from({ length: outputs }, (_, output) => values[output] ?? 0);
}

/** Whether values equal to the threshold go with those above it. */
function isStrictly({ mode }: Branch): boolean {
  return mode === 'BRANCH_LT' || mode === 'BRANCH_GTE';
}

function treeOf(
  root: number,
  branches: readonly (Branch | undefined)[],
  leaves: Leaves,
  outputs: number,
  share: number,
): ValuedTree {
  // Nodes of the tree by their place, numbered in the order in which they are found.
  const numberOf = new Map([[root, 0]]);
  const left: number[] = [];
  const right: number[] = [];
  const defaultLeft: boolean[] = [];
  const column: number[] = [];
  const threshold: number[] = [];
  // Only the outputs that the tree adds to have values: most boosted trees add to one class of many.
  let first = outputs - 1;
  let last = 0;
  for (const place of numberOf.keys()) {
    const branch = branches[place];
    for (const [target] of branch ? [] : (leaves.get(place) ?? [])) {
      if (!isIndex(target, outputs)) throw new RangeError('output of a leaf');
      first = Math.min(first, target);
      last = Math.max(last, target);
    }
    column.push(branch?.column ?? 0);
    threshold.push(branch?.threshold ?? 0);
    const isBelow = branch?.mode === 'BRANCH_LEQ' || branch?.mode === 'BRANCH_LT';
    defaultLeft.push(branch?.isMissingTrue === isBelow);
    const children = branch ? [branch.ifTrue, branch.ifFalse] : [];
    for (const child of children) {
      // A node that is reached twice is rejected with the tree.
      if (!numberOf.has(child)) numberOf.set(child, numberOf.size);
    }
    const [below = -1, above = -1] = (isBelow ? children : children.toReversed()).map((child) => numberOf.get(child)!);
    left.push(below);
    right.push(above);
  }
  // Leaves without weights add nothing to any output.
  const output = Math.min(first, last);
  const width = last - output + 1;
  const values = new Float64Array(numberOf.size * width);
  for (const [place, node] of numberOf) {
    if (branches[place]) continue;
    for (const [target, weight] of leaves.get(place) ?? []) values[node * width + target - output]! += weight * share;
  }
  return { left, right, defaultLeft, column, threshold, values, output };
}
