import type { AdditiveModel, Link } from '../engines/additive-model.js';
import { Slice } from '../engines/slice.js';
import type { RowSums } from '../engines/trees/tree-ensemble.js';
import { interventionalEffects } from './interventional.js';
import { linearEffects, linearSums, meanRow } from './linear.js';
import { meanOfTrainingRows, pathDependentEffects } from './path-dependent.js';

/** Maximum error of a sum in a model that adds 32-bit floats, relative to the sum of their absolute values. */
const SUM_TOLERANCE = 1e-5;

/** Maximum relative error of a prediction that is computed from an exact sum with 32-bit floats. */
const LINK_TOLERANCE = 1e-6;

/** Steps for a prediction of one output, in the unit of {@link Slice}. */
const STEPS_PER_PREDICTION = 16;

/** Effect of each feature on each sum of an additive model, relative to a base. */
export interface Effects {
  /** Sums before any feature has an effect, by output. */
  readonly base: Float64Array;
  /** Effects by instance, then by feature, then by output. The base and all effects of an instance add up to its sums. */
  readonly values: Float64Array;
}

/** Computes the effects of features from the trees or the weights of a model. All rows are concatenated. */
export class AdditiveExplainer {
  constructor(private readonly model: AdditiveModel) {}

  /** Number of features of a row. */
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
      const means = meanRow(absent, form.coefficients.length / outputs);
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
