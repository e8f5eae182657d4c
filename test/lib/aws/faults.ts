import { ValidationError } from '../../../lib/serving/validation/validator.js';

/** `prop: CODE` of everything that is wrong with what `make` makes. */
export function faultsOf(make: () => unknown): string[] {
  try {
    make();
  } catch (error) {
    if (error instanceof ValidationError) return error.faults.map(({ prop, code }) => `${prop}: ${code}`);
    throw error;
  }
  return [];
}
