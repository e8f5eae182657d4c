import type { AdditiveModel, Link } from '../additive-model.js';
import { TreeEnsemble, type ValuedTree } from './tree-ensemble.js';

/** Links by the objective's line of a file. The predictions of other objectives are not a function of the sums alone. */
const LINKS: readonly (readonly [RegExp, Link])[] = [
  [
    /^(?:regression|regression_l1|huber|fair|quantile|mape|lambdarank|rank_xendcg|custom|none)?(?: alpha:\S+| fair_c:\S+)*$/,
    'identity',
  ],
  [/^(?:binary sigmoid:1|cross_entropy)$/, 'logit'],
  [/^(?:poisson|gamma|tweedie)(?: \S+:\S+)*$/, 'log'],
  [/^multiclass num_class:\d+$/, 'softmax'],
  [/^multiclassova num_class:\d+ sigmoid:1$/, 'logit'],
];

// Bits of `decision_type`.
const CATEGORICAL = 1;
const DEFAULT_LEFT = 2;
const MISSING_TYPE = 12;
const ZERO_IS_MISSING = 4;
const NAN_IS_MISSING = 8;

type Section = ReadonlyMap<string, string>;

/**
 * Reads the trees of a model that LightGBM saved as text, to explain predictions.
 *
 * @returns undefined for categorical columns, zeros that count as missing, linear trees and objectives with other
 * predictions, or if the file is invalid. LightGBM itself then says why
 */
export function readLightgbmTrees(bytes: Buffer): AdditiveModel | undefined {
  try {
    const [trees] = bytes.toString('latin1').replaceAll('\r\n', '\n').split('\nend of trees');
    const [head, ...sections] = trees!.split(/\nTree=\d+\n/).map(sectionOf);
    return modelOf(head!, sections);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function sectionOf(text: string): Section {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [name] = line.split('=', 1) as [string];
      return [name, line.slice(name.length + 1)] as const;
    }),
  );
}

function modelOf(head: Section, sections: readonly Section[]): AdditiveModel | undefined {
  const objective = head.get('objective') ?? '';
  const link = LINKS.find(([pattern]) => pattern.test(objective))?.[1];
  if (!link) return undefined;
  const columns = Number(head.get('max_feature_idx')) + 1;
  const outputs = Number(head.get('num_tree_per_iteration'));
  // Random forests of LightGBM give the mean of their trees.
  const share = head.has('average_output') ? outputs / sections.length : 1;
  const trees = sections.map((section, index) => treeOf(section, index % outputs, share));
  const form = new TreeEnsemble(trees, { columns, base: new Float64Array(outputs), isFloat32: false });
  return { columns, outputs, links: [link], form };
}

/** Returns a tree with its leaves after the other nodes. @throws RangeError if it cannot be explained */
function treeOf(section: Section, output: number, share: number): ValuedTree {
  const decisions = numbersOf(section, 'decision_type');
  if (
    section.get('is_linear') === '1' ||
    decisions.some((bits) => bits & CATEGORICAL || (bits & MISSING_TYPE) === ZERO_IS_MISSING)
  ) {
    throw new RangeError('kind of a tree');
  }
  const inner = decisions.length;
  const leaves = numbersOf(section, 'leaf_value');
  if (leaves.length !== inner + 1) throw new RangeError('leaves of a tree');
  const none = new Array<number>(leaves.length).fill(-1);
  // Leaves have the numbers -1, -2 and so on.
  const children = (name: string) => [
    ...numbersOf(section, name).map((child) => (child < 0 ? inner + ~child : child)),
    ...none,
  ];
  const thresholds = numbersOf(section, 'threshold');
  const counts = [...numbersOf(section, 'internal_count'), ...numbersOf(section, 'leaf_count')];
  return {
    left: children('left_child'),
    right: children('right_child'),
    // A model that has seen no missing values takes them for 0.
    defaultLeft: decisions.map((bits, node) =>
      (bits & MISSING_TYPE) === NAN_IS_MISSING ? (bits & DEFAULT_LEFT) !== 0 : thresholds[node]! >= 0,
    ),
    column: numbersOf(section, 'split_feature'),
    threshold: [...thresholds, ...none],
    values: [...new Array<number>(inner).fill(0), ...leaves.map((value) => value * share)],
    output,
    ...(counts.length === inner + leaves.length && { cover: counts }),
  };
}

function numbersOf(section: Section, name: string): number[] {
  const text = section.get(name)?.trim() ?? '';
  return text === '' ? [] : text.split(' ').map(Number);
}
