export { Exposure } from '../kubernetes/exposure.js';
export * from './aks-options.js';
export * from './api-management-gateway.js';
export * from './azure-image.js';
export * from './container-model.js';
export * from './managed-endpoint-model.js';
export * from './props.js';
export * from './serverless-host.js';
export * from './serverless-model.js';
