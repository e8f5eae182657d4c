export { openInference } from './rest.js';
export { inferTyped } from './typed-binary.js';
