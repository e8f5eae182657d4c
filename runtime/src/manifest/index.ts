export { hasClasses } from '../tensor/classes.js';
export { columnsOf } from '../tensor/columns.js';
export { datatypesThatFit } from '../tensor/convert.js';
export { fileDigests, packageDigest } from './digest.js';
export { type Bytes, FileBytes } from './file-bytes.js';
export { fileOperators } from './file-operators.js';
export { checkOnnx, decompressedStart, detectFormat, isZip, SAVED_MODEL_GRAPH } from './format.js';
export { HANDLER_SIGNATURES, REQUEST_SIGNATURE } from './handler.js';
export { checkIdentity } from './identity.js';
export { IMAGE_INPUT, isImageTask, isTextTask, PIXEL_MASK } from './image-task.js';
export { needsPython } from './needs-python.js';
export { externalData } from './onnx-external-data.js';
export { onnxMetadata } from './onnx-metadata.js';
export { namesWithShape } from './onnx-shapes.js';
export { ModelPackageError, type PackageErrorCode } from './package-error.js';
export { parseManifest, readManifest } from './read.js';
export { furtherModels } from './read-text-task.js';
export { Redaction } from './redaction.js';
export {
  AGGREGATIONS,
  type Aggregation,
  BACKGROUND_FILE,
  type EmbedTask,
  type FillMaskTask,
  HANDLER_KINDS,
  type Handler,
  type HandlerKind,
  type ImageClassificationTask,
  type ImageEmbeddingTask,
  type ImageInput,
  type ImageSegmentationTask,
  type ImageStep,
  type ImageTask,
  type LineInput,
  MANIFEST_FILE,
  type Manifest,
  type ManifestTensor,
  MODEL_FORMATS,
  type ModelFormat,
  type ModelOrigin,
  type ObjectDetectionTask,
  type PackageFile,
  PICKLE_FORMATS,
  type Pooling,
  type QuestionAnsweringTask,
  REFERENCE_FILE,
  RESIZE_FILTERS,
  type ReadTextTask,
  type RecommendTask,
  type RerankTask,
  type ResizeFilter,
  SAMPLES_FILE,
  type Side,
  type StepFilter,
  TABULAR_FORMATS,
  type Task,
  type TextClassificationTask,
  type TextTask,
  type TextTokenizer,
  type TokenClassificationTask,
  type Trust,
  trustFor,
  type ZeroShotClassificationTask,
} from './schema.js';
export { signaturesOf, withInputRules } from './signatures.js';
export {
  type ModelTask,
  RECOMMEND_SIGNATURE,
  type TaskSignature,
  TENSORS_SIGNATURE,
  type TokenInput,
  taskSignature,
} from './task.js';
export { fileSha256, fileSha256Sync, verifyFiles } from './verify.js';
export { DEFLATED, type ZipEntry, zipContentOffset, zipEntries } from './zip.js';
