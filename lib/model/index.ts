export { Model, type ModelOptions } from './model.js';
export { Signer } from './signer.js';
