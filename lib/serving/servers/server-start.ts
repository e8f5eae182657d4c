import { START_SECONDS } from '@modelship/runtime/contract';
import type { ModelServer } from './model-server.js';

/** Time to download the weights of a language model from a hub or a bucket, and to load them onto the GPU. */
const FETCH_SECONDS = 1800;

/** Returns the default start timeout in seconds. A server that downloads its model by itself has more time. */
export function startSeconds({ spec: { source } }: ModelServer): number {
  return source === undefined || source.kind === 'folder' ? START_SECONDS : FETCH_SECONDS;
}
