export {
  type Manifest,
  type ManifestTensor,
  ModelPackageError,
  type PackageErrorCode,
} from '@modelship/runtime/manifest';
export * from './model/index.js';
export * from './serving/index.js';
