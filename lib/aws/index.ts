export * from './endpoint-data-capture.js';
export * from './endpoint-explanations.js';
export * from './endpoint-mode.js';
export * from './endpoint-model-data.js';
export { AwsImage } from './image-source.js';
export { ManagedEndpointModel } from './managed-endpoint-model.js';
export * from './managed-endpoint-props.js';
export * from './rolling-update.js';
