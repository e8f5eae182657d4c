import { invalid } from '../errors.js';
import type { TextOptions } from '../request.js';
import type { Parameters } from './request-parts.js';

type Reader = (value: string | number | boolean, name: string) => unknown;

const boolean: Reader = (value, name) => {
  if (typeof value === 'boolean') return value;
  throw invalid(`parameter ${name} must be true or false, got ${JSON.stringify(value)}`);
};

const string: Reader = (value, name) => {
  if (typeof value === 'string') return value;
  throw invalid(`parameter ${name} must be a string, got ${JSON.stringify(value)}`);
};

const count: Reader = (value, name) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw invalid(`parameter ${name} must be a positive whole number, got ${JSON.stringify(value)}`);
};

const oneOf =
  (...allowed: readonly string[]): Reader =>
  (value, name) => {
    if (allowed.includes(value as string)) return value;
    throw invalid(`parameter ${name} must be ${allowed.join(', ')}, got ${JSON.stringify(value)}`);
  };

/** Option of each parameter, and how its value is read. */
const OPTIONS: Readonly<Record<string, readonly [option: keyof TextOptions, read: Reader]>> = {
  truncate: ['truncate', boolean],
  truncation_direction: ['truncationSide', oneOf('left', 'right')],
  prompt_name: ['promptName', string],
  normalize: ['normalize', boolean],
  dimensions: ['dimensions', count],
  activation: ['activation', oneOf('none', 'sigmoid', 'softmax')],
  aggregation_strategy: ['aggregation', oneOf('none', 'simple', 'first', 'average', 'max')],
  hypothesis_template: ['hypothesisTemplate', string],
  multi_label: ['multiLabel', boolean],
  top_k: ['topK', count],
};

/**
 * Reads the options of models that take texts from the parameters of a request. Other parameters are ignored, as the
 * protocol requires.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if a value is invalid
 */
export function textOptions(parameters: Parameters): TextOptions {
  const options: Partial<Record<keyof TextOptions, unknown>> = {};
  for (const [name, value] of parameters) {
    const found = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (found) options[found[0]] = found[1](value, name);
  }
  return options as TextOptions;
}
