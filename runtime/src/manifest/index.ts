export { packageDigest } from './digest.js';
export { detectFormat } from './format.js';
export { checkIdentity } from './identity.js';
export { externalData } from './onnx-external-data.js';
export { ModelPackageError, type PackageErrorCode } from './package-error.js';
export { parseManifest, readManifest } from './read.js';
export {
  MANIFEST_FILE,
  type Manifest,
  MODEL_FORMATS,
  type ModelFormat,
  type PackageFile,
  PICKLE_FORMATS,
  SAMPLES_FILE,
} from './schema.js';
export { fileSha256, verifyFiles } from './verify.js';
