import type { LoadReport } from '../bench/load.js';
import { CommandFailure } from './failure.js';

/** Returns the failure of a command that was interrupted before it had figures. */
export function interrupted(): CommandFailure {
  return new CommandFailure('INTERRUPTED', 'interrupted before the measurement: there are no figures.');
}

/** @throws CommandFailure `REFUSED` if the server answered a request of the load with an error */
export function rejectFailures({ failures, requests }: LoadReport): void {
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
  if (failed === 0) return;
  const statuses = Object.keys(failures).join(', ');
  throw new CommandFailure('REFUSED', `${failed} of ${requests} requests failed with status ${statuses}.`);
}
