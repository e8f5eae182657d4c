export { encodeInferRequestJson, encodeSamples, openInference, type Sample } from './open-inference/index.js';
export type { ModelCatalog } from './protocol.js';
export { type ProtocolOptions, protocols } from './protocols.js';
export type { VertexRoutes } from './vertex-ai.js';
