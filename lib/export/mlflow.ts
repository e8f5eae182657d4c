import { closeSync, openSync, readSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { Datatype } from '@modelship/runtime';
import type { ManifestTensor, ModelFormat } from '@modelship/runtime/manifest';
import type { Model } from '../model/model.js';
import { artifactFiles, type LayoutFile } from '../serving/servers/model-layout.js';
import { checkFormat } from './formats.js';

/** Version of MLflow whose layout is written. */
const MLFLOW_VERSION = '3.17.2';

/** A flavor of MLflow for a format. */
interface Flavor {
  readonly name: string;
  /** Packages that MLflow loads the model with, if the package pins none. */
  readonly packages: readonly string[];
  /** Whether MLflow calls the model by the names of its tensors only. @default false */
  readonly takesNames?: boolean;
  /** Returns the name of the model in the folder. */
  file(model: Model): string;
  /** Returns the settings of the flavor, and those of MLflow's own server. */
  settings(model: Model, file: string): { readonly flavor: object; readonly served: object };
}

const FLAVORS: Partial<Record<ModelFormat, Flavor>> = {
  onnx: {
    name: 'onnx',
    packages: ['onnx', 'onnxruntime'],
    file: () => 'model.onnx',
    settings: (_, data) => ({
      flavor: { data, code: null, onnx_session_options: null, providers: ['CPUExecutionProvider'] },
      served: { data },
    }),
  },
  skops: {
    name: 'sklearn',
    packages: ['scikit-learn', 'skops'],
    file: () => 'model.skops',
    settings: ({ manifest }, file) => ({
      flavor: { pickled_model: file, serialization_format: 'skops', skops_trusted_types: null, code: null },
      served: { model_path: file, predict_fn: onlyScores(manifest.outputs) ? 'predict_proba' : 'predict' },
    }),
  },
  lightgbm: {
    name: 'lightgbm',
    packages: ['lightgbm'],
    file: () => 'model.lgb',
    settings: (_, data) => ({
      flavor: { data, model_class: 'lightgbm.basic.Booster', code: null },
      served: { data },
    }),
  },
  xgboost: {
    name: 'xgboost',
    packages: ['xgboost'],
    // XGBoost detects the format by the extension.
    file: (model) => (isJson(join(model.directory, model.manifest.artifact)) ? 'model.json' : 'model.ubj'),
    settings: ({ manifest }, data) => {
      const isClassifier = manifest.outputs[0]!.name === 'label';
      const kind = isClassifier ? 'xgboost.sklearn.XGBClassifier' : 'xgboost.core.Booster';
      return { flavor: { data, model_class: kind, code: null }, served: { data } };
    },
  },
  saved_model: {
    name: 'tensorflow',
    packages: ['tensorflow'],
    takesNames: true,
    file: () => 'model',
    settings: (_, folder) => ({
      flavor: {
        saved_model_dir: folder,
        model_type: 'tf1-estimator',
        meta_graph_tags: ['serve'],
        signature_def_key: 'serving_default',
        code: null,
      },
      served: {},
    }),
  },
};

/**
 * Returns the files of a model folder of MLflow.
 *
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if no flavor loads the format
 */
export function mlflowLayout(model: Model): readonly LayoutFile[] {
  const { format, inputs, outputs, requirements } = model.manifest;
  checkFormat(model, Object.keys(FLAVORS), 'MLflow');
  const found = FLAVORS[format]!;
  const file = found.file(model);
  const { flavor, served } = found.settings(model, file);
  const description = {
    flavors: { [found.name]: flavor, python_function: { loader_module: `mlflow.${found.name}`, ...served } },
    mlflow_version: MLFLOW_VERSION,
    signature: { inputs: schema(inputs, found.takesNames), outputs: schema(outputs, found.takesNames), params: null },
  };
  return [
    // JSON is YAML, too.
    { path: 'MLmodel', content: `${JSON.stringify(description, null, 2)}\n` },
    {
      path: 'requirements.txt',
      content: `${[`mlflow==${MLFLOW_VERSION}`, ...(requirements ?? found.packages)].join('\n')}\n`,
    },
    ...artifactFiles(model).map((each) => ({ ...each, path: posix.join(file, each.path) })),
  ];
}

function onlyScores(outputs: readonly ManifestTensor[]): boolean {
  return outputs.length === 1 && outputs[0]!.name === 'probabilities';
}

/** NumPy's names of datatypes that differ from the lower-case name. */
const NUMPY_TYPES: Partial<Record<Datatype, string>> = {
  BYTES: 'str',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
};

/**
 * Returns a schema of MLflow as JSON: columns with the labels of a single table, or tensors.
 *
 * @param takesNames whether a single tensor has a name, too
 */
function schema(tensors: readonly ManifestTensor[], takesNames = false): string {
  const [only] = tensors;
  if (tensors.length === 1 && only!.labels && only!.datatype === 'FP64' && only!.shape.length === 2) {
    return JSON.stringify(only!.labels.map((name) => ({ type: 'double', name, required: true })));
  }
  return JSON.stringify(
    tensors.map(({ name, datatype, shape }) => ({
      type: 'tensor',
      'tensor-spec': { dtype: NUMPY_TYPES[datatype] ?? datatype.toLowerCase(), shape },
      // A request without names fits a single tensor only if it has none.
      ...((takesNames || tensors.length > 1) && { name }),
    })),
  );
}

function isJson(path: string): boolean {
  const start = Buffer.alloc(2);
  const descriptor = openSync(path, 'r');
  readSync(descriptor, start, 0, start.length, 0);
  closeSync(descriptor);
  // UBJSON has the type of a name's length after the brace.
  return start.toString('latin1') !== '{L';
}
