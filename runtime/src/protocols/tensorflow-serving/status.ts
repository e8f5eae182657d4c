import type { ModelCatalog } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import type { Datatype } from '../../tensor/datatype.js';
import { InferenceError } from '../../tensor/errors.js';
import type { TensorSpec } from '../../tensor/tensor.js';
import { type ModelSpec, versionOfLabel } from './paths.js';

/** Names of the datatypes in TensorFlow's enumeration. */
export const TENSORFLOW_TYPES: Record<Datatype, string> = {
  BOOL: 'DT_BOOL',
  UINT8: 'DT_UINT8',
  UINT16: 'DT_UINT16',
  UINT32: 'DT_UINT32',
  UINT64: 'DT_UINT64',
  INT8: 'DT_INT8',
  INT16: 'DT_INT16',
  INT32: 'DT_INT32',
  INT64: 'DT_INT64',
  FP16: 'DT_HALF',
  BF16: 'DT_BFLOAT16',
  FP32: 'DT_FLOAT',
  FP64: 'DT_DOUBLE',
  BYTES: 'DT_STRING',
};

/** Method name of signatures of other formats than SavedModel. */
const PREDICT_METHOD = 'tensorflow/serving/predict';

/** State of one version, as the REST and the gRPC API return it. */
export interface VersionStatus {
  readonly version: string;
  readonly state: ServedModel['state'];
  readonly status: { readonly error_code: string; readonly error_message: string };
}

/** Returns the states of the versions that `spec` selects. @throws InferenceError `NOT_FOUND` */
export function versionStatuses(models: ModelCatalog, spec: ModelSpec): VersionStatus[] {
  const versions = models.versions(spec.name);
  if (versions.length === 0) {
    throw new InferenceError('NOT_FOUND', `Could not find any versions of model ${spec.name}`);
  }
  const wanted = spec.label === undefined ? spec.version : versionOfLabel(models, spec.name, spec.label);
  const chosen = wanted === undefined ? versions : versions.filter((model) => model.version === wanted);
  if (chosen.length === 0) {
    throw new InferenceError('NOT_FOUND', `Could not find version ${wanted} of model ${spec.name}`);
  }
  return chosen.map(({ version, state, failure }) => ({
    version,
    state,
    status:
      failure === undefined
        ? { error_code: 'OK', error_message: '' }
        : { error_code: 'UNKNOWN', error_message: failure },
  }));
}

export function encodeStatus(statuses: readonly VersionStatus[]): string {
  return `${JSON.stringify({ model_version_status: statuses }, null, 1)}\n`;
}

/** Encodes all signatures of a model, in the layout of TensorFlow Serving. */
export function encodeMetadata(model: ServedModel): string {
  const spec = { name: model.name, signature_name: '', version: model.version };
  const map = { signature_def: signatureDefinitions(model) };
  return (
    `{\n"model_spec":${JSON.stringify(spec, null, 1)}\n,\n` +
    `"metadata": {"signature_def": ${JSON.stringify(map, null, 1)}\n}\n}\n`
  );
}

/** Returns the signatures of a model as TensorFlow messages, by name. */
export function signatureDefinitions(model: ServedModel): object {
  const signatures = Object.entries(model.signatures).map(([name, { inputs, outputs, methodName }]) => [
    name,
    {
      inputs: tensorInfos(inputs),
      outputs: tensorInfos(outputs),
      method_name: methodName ?? PREDICT_METHOD,
      defaults: {},
    },
  ]);
  return Object.fromEntries(signatures);
}

function tensorInfos(specs: readonly TensorSpec[]): object {
  return Object.fromEntries(
    specs.map(({ name, datatype, shape, graph, unknownRank = graph?.unknownRank ?? false }) => {
      const dim = unknownRank ? [] : shape.map((size) => ({ size: String(size), name: '' }));
      const tensor_shape = { dim, unknown_rank: unknownRank };
      return [name, { dtype: TENSORFLOW_TYPES[datatype], tensor_shape, name: graph?.name ?? name }];
    }),
  );
}
