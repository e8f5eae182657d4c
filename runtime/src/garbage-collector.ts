import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Returns a function that frees the memory of tensors and buffers that are no longer used. V8 collects them late,
 * because they take little memory of its own heap. The function blocks its thread for some milliseconds.
 */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
