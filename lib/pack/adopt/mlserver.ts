import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { type Adopted, type ForeignTool, namedFile } from './adopted.js';
import { mlflow } from './mlflow.js';

/** File with the settings of a model. */
const SETTINGS_FILE = 'model-settings.json';

/** Usual names of the model in a folder without `uri`, by the runtime of MLServer that loads it. */
const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  'mlserver_sklearn.SKLearnModel': ['model.joblib', 'model.pickle', 'model.pkl'],
  'mlserver_xgboost.XGBoostModel': ['model.json', 'model.ubj', 'model.bst'],
  'mlserver_lightgbm.LightGBMModel': ['model.bst', 'model.txt'],
  'mlserver_catboost.CatboostModel': ['model.cbm', 'model.bin'],
  'mlserver_onnx.OnnxModel': ['model.onnx'],
  'mlserver_mlflow.MLflowRuntime': ['.'],
};

interface Settings {
  readonly name?: string;
  readonly implementation?: string;
  readonly inputs?: unknown;
  readonly max_batch_size?: number;
  readonly max_batch_time?: number;
  readonly parallel_workers?: number;
  readonly parameters?: { readonly uri?: string; readonly version?: string; readonly extra?: object };
}

/** Reads a model of MLServer, which KServe uses too. */
export const mlserver: ForeignTool = {
  name: 'MLServer',
  id: 'mlserver',
  recognize: (folder) => (existsSync(join(folder, SETTINGS_FILE)) ? SETTINGS_FILE : undefined),
  read: async (folder, context): Promise<Adopted> => {
    const path = join(folder, SETTINGS_FILE);
    const settings = readSettings(path);
    const implementation = settings.implementation ?? '';
    const names = RUNTIMES[implementation];
    if (!names) {
      throw new ModelPackageError(
        'FORMAT_UNSUPPORTED',
        `${path} has the implementation ${JSON.stringify(implementation)}, and ${Object.keys(RUNTIMES).join(', ')} can be packed. ` +
          'Give the model that it loads.',
      );
    }
    const uri = settings.parameters?.uri ?? names.find((name) => existsSync(join(folder, name))) ?? names[0];
    const model = namedFile(folder, uri, `${path} (parameters.uri)`);
    const notes = settingNotes(settings);
    if (implementation === 'mlserver_mlflow.MLflowRuntime') {
      const adopted = await mlflow.read(model, context);
      return { ...adopted, notes: [...adopted.notes, ...notes] };
    }
    return { model, method: 'predict', notes };
  },
};

function readSettings(path: string): Settings {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${path} is not JSON (${(error as Error).message}). Copy it again.`,
    );
  }
}

function settingNotes({
  parameters,
  inputs,
  max_batch_time: delay = 0,
  parallel_workers: workers,
}: Settings): string[] {
  const version = parameters?.version;
  return [
    ...(version !== undefined
      ? [`version: ${version} is replaced by a whole number; choose it with \`--version\``]
      : []),
    ...(inputs ? ['inputs: the package has those that the model itself records'] : []),
    ...(delay > 0 ? [`max_batch_time: set MODELSHIP_BATCH_WINDOW_MS=${delay * 1000} for the server`] : []),
    ...(workers ? [`parallel_workers: set MODELSHIP_WORKERS=${workers} for the server`] : []),
    ...(parameters?.extra ? ['parameters.extra: the settings of the runtime have no counterpart'] : []),
  ];
}
