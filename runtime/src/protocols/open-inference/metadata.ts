import { MODEL_FORMATS, type ModelFormat } from '../../manifest/index.js';
import type { ModelCatalog } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import type { TensorSpec } from '../../tensor/tensor.js';
import { RUNTIME_VERSION } from '../../version.js';

const EXTENSIONS = ['binary_tensor_data', 'classification', 'model_configuration', 'model_repository', 'statistics'];

/** Platform name that clients expect for each model format. */
const PLATFORMS: Record<ModelFormat, string> = {
  onnx: 'onnx_onnxv1',
  saved_model: 'tensorflow_savedmodel',
  torchscript: 'pytorch_torchscript',
  exported_program: 'pytorch_exportedprogram',
  torch_pickle: 'pytorch_pickle',
  pickle: 'python_pickle',
  skops: 'python_skops',
  lightgbm: 'lightgbm',
  xgboost: 'xgboost',
  catboost: 'catboost',
  npz: 'modelship_npz',
  handler: 'python_handler',
};

/** Returns the format of a model from the platform name in the metadata of this server, or undefined for another name. */
export function formatOfPlatform(platform: unknown): ModelFormat | undefined {
  return MODEL_FORMATS.find((format) => PLATFORMS[format] === platform);
}

export function serverMetadata(): object {
  return { name: 'modelship', version: RUNTIME_VERSION, extensions: EXTENSIONS };
}

/** Returns the metadata of a model. By the digest of its package a caller knows which version responds. */
export function modelMetadata(models: ModelCatalog, model: ServedModel): object {
  const { inputs, outputs } = model.signatures.serving_default!;
  return {
    name: model.name,
    versions: models.versions(model.name).map(({ version }) => version),
    platform: PLATFORMS[model.manifest.format],
    inputs: inputs.map(tensorMetadata),
    outputs: outputs.map(tensorMetadata),
    parameters: { digest: model.manifest.digest },
  };
}

/**
 * Returns the model configuration in Triton's format. The shape includes the batch dimension, so `max_batch_size` is 0.
 */
export function modelConfiguration(model: ServedModel): object {
  const { inputs, outputs } = model.signatures.serving_default!;
  return {
    name: model.name,
    platform: PLATFORMS[model.manifest.format],
    max_batch_size: 0,
    input: inputs.map(tensorConfiguration),
    output: outputs.map(tensorConfiguration),
  };
}

function tensorMetadata({ name, datatype, shape, unused }: TensorSpec): object {
  return { name, datatype, shape, ...(unused && { parameters: { unused } }) };
}

function tensorConfiguration({ name, datatype, shape }: TensorSpec): object {
  return { name, data_type: datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}`, dims: shape };
}
