export * from './cloud-run-options.js';
export * from './gpu.js';
export * from './props.js';
export * from './serverless-model.js';
