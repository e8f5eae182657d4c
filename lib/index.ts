export { type Manifest, ModelPackageError, type PackageErrorCode } from '@modelship/runtime/manifest';
export * from './model/index.js';
export * from './serving/index.js';
