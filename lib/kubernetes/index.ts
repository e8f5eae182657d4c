export * from './exposure.js';
export * from './inference-service.js';
export * from './model-volume.js';
export * from './model-workload.js';
export * from './model-workload-props.js';
