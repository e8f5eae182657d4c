export { decodeInferRequest } from './infer-request.js';
export { openInference } from './rest.js';
export { decodeSamples, encodeInferRequestJson, encodeSamples, type Sample } from './samples.js';
export { inferTyped } from './typed-binary.js';
