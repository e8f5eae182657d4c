import { openInference } from './open-inference/index.js';
import type { Protocol } from './protocol.js';
import { tensorFlowServing } from './tensorflow-serving/index.js';

/** What may differ from one host to another. */
export type ProtocolOptions = Readonly<Record<string, never>>;

/** All the protocols, in the order of precedence: where two have the same route, the first answers. */
export function protocols(_options: ProtocolOptions = {}): readonly Protocol[] {
  return [tensorFlowServing(), openInference()];
}
