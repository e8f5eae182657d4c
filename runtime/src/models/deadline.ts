import { InferenceError } from '../tensor/errors.js';
import type { Cancellation } from '../tensor/request.js';

/**
 * Makes several calls that share one timeout. `calls` makes no further call once its argument is aborted.
 *
 * @throws InferenceError `DEADLINE_EXCEEDED` after the timeout, or what `calls` throws
 */
export async function withinTimeout<T>(seconds: number, calls: (hold: Cancellation) => Promise<T>): Promise<T> {
  const hold = { aborted: false };
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      hold.aborted = true;
      reject(new InferenceError('DEADLINE_EXCEEDED', `no response within ${seconds} s`));
    }, seconds * 1000);
  });
  return Promise.race([calls(hold), overdue]).finally(() => clearTimeout(timer));
}
