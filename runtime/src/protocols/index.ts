export { openInference } from './open-inference/index.js';
export { type ProtocolOptions, protocols } from './protocols.js';
export type { VertexRoutes } from './vertex-ai.js';
