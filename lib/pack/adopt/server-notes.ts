import { ENVIRONMENT } from '@modelship/runtime/contract';

/** Returns a note on the longest time that another server waits for a batch. @param milliseconds 0 for none */
export function batchWindowNotes(setting: string, milliseconds: number): string[] {
  return milliseconds > 0 ? [`${setting}: set ${ENVIRONMENT.batchWindowMs}=${milliseconds} for the server`] : [];
}

/** Returns a note on a size of batches that another server is set to. */
export function batchSizeNotes(setting: string, isSet: boolean): string[] {
  return isSet ? [`${setting}: the server measures the largest useful batch when it loads the model`] : [];
}
