export type { ModelCapture } from './capture.js';
export type { ModelGuards } from './guards.js';
export { Model, type ModelOptions } from './model.js';
export { Signer } from './signer.js';
