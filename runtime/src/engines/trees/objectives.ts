import { argmax } from '../../tensor/argmax.js';
import type { Link } from '../additive-model.js';
import { expf, logf } from './libm.js';

/** How XGBoost turns the sums of trees into predictions. All numbers are 32-bit floats. */
export interface Objective {
  /** Name of the output. @default 'prediction' */
  readonly output?: string;
  /** Returns the sum of a row without trees for the base score in the file. @default - the base score itself */
  readonly margin?: (baseScore: number) => number;
  /** Turns the sums of a row into its predictions, in place. @default - the sums are the predictions */
  readonly transform?: (sums: Float32Array) => void;
  /** Link of the sums to the predictions. @default - the predictions do not determine the sums */
  readonly link?: Link;
  /** Whether a row has one prediction, the first, however many sums it has. @default false */
  readonly isSingle?: boolean;
}

const { fround } = Math;

/** XGBoost limits exponents to it, so that no exponential is infinite. */
const MAX_EXPONENT = fround(88.7);

const IDENTITY: Objective = { link: 'identity' };
const LOGISTIC: Objective = {
  link: 'logit',
  margin: (score) => -logf(fround(fround(1 / score) - 1)),
  transform: each((sum) => 1 / fround(expf(Math.min(-sum, MAX_EXPONENT)) + 1)),
};
const EXPONENTIAL: Objective = { link: 'log', margin: logf, transform: each(expf) };

/** Objectives whose predictions are computed exactly as XGBoost computes them. */
export const OBJECTIVES: ReadonlyMap<string, Objective> = new Map<string, Objective>([
  ['reg:squarederror', IDENTITY],
  ['reg:squaredlogerror', IDENTITY],
  ['reg:pseudohubererror', IDENTITY],
  ['reg:absoluteerror', IDENTITY],
  ['reg:quantileerror', IDENTITY],
  ['rank:pairwise', IDENTITY],
  ['rank:ndcg', IDENTITY],
  ['rank:map', IDENTITY],
  ['reg:logistic', LOGISTIC],
  ['binary:logistic', { ...LOGISTIC, output: 'probability' }],
  ['binary:hinge', { transform: each((sum) => (sum > 0 ? 1 : 0)) }],
  ['count:poisson', EXPONENTIAL],
  ['reg:gamma', EXPONENTIAL],
  ['reg:tweedie', EXPONENTIAL],
  ['multi:softprob', { link: 'softmax', output: 'probabilities', transform: softmax }],
  ['multi:softmax', { transform: largest, isSingle: true }],
]);

function each(change: (sum: number) => number): (sums: Float32Array) => void {
  return (sums) => {
    for (let index = 0; index < sums.length; index++) sums[index] = change(sums[index]!);
  };
}

function softmax(sums: Float32Array): void {
  const max = sums[argmax(sums)]!;
  // XGBoost sums the exponentials in 64 bits.
  let total = 0;
  for (let index = 0; index < sums.length; index++) {
    sums[index] = expf(fround(sums[index]! - max));
    total += sums[index]!;
  }
  const divisor = fround(total);
  for (let index = 0; index < sums.length; index++) sums[index]! /= divisor;
}

/** Replaces the first sum by the class with the largest one. */
function largest(sums: Float32Array): void {
  sums[0] = argmax(sums);
}
