export { Exposure } from '../kubernetes/exposure.js';
export * from './aks-options.js';
export * from './azure-image.js';
export * from './container-model.js';
export * from './managed-endpoint-model.js';
export * from './props.js';
