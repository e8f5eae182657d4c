export * from './azure-image.js';
export * from './managed-endpoint-model.js';
export * from './props.js';
