import { readUbjson, UbjsonNumbers } from '../../manifest/ubjson.js';
import type { AdditiveModel } from '../additive-model.js';
import { Forest, type ForestTree } from './forest.js';
import { OBJECTIVES, type Objective } from './objectives.js';
import { TreeEnsemble } from './tree-ensemble.js';

/** A model of XGBoost that this process predicts with. */
export interface XgboostModel {
  readonly forest: Forest;
  readonly objective: Objective;
  /** Sum of a row without trees for each output of the forest. */
  readonly margins: readonly number[];
  /** Names of the columns. @default - the file has no names, or only those that XGBoost makes up */
  readonly names?: readonly string[];
}

/** Maximum number of columns. A file of some bytes can claim any number, and memory is taken for each column. */
const MAX_COLUMNS = 2 ** 22;

/** Parts of XGBoost's files that predictions depend on. Files have numbers in texts where options allow any text. */
interface XgboostFile {
  readonly learner: {
    readonly attributes: Readonly<Record<string, string>>;
    readonly feature_names?: readonly string[];
    readonly gradient_booster: {
      readonly name: string;
      readonly model: {
        readonly trees: readonly TreeOfFile[];
        readonly tree_info: NumbersOfFile;
        readonly iteration_indptr?: NumbersOfFile;
      };
    };
    readonly learner_model_param: {
      readonly base_score: string;
      readonly num_class: string;
      readonly num_feature: string;
      readonly num_target?: string;
    };
    readonly objective: { readonly name: string };
  };
}

type NumbersOfFile = readonly number[] | UbjsonNumbers;

interface TreeOfFile {
  readonly left_children: NumbersOfFile;
  readonly right_children: NumbersOfFile;
  readonly default_left: NumbersOfFile;
  readonly split_indices: NumbersOfFile;
  readonly split_conditions: NumbersOfFile;
  readonly split_type?: NumbersOfFile;
  readonly sum_hessian?: NumbersOfFile;
  readonly tree_param: { readonly size_leaf_vector?: string };
}

/**
 * Reads a model that XGBoost saved as JSON or UBJSON.
 *
 * @returns undefined if its predictions cannot be computed exactly, as those of categories, of trees with several outputs
 * and of boosters other than `gbtree`, or if the file is invalid. XGBoost itself then says why
 */
export function readXgboost(bytes: Buffer): XgboostModel | undefined {
  return read(bytes, ({ trees, columns, objective, margins, names }) => ({
    forest: new Forest(trees, columns, margins.length),
    objective,
    margins,
    ...(names && { names }),
  }));
}

/**
 * Reads the trees of a model that XGBoost saved as JSON or UBJSON, to explain predictions.
 *
 * @returns undefined for the models that `readXgboost` does not read, and for those whose predictions are not a function of
 * the sums that can be inverted
 */
export function readXgboostTrees(bytes: Buffer): AdditiveModel | undefined {
  return read(bytes, ({ trees, columns, objective: { link }, margins }) => {
    if (!link) return undefined;
    // Numbers of a text are shorter than the floats that they stand for.
    const valued = trees.map((tree) => {
      const threshold = Float32Array.from(tree.threshold);
      return { ...tree, threshold, values: threshold };
    });
    const form = new TreeEnsemble(valued, { columns, base: margins, isFloat32: true, isStrict: true });
    return { columns, outputs: margins.length, links: [link], form };
  });
}

/** Parts of a file that its two readers share. */
interface XgboostParts extends Omit<XgboostModel, 'forest'> {
  readonly trees: readonly (ForestTree & { readonly cover?: ArrayLike<number> })[];
  readonly columns: number;
}

function read<T>(bytes: Buffer, modelOf: (parts: XgboostParts) => T): T | undefined {
  try {
    // In UBJSON, a type marker follows the brace.
    const isUbjson = bytes[1] === 'L'.charCodeAt(0);
    const parts = partsOf((isUbjson ? readUbjson(bytes) : JSON.parse(bytes.toString())) as XgboostFile);
    return parts && modelOf(parts);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function partsOf({ learner }: XgboostFile): XgboostParts | undefined {
  const { gradient_booster: booster, learner_model_param: parameters, feature_names: names = [] } = learner;
  const objective = OBJECTIVES.get(learner.objective.name);
  if (objective === undefined || booster.name !== 'gbtree') return undefined;
  if (!booster.model.trees.every(isPlain)) return undefined;
  const columns = Number(parameters.num_feature);
  if (!isCount(columns, MAX_COLUMNS)) return undefined;
  // Each output has a tree of its own.
  const outputs = Math.max(1, Number(parameters.num_class), Number(parameters.num_target ?? 1));
  if (!isCount(outputs, Math.max(1, booster.model.trees.length))) return undefined;
  // Earlier versions have one score for all outputs.
  const scores = [JSON.parse(parameters.base_score) as number | number[]].flat();
  if (!scores.every((score) => typeof score === 'number')) return undefined;
  const margins = Array.from({ length: outputs }, (_, output) => {
    const score = Math.fround(scores[scores.length === 1 ? 0 : output]!);
    return objective.margin?.(score) ?? score;
  });
  if (!margins.every(Number.isFinite)) return undefined;
  const outputOf = numbers(booster.model.tree_info);
  const trees = booster.model.trees.slice(0, treeCount(learner)).map((tree, index) => ({
    left: numbers(tree.left_children),
    right: numbers(tree.right_children),
    defaultLeft: numbers(tree.default_left),
    column: numbers(tree.split_indices),
    threshold: numbers(tree.split_conditions),
    output: outputOf[index]!,
    ...(tree.sum_hessian && { cover: numbers(tree.sum_hessian) }),
  }));
  const isNamed = names.some((name, index) => name !== `f${index}`);
  return { trees, columns, objective, margins, ...(isNamed && { names }) };
}

/** Whether a tree has one output and compares numbers only. */
function isPlain({ split_type: types = [], tree_param: { size_leaf_vector: outputs = '1' } }: TreeOfFile): boolean {
  return Number(outputs) <= 1 && Array.from(numbers(types)).every((type) => type === 0);
}

/**
 * Returns the number of trees that predictions use: those up to the best iteration for a model that XGBoost's
 * scikit-learn classes saved, as these classes predict, or else all.
 */
function treeCount({ attributes, gradient_booster: { model } }: XgboostFile['learner']): number {
  if (attributes.scikit_learn === undefined || attributes.best_iteration === undefined) return model.trees.length;
  const count = numbers(model.iteration_indptr!)[Number(attributes.best_iteration) + 1];
  if (count === undefined || !isCount(count, model.trees.length)) throw new RangeError('best iteration');
  return count;
}

function numbers(array: NumbersOfFile): ArrayLike<number> {
  if (array instanceof UbjsonNumbers) return array.decode();
  // An object could claim any length.
  if (!Array.isArray(array)) throw new TypeError('numbers');
  return array;
}

function isCount(value: number, maximum: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= maximum;
}
