export { decodeInferRequest } from './infer-request.js';
export { JSON_LENGTH_HEADER } from './infer-response.js';
export { infer, openInference } from './rest.js';
export { decodeSamples, encodeInferRequestJson, encodeSamples, type Sample } from './samples.js';
