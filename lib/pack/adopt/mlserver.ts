import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ModelPackageError } from '@modelship/runtime/manifest';
import type { Json } from '../json-file.js';
import { type Adopted, type ForeignTool, namedFile, object, readJson } from './adopted.js';
import { CATBOOST_NOTE, mlflow } from './mlflow.js';
import { batchSizeNotes, batchWindowNotes } from './server-notes.js';

/** File with the settings of a model. */
const SETTINGS_FILE = 'model-settings.json';

/** File with the settings of the server, which may be beside it. */
const SERVER_FILE = 'settings.json';

/** Usual names of the model in a folder without `uri`, by the runtime of MLServer that loads it. */
const RUNTIMES: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['mlserver_sklearn.SKLearnModel', ['model.joblib', 'model.pickle', 'model.pkl']],
  ['mlserver_xgboost.XGBoostModel', ['model.json', 'model.ubj', 'model.bst']],
  ['mlserver_lightgbm.LightGBMModel', ['model.bst', 'model.txt']],
  ['mlserver_catboost.CatboostModel', ['model.cbm', 'model.bin']],
  ['mlserver_onnx.OnnxModel', ['model.onnx']],
  ['mlserver_mlflow.MLflowRuntime', ['.']],
]);

/** Reads a model of MLServer, which KServe uses too. */
export const mlserver: ForeignTool = {
  name: 'MLServer',
  id: 'mlserver',
  recognize: (folder) => (existsSync(join(folder, SETTINGS_FILE)) ? SETTINGS_FILE : undefined),
  read: async (folder, context): Promise<Adopted> => {
    const path = join(folder, SETTINGS_FILE);
    const settings = readJson(path);
    const { implementation = '' } = settings;
    const parameters = object(settings.parameters);
    const names = RUNTIMES.get(implementation);
    if (!names) {
      throw new ModelPackageError(
        'FORMAT_UNSUPPORTED',
        `${path} has the implementation ${JSON.stringify(implementation)}, and ${[...RUNTIMES.keys()].join(', ')} can be packed. ` +
          'Give the model that it loads.',
      );
    }
    const uri = parameters.uri ?? names.find((name) => existsSync(join(folder, name))) ?? names[0];
    const model = namedFile(folder, uri, `${path} (parameters.uri)`);
    const server = join(folder, SERVER_FILE);
    const notes = [...settingNotes(settings, parameters), ...(existsSync(server) ? serverNotes(readJson(server)) : [])];
    if (implementation === 'mlserver_mlflow.MLflowRuntime') {
      const adopted = await mlflow.read(model, context);
      return { ...adopted, notes: [...adopted.notes, ...notes] };
    }
    const isCatboost = implementation === 'mlserver_catboost.CatboostModel';
    return { model, method: 'predict', notes: isCatboost ? [CATBOOST_NOTE, ...notes] : notes };
  },
};

function settingNotes(settings: Json, { version, extra, environment_tarball: environment }: Json): string[] {
  return [
    ...(version !== undefined
      ? [`version: ${version} is replaced by a whole number; choose it with \`--version\``]
      : []),
    ...(settings.inputs ? ['inputs: the package has those that the model itself records'] : []),
    ...batchWindowNotes('max_batch_time', Number(settings.max_batch_time ?? 0) * 1000),
    ...batchSizeNotes('max_batch_size', Number(settings.max_batch_size ?? 0) > 1),
    ...workerNotes(settings, ''),
    ...(environment ? ['parameters.environment_tarball: the model runs with the packages of the server instead'] : []),
    ...(extra ? ['parameters.extra: the settings of the runtime have no counterpart'] : []),
  ];
}

function serverNotes(settings: Json): string[] {
  return [...workerNotes(settings, `${SERVER_FILE}, `), `${SERVER_FILE}: the settings of the server are not kept`];
}

function workerNotes({ parallel_workers: workers }: Json, place: string): string[] {
  return workers ? [`${place}parallel_workers: set MODELSHIP_WORKERS=${workers} for the server`] : [];
}
