export * from './access.js';
export * from './image-architecture.js';
export * from './image-source.js';
export * from './props.js';
export * from './rollout.js';
export * from './servers/model-server.js';
export * from './throttle.js';
export type { FaultCode } from './validation/fault-codes.js';
export { type Fault, ValidationError } from './validation/validator.js';
