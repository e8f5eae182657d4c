import type { Signature, Tensor } from '@modelship/runtime';
import { parseExact } from '../json/exact-json.js';
import { sampleTensors, tensorsOfOpenInference } from '../pack/index.js';

/** Reads the outputs in a response of the Open Inference Protocol, in the order of the signature. */
export function inferOutputs(text: string, { outputs: specs }: Signature): Tensor[] {
  const { outputs } = parseExact(text, true) as { outputs: Parameters<typeof tensorsOfOpenInference>[0] };
  return sampleTensors(tensorsOfOpenInference(outputs), specs, 'the response');
}
