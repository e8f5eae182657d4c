export {
  decodeInferRequest,
  type InferRequest,
  type Parameters,
  type RequestedOutput,
  readInferRequest,
} from './infer-request.js';
export { infer, openInference } from './rest.js';
export { decodeSamples, encodeInferRequestJson, encodeSamples, type Sample } from './samples.js';
