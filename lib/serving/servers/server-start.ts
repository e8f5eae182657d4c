import { START_SECONDS } from '@modelship/runtime/contract';
import type { ModelServer } from './model-server.js';

/** What the weights of a language model may take from a hub or a bucket, and to the GPU. */
const FETCH_SECONDS = 1800;

/** Seconds that a server may take to start if nothing is said: more for one that fetches its model by itself. */
export function startSeconds({ spec: { source } }: ModelServer): number {
  return source === undefined || source.kind === 'folder' ? START_SECONDS : FETCH_SECONDS;
}
