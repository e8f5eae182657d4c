export {
  decodeInferRequest,
  type InferRequest,
  readInferRequest,
} from './infer-request.js';
export type { Parameters, RequestedOutput } from './request-parts.js';
export { infer, openInference } from './rest.js';
export { decodeSamples, encodeInferRequestJson, encodeSamples, type Sample } from './samples.js';
