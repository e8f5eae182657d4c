export { isInferRequest } from './json-request.js';
export { infer, openInference } from './rest.js';
export { inferTyped } from './typed-binary.js';
