export * from './manifest/index.js';
export { DATATYPES, type Datatype, type TensorData } from './tensor/datatype.js';
export { InferenceError, type StatusCode } from './tensor/errors.js';
export type {
  CallTrace,
  Cancellation,
  HeldBytes,
  InferenceRequest,
  InferenceResponse,
  RequestTrace,
  TextOptions,
  TextUsage,
} from './tensor/request.js';
export type { GraphTensor, Signature, Tensor, TensorSpec } from './tensor/tensor.js';
