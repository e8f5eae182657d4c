export type { GrpcService } from './grpc-service.js';
export { asInferenceError } from './handled.js';
export {
  decodeInferRequest,
  decodeSamples,
  encodeInferRequestJson,
  encodeSamples,
  openInference,
  type Sample,
} from './open-inference/index.js';
export type { ModelCatalog, ModelState, Protocol, ServedModel } from './protocol.js';
export { type ProtocolOptions, protocols } from './protocols.js';
export type { VertexRoutes } from './vertex-ai.js';
