import type { AdditiveModel, Link } from '../engines/additive-model.js';
import { interventionalEffects } from './interventional.js';
import { linearEffects, linearSums } from './linear.js';
import { meanOfTrainingRows, pathDependentEffects } from './path-dependent.js';

/** Largest difference of a prediction from that of the model, which may compute with 32-bit floats. */
const TOLERANCE = 1e-4;

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
   * Returns the link between the sums and the predictions of the model for rows.
   *
   * @param predictions predictions of the model itself, by row
   * @returns undefined if no link gives these predictions, so that the effects are not those of the model
   */
  linkTo(rows: Float64Array, predictions: Float64Array): Link | undefined {
    const { columns, outputs, links } = this.model;
    const count = rows.length / columns;
    const width = predictions.length / count;
    // Two classes may have one sum, which is that of the second class.
    const skipped = outputs === 1 && width === 2 ? 1 : 0;
    if (width !== outputs + skipped) return undefined;
    const sums = this.sums(this.prepared(rows));
    return links.find((link) => {
      for (let row = 0; row < count; row++) {
        const own = predict(link, sums.subarray(row * outputs, (row + 1) * outputs));
        for (let output = 0; output < outputs; output++) {
          const wanted = predictions[row * width + skipped + output]!;
          const isNear = Math.abs(own[output]! - wanted) <= TOLERANCE * Math.max(1, Math.abs(wanted));
          if (!isNear) return false;
        }
      }
      return true;
    });
  }

  /** Computes effects relative to background rows. Yields between slices of some milliseconds. */
  *interventional(instances: Float64Array, background: Float64Array): Generator<void, Effects> {
    const { form, outputs } = this.model;
    const rows = this.prepared(instances);
    const absent = this.prepared(background);
    const sums = this.sums(absent);
    const base = new Float64Array(outputs);
    for (let at = 0; at < sums.length; at++) base[at % outputs]! += (sums[at]! * outputs) / sums.length;
    const values =
      form.kind === 'linear' ? linearEffects(form, rows, absent) : yield* interventionalEffects(form, rows, absent);
    return { base, values };
  }

  /** Computes effects relative to the training rows of trees that have covers. Yields likewise. */
  *pathDependent(instances: Float64Array): Generator<void, Effects> {
    const { form } = this.model;
    if (form.kind === 'linear') throw new TypeError('a linear model has no paths');
    return { base: meanOfTrainingRows(form), values: yield* pathDependentEffects(form, this.prepared(instances)) };
  }

  private sums(rows: Float64Array): Float64Array {
    const { form } = this.model;
    return form.kind === 'linear' ? linearSums(form, rows) : form.sums(rows);
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
