export { DATATYPES, type Datatype, type TensorData } from './inference/datatype.js';
export { InferenceError, type StatusCode } from './inference/errors.js';
export type { InferenceRequest, InferenceResponse } from './inference/request.js';
export type { Signature, Tensor, TensorSpec } from './inference/tensor.js';
export * from './manifest/index.js';
