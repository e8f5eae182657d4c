import { setImmediate } from 'node:timers/promises';
import type { AdditiveModel, Link } from '../engines/additive-model.js';
import { Slice } from '../engines/slice.js';
import type { RowSums } from '../engines/trees/tree-ensemble.js';
import { InferenceError, invalid } from '../tensor/errors.js';
import type { Cancellation } from '../tensor/request.js';
import { interventionalEffects } from './interventional.js';
import { linearEffects, linearSums, meanRow } from './linear.js';
import { meanOfTrainingRows, pathDependentEffects } from './path-dependent.js';

/** Maximum error of a sum in a model that adds 32-bit floats, relative to the sum of their absolute values. */
const SUM_TOLERANCE = 1e-5;

/** Maximum relative error of a prediction that is computed from an exact sum with 32-bit floats. */
const LINK_TOLERANCE = 1e-6;

/** Steps for a prediction of one output, in the unit of {@link Slice}. */
const STEPS_PER_PREDICTION = 16;

/** Milliseconds of work on the event loop before other requests get their turns. */
const SLICE_MS = 5;

/** Effect of each feature on each sum of an additive model, relative to a base. */
export interface Effects {
  /** Sums before any feature has an effect, by output. */
  readonly base: Float64Array;
  /** Effects by instance, then by feature, then by output. The base and all effects of an instance add up to its sums. */
  readonly values: Float64Array;
}

/** Methods whose effects are exact. */
export const EXACT_METHODS = ['interventional', 'path_dependent'] as const;

/**
 * How exact effects are computed: with features that are absent replaced by background rows, or with the training rows that
 * trees record.
 */
export type ExactMethod = (typeof EXACT_METHODS)[number];

/** Instances to explain exactly. All rows are concatenated. */
export interface ExactProblem {
  readonly instances: Float64Array;
  /** Predictions of the model itself for the instances. */
  readonly predictions: Float64Array;
  /** Rows that represent absent features. @default - zeros */
  readonly background: Float64Array | undefined;
  /** @default - `path_dependent` for trees that record their training rows if there is no background, or `interventional` */
  readonly method: ExactMethod | undefined;
}

/** Effects that are exact. */
export interface ExactEffects extends Effects {
  readonly method: ExactMethod;
  /** Link between the prediction and what the base and the effects add up to. */
  readonly link: Link;
}

/** Computes exact effects, in this thread or through a call to the thread that has the model. */
export interface ExactExplainer {
  /** Number of features of a row. */
  readonly columns: number;
  /** Number of sums of a row. */
  readonly outputs: number;
  /**
   * Computes effects in slices, so that other requests get their turns.
   *
   * @returns undefined if the effects are not those of the model, because no link gives its predictions
   * @throws InferenceError `INVALID_ARGUMENT` if the model does not have the method, or `CANCELLED`
   */
  explain(problem: ExactProblem, signal: Cancellation): Promise<ExactEffects | undefined>;
}

/** Computes the effects of features from the trees or the weights of a model. All rows are concatenated. */
export class AdditiveExplainer implements ExactExplainer {
  constructor(private readonly model: AdditiveModel) {}

  get columns(): number {
    return this.model.columns;
  }

  get outputs(): number {
    return this.model.outputs;
  }

  /** Whether effects can be computed without background rows. */
  get hasCover(): boolean {
    const { form } = this.model;
    return form.kind === 'trees' && form.hasCover;
  }

  async explain(
    { instances, predictions, background, method }: ExactProblem,
    signal: Cancellation,
  ): Promise<ExactEffects | undefined> {
    const link = await inSlices(this.linkTo(instances, predictions), signal);
    if (link === undefined) return undefined;
    const own = method ?? (background || !this.hasCover ? 'interventional' : 'path_dependent');
    if (own === 'path_dependent' && !this.hasCover) {
      throw invalid('method path_dependent needs trees that record how many training rows reached each node');
    }
    const work =
      own === 'path_dependent'
        ? this.pathDependent(instances)
        : this.interventional(instances, background ?? new Float64Array(this.columns));
    return { ...(await inSlices(work, signal)), method: own, link };
  }

  /**
   * Returns the link between the sums and the predictions of the model for rows. Yields between slices.
   *
   * @param predictions predictions of the model itself, by row
   * @returns undefined if no link gives these predictions, so that the effects are not those of the model
   */
  *linkTo(rows: Float64Array, predictions: Float64Array): Generator<void, Link | undefined> {
    const { columns, outputs, links } = this.model;
    const count = rows.length / columns;
    const width = predictions.length / count;
    // Two classes may have one sum, which is that of the second class.
    const skipped = outputs === 1 && width === 2 ? 1 : 0;
    if (width !== outputs + skipped) return undefined;
    const { sums, magnitudes } = yield* this.sums(this.prepared(rows));
    const slice = new Slice();
    const possible = new Set(links);
    for (let row = 0; row < count && possible.size > 0; row++) {
      const [start, end] = [row * outputs, (row + 1) * outputs];
      const wanted = predictions.subarray(row * width + skipped, (row + 1) * width);
      for (const link of possible) {
        if (!gives(link, sums.subarray(start, end), magnitudes.subarray(start, end), wanted)) possible.delete(link);
        if (slice.fill(STEPS_PER_PREDICTION * (1 + outputs))) yield;
      }
    }
    return links.find((link) => possible.has(link));
  }

  /** Computes effects relative to background rows. Yields between slices. */
  *interventional(instances: Float64Array, background: Float64Array): Generator<void, Effects> {
    const { form, outputs } = this.model;
    const rows = this.prepared(instances);
    const absent = this.prepared(background);
    if (form.kind === 'linear') {
      const means = meanRow(absent, this.model.columns);
      return { base: linearSums(form, means).sums, values: linearEffects(form, rows, means) };
    }
    const { sums } = yield* form.sums(absent);
    return { base: meanRow(sums, outputs), values: yield* interventionalEffects(form, rows, absent) };
  }

  /** Computes effects relative to the training rows of trees that have covers. Yields likewise. */
  *pathDependent(instances: Float64Array): Generator<void, Effects> {
    const { form } = this.model;
    if (form.kind === 'linear') throw new TypeError('a linear model has no paths');
    return { base: meanOfTrainingRows(form), values: yield* pathDependentEffects(form, this.prepared(instances)) };
  }

  private *sums(rows: Float64Array): Generator<void, RowSums> {
    const { form } = this.model;
    return form.kind === 'linear' ? linearSums(form, rows) : yield* form.sums(rows);
  }

  /** Returns rows as the trees or weights get them. */
  private prepared(rows: Float64Array): Float64Array {
    const { scaling, columns, form } = this.model;
    const scaled = scaling
      ? rows.map((value, at) => (value - scaling.offset[at % columns]!) * scaling.scale[at % columns]!)
      : rows;
    return form.kind === 'linear' ? scaled : form.rounded(scaled);
  }
}

/** Runs work slice by slice, so that other requests get their turns. */
async function inSlices<T>(work: Generator<void, T>, signal: Cancellation): Promise<T> {
  for (let start = performance.now(); ; ) {
    const slice = work.next();
    if (slice.done) return slice.value;
    if (performance.now() - start < SLICE_MS) continue;
    await setImmediate();
    if (signal.aborted) throw new InferenceError('CANCELLED', 'the request was cancelled');
    start = performance.now();
  }
}

/** Whether a link gives the wanted predictions for the sums of a row, but for the rounding of 32-bit floats. */
function gives(link: Link, sums: Float64Array, magnitudes: Float64Array, wanted: Float64Array): boolean {
  const predictions = predict(link, sums);
  const largest = magnitudes.reduce((most, each) => Math.max(most, each), 0);
  return predictions.every((prediction, output) => {
    const error = SUM_TOLERANCE * (link === 'softmax' ? largest : magnitudes[output]!);
    const allowed = error * slope(link, prediction) + LINK_TOLERANCE * Math.abs(wanted[output]!);
    return Math.abs(prediction - wanted[output]!) <= allowed;
  });
}

/** Returns how much a prediction changes at most with its sums. */
function slope(link: Link, prediction: number): number {
  if (link === 'identity') return 1;
  if (link === 'log') return prediction;
  // All sums of a softmax change a probability, in both directions.
  return (link === 'softmax' ? 2 : 1) * prediction * (1 - prediction);
}

/** Returns the predictions for the sums of a row. */
function predict(link: Link, sums: Float64Array): Float64Array {
  if (link === 'identity') return sums;
  if (link === 'log') return sums.map(Math.exp);
  if (link === 'logit') return sums.map((sum) => 1 / (1 + Math.exp(-sum)));
  const max = sums.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY);
  const powers = sums.map((sum) => Math.exp(sum - max));
  const total = powers.reduce((sum, each) => sum + each, 0);
  return powers.map((power) => power / total);
}
