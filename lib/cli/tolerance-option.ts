import { InvalidArgumentError } from 'commander';
import { DEFAULT_TOLERANCE, type Tolerance } from '../pack/options.js';

/** Parses a tolerance, such as `1e-5,1e-4`. */
export function tolerance(value: string): Tolerance {
  const numbers = value.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [absolute, relative = DEFAULT_TOLERANCE.relative] = numbers as [number, number?];
  if (numbers.length > 2 || ![absolute, relative].every((number) => Number.isFinite(number) && number >= 0)) {
    throw new InvalidArgumentError('Write two numbers that are not negative, such as 1e-5,1e-4.');
  }
  return { absolute, relative };
}
