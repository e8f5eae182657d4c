import { BATCH_WINDOW_MS, ENVIRONMENT } from '@modelship/runtime/contract';

/** Returns a note on the longest time that another server waits for a batch. @param milliseconds 0 for none */
export function batchWindowNotes(setting: string, milliseconds: number): string[] {
  if (!(milliseconds > 0)) return [];
  const window = Math.min(BATCH_WINDOW_MS.max, Math.max(BATCH_WINDOW_MS.min, Math.round(milliseconds)));
  return [`${setting}: set ${ENVIRONMENT.batchWindowMs}=${window} for the server`];
}

/** Returns a note on a size of batches that another server is set to. */
export function batchSizeNotes(setting: string, isSet: boolean): string[] {
  return isSet ? [`${setting}: the server measures the largest useful batch when it loads the model`] : [];
}
