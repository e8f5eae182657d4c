import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Datatype, TensorSpec } from '@modelship/runtime';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { parseExact, stringifyExact } from '../../json/exact-json.js';
import type { Json } from '../json-file.js';
import { requirePythonTool } from '../python-tool.js';
import { MAX_SAMPLES_BYTES, parseSampleRequests, type SampleRequest } from '../sample-requests.js';
import { type AdoptContext, type Adopted, type ForeignTool, namedFile, object } from './adopted.js';
import { exportKeras } from './keras.js';
import { installedPins, pinnedPackages, versionNotes } from './pinned-versions.js';
import { readYaml } from './yaml.js';

/** File that describes a model of MLflow. */
const MODEL_FILE = 'MLmodel';

/** Packages that a model was saved with. */
const REQUIREMENTS_FILE = 'requirements.txt';

/** Folder of a run or of a logged model below which MLflow stores files. */
const ARTIFACTS = 'artifacts';

/** Number of rows of an input example that become golden samples. Each replica runs them before it is ready. */
const MAX_SAMPLES = 10;

/** Reads models that MLflow saved, logged or registered. */
export const mlflow: ForeignTool = {
  name: 'MLflow',
  id: 'mlflow',
  recognize: (folder, isTemporary) => (modelFolder(folder, isTemporary) === undefined ? undefined : MODEL_FILE),
  read: async (folder, context) => {
    // Folders of other tools may contain one of MLflow, which nothing recognized.
    const found = modelFolder(folder, context.isTemporary) ?? [];
    if (found.length === 0) {
      throw new ModelPackageError('FILE_MISSING', `${folder} has no file ${MODEL_FILE}. Copy the whole folder.`);
    }
    if (found.length > 1) {
      throw new ModelPackageError(
        'ARTIFACT_INVALID',
        `${folder} has several models of MLflow: ${found.join(', ')}. Give the folder of one.`,
      );
    }
    return readModel(found[0]!, context);
  },
};

/** Whether a source names a model in MLflow's store instead of a file. */
export function isMlflowUri(source: string): boolean {
  return /^(models|runs):\//.test(source);
}

/**
 * Downloads a model of a run or of the registry by MLflow, from the store that `MLFLOW_TRACKING_URI` names or that is in
 * the working directory.
 *
 * @returns folder of the model
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` without MLflow, `FILE_MISSING` if there is no such model
 */
export async function downloadMlflow(uri: string, out: string): Promise<string> {
  const request = { mlflow: uri, directory: process.cwd(), tracking: process.env.MLFLOW_TRACKING_URI };
  const { folder } = await requirePythonTool<{ readonly folder: string }>(
    request,
    {
      missing: (python) => `${uri} is in a store of MLflow, and ${python} cannot read it`,
      fix: 'Give the folder of the model, install MLflow with `pip install mlflow`',
      failed: (reason) =>
        new ModelPackageError(
          'FILE_MISSING',
          `${uri} cannot be downloaded by MLflow: ${reason}. Set MLFLOW_TRACKING_URI to the store that has it.`,
        ),
    },
    out,
  );
  return folder;
}

/**
 * Returns the folders of models in a folder: the folder itself, those in the artifacts of a run, or the one that a version
 * in the registry names. Returns undefined if there are none.
 */
function modelFolder(folder: string, isTemporary: boolean): readonly string[] | undefined {
  if (existsSync(join(folder, MODEL_FILE))) return [folder];
  const artifacts = join(folder, ARTIFACTS);
  const inArtifacts = [artifacts, ...foldersIn(artifacts)].filter((each) => existsSync(join(each, MODEL_FILE)));
  if (inArtifacts.length > 0) return inArtifacts;
  const registered = registeredFolder(folder, isTemporary);
  return registered === undefined ? undefined : [registered];
}

/**
 * Returns the folder of a model that a version in a registry of files names, or the latest version of a registered model.
 *
 * @throws ModelPackageError `FILE_MISSING` if the folder is not on this machine, or outside of an archive
 */
function registeredFolder(folder: string, isTemporary: boolean): string | undefined {
  const versions = foldersIn(folder).filter((each) => /(^|[/\\])version-\d+$/.test(each));
  const number = (path: string) => Number(/\d+$/.exec(path)![0]);
  const latest = versions.sort((one, other) => number(other) - number(one))[0] ?? folder;
  const meta = join(latest, 'meta.yaml');
  if (!existsSync(meta)) return undefined;
  const location = /^storage_location: ['"]?([^'"\n]+?)['"]?$/m.exec(readFileSync(meta, 'utf8'))?.[1];
  if (location === undefined) return undefined;
  const path = localPath(location);
  if (!isTemporary && path !== undefined && existsSync(join(path, MODEL_FILE))) return path;
  const what = isTemporary ? 'is outside of the archive' : `is not a folder of this machine with ${MODEL_FILE}`;
  throw new ModelPackageError(
    'FILE_MISSING',
    `${meta} (storage_location) names ${location}, which ${what}. Give the folder of the model.`,
  );
}

function localPath(location: string): string | undefined {
  if (!location.startsWith('file:')) return location;
  try {
    return fileURLToPath(location);
  } catch {
    // The URL names another machine.
    return undefined;
  }
}

function foldersIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name));
}

/** Model of one flavor. */
interface FlavorModel {
  readonly model: string;
  readonly method?: Adopted['method'];
  readonly notes?: readonly string[];
}

/** A flavor, which is MLflow's name for the library of a model. */
interface Flavor {
  /** Packages whose versions should be those that the model was saved with. */
  readonly packages: readonly string[];
  read(model: MlflowModel, context: AdoptContext): FlavorModel | Promise<FlavorModel>;
}

/** Files and settings of a model. */
interface MlflowModel {
  readonly folder: string;
  /** Settings of the flavor. */
  readonly flavor: Json;
  /** Settings of the flavor that MLflow's own server uses. */
  readonly served: Json;
  /** Returns the path of a file that a setting of the flavor names. */
  file(setting: string): string;
}

/** Flavors that can be packed. The first that a model has is used. */
const FLAVORS: Readonly<Record<string, Flavor>> = {
  onnx: { packages: [], read: readOnnx },
  sklearn: { packages: ['scikit-learn', 'numpy'], read: readSklearn },
  lightgbm: { packages: ['lightgbm'], read: readLightgbm },
  xgboost: { packages: ['xgboost'], read: readXgboost },
  catboost: { packages: ['catboost'], read: readCatboost },
  pytorch: { packages: ['torch'], read: readPytorch },
  tensorflow: { packages: ['tensorflow', 'keras'], read: readTensorflow },
};

/** Flavor that loads any model by code, which MLflow's own server uses. */
const PYFUNC = 'python_function';

/** Settings of that flavor that name files. */
const PYFUNC_FILES = ['data', 'code', 'python_model'];

/** Setting that names the code of a model by its path when it was saved. The folder has its file. */
const SAVED_CODE = 'model_code_path';

/** Package that loads the model. */
const MLFLOW = 'mlflow';

/**
 * Returns a model that only its own code loads.
 *
 * @throws ModelPackageError if the model names files that are missing or outside of its folder
 */
async function handlerOf(folder: string, description: Json, flavor: Json): Promise<Adopted> {
  const place = (setting: string) => `${join(folder, MODEL_FILE)} (${PYFUNC}.${setting})`;
  const given = (setting: string) => flavor[setting] !== undefined && flavor[setting] !== null;
  for (const setting of PYFUNC_FILES.filter(given)) namedFile(folder, flavor[setting], place(setting));
  if (given(SAVED_CODE)) namedFile(folder, basename(String(flavor[SAVED_CODE])), place(SAVED_CODE));
  const pinned = pinnedPackages(join(folder, REQUIREMENTS_FILE));
  const { pins, missing } = await installedPins([...new Set([MLFLOW, ...Object.keys(pinned)])]);
  const version = typeof flavor.python_version === 'string' ? flavor.python_version : undefined;
  const example = object(description.saved_input_example_info).serving_input_path;
  return {
    model: folder,
    handler: { kind: 'mlflow', module: 'mlflow.pyfunc' },
    packages: pins,
    notes: [
      ...(await versionNotes(pinned, version)),
      ...missing
        .filter((each) => each in pinned)
        .map((each) => `${each}: ${REQUIREMENTS_FILE} lists it, and it is not installed`),
      ...(typeof example === 'string'
        ? [`${example}: the input example is not sent to the code; use \`--samples\` for golden samples`]
        : []),
    ],
  };
}

async function readModel(folder: string, context: AdoptContext): Promise<Adopted> {
  const path = join(folder, MODEL_FILE);
  const description = object(await readYaml(path));
  const flavors = object(description.flavors);
  const name = Object.keys(FLAVORS).find((each) => each in flavors);
  if (name === undefined) {
    if (PYFUNC in flavors) return handlerOf(folder, description, object(flavors[PYFUNC]));
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${path} has the flavors ${Object.keys(flavors).join(', ') || 'of no library'}, and ${Object.keys(FLAVORS).join(', ')} ` +
        `and ${PYFUNC} can be packed. Save the model in one of these flavors.`,
    );
  }
  const flavor = object(flavors[name]);
  const served = object(flavors[PYFUNC]);
  const file = (setting: string) => namedFile(folder, flavor[setting], `${path} (${name}.${setting})`);
  const { packages, read } = FLAVORS[name]!;
  const pinned = pinnedPackages(join(folder, REQUIREMENTS_FILE), packages);
  const notes = await versionNotes(
    pinned,
    typeof served.python_version === 'string' ? served.python_version : undefined,
  );
  const model = await read({ folder, flavor, served, file }, context);
  const signature = object(description.signature);
  const code = flavor.code ?? served.code;
  const inputs = inputsOf(signature.inputs);
  const example = exampleOf(folder, object(description.saved_input_example_info), inputs);
  return {
    ...model,
    ...(inputs && { inputs }),
    ...(typeof code === 'string' && { code: namedFile(folder, code, `${path} (${name}.code)`) }),
    ...(example && 'requests' in example && { requests: example.requests }),
    notes: [
      ...notes,
      ...(model.notes ?? []),
      ...signatureNotes(signature),
      ...(example && 'note' in example ? [example.note] : []),
    ],
  };
}

function readOnnx({ flavor, file }: MlflowModel): FlavorModel {
  const options = flavor.onnx_session_options;
  return {
    model: file('data'),
    notes: options ? ['onnx_session_options: the server chooses threads and optimizations itself'] : [],
  };
}

function readSklearn({ served, file }: MlflowModel): FlavorModel {
  const method = served.predict_fn ?? 'predict';
  const model = file('pickled_model');
  if (method === 'predict' || method === 'predict_proba') return { model, method };
  return {
    model,
    method: 'predict',
    notes: [`predict_fn: ${JSON.stringify(method)} is not served; responses have the results of predict`],
  };
}

/** Reads a booster, or an estimator with the methods of scikit-learn. */
function readLightgbm({ file }: MlflowModel): FlavorModel {
  return { model: file('data'), method: 'predict' };
}

function readXgboost({ flavor, file }: MlflowModel): FlavorModel {
  const isClassifier = String(flavor.model_class).endsWith('Classifier');
  return { model: file('data'), ...(isClassifier && { method: 'predict' }) };
}

/** Note on the results of a classifier of CatBoost, whose own `predict` returns classes. */
export const CATBOOST_NOTE =
  'predict: responses of a classifier have the probability of each class instead of the class';

function readCatboost({ flavor, file }: MlflowModel): FlavorModel {
  const isClassifier = flavor.model_type === 'CatBoostClassifier';
  return { model: file('data'), notes: isClassifier ? [CATBOOST_NOTE] : [] };
}

/** Names of the model in the data folder of PyTorch, by age. */
const PYTORCH_FILES = ['model.pth', 'model.pt2'];

function readPytorch({ flavor, file }: MlflowModel): FlavorModel {
  const data = file('model_data');
  const name = PYTORCH_FILES.find((each) => existsSync(join(data, each))) ?? PYTORCH_FILES[0];
  return { model: namedFile(data, name, `${MODEL_FILE} (pytorch.model_data: ${flavor.model_data})`) };
}

async function readTensorflow({ folder, flavor, file }: MlflowModel, context: AdoptContext): Promise<FlavorModel> {
  if (flavor.model_type !== 'keras') return { model: file('saved_model_dir') };
  const data = file('data');
  const archive = join(data, 'model.keras');
  if (existsSync(archive)) {
    context.onStep('Export the Keras model as a SavedModel');
    return { model: await exportKeras(archive, context.temporary) };
  }
  return { model: namedFile(folder, join(String(flavor.data), 'model'), `${MODEL_FILE} (tensorflow.data)`) };
}

/** Datatypes of columns, by MLflow's name. */
const COLUMN_TYPES: ReadonlyMap<unknown, Datatype> = new Map([
  ['boolean', 'BOOL'],
  ['integer', 'INT32'],
  ['long', 'INT64'],
  ['float', 'FP32'],
  ['double', 'FP64'],
  ['string', 'BYTES'],
]);

/** Datatypes of tensors, by NumPy's name. */
const TENSOR_TYPES: ReadonlyMap<unknown, Datatype> = new Map([
  ['bool', 'BOOL'],
  ['int8', 'INT8'],
  ['int16', 'INT16'],
  ['int32', 'INT32'],
  ['int64', 'INT64'],
  ['uint8', 'UINT8'],
  ['uint16', 'UINT16'],
  ['uint32', 'UINT32'],
  ['uint64', 'UINT64'],
  ['float16', 'FP16'],
  ['float32', 'FP32'],
  ['float64', 'FP64'],
  ['str', 'BYTES'],
  ['object', 'BYTES'],
]);

/**
 * Returns the inputs of a signature: its tensors, or a tensor for each column. Columns of one kind of number are one tensor
 * of rows. Returns undefined if it has none, or types that are not tensors.
 */
function inputsOf(text: unknown): TensorSpec[] | undefined {
  const fields = fieldsOf(text);
  if (fields.length === 0) return undefined;
  const tensors = fields.map(({ name, 'tensor-spec': spec }, place) => {
    const { dtype, shape } = object(spec);
    const datatype = TENSOR_TYPES.get(dtype);
    if (!datatype || !isShape(shape)) return undefined;
    return { name: String(name ?? (fields.length === 1 ? 'input' : `input_${place}`)), datatype, shape };
  });
  if (tensors.every((each) => each !== undefined)) return tensors;
  const columns = fields.map(({ name, type }, place) => {
    const datatype = COLUMN_TYPES.get(type);
    return datatype && { name: String(name ?? place), datatype, shape: [-1] };
  });
  if (!columns.every((each) => each !== undefined)) return undefined;
  const { datatype } = columns[0]!;
  if (datatype === 'BYTES' || columns.some((each) => each.datatype !== datatype)) return columns;
  const names = columns.map(({ name }) => name);
  return [{ name: 'features', datatype, shape: [-1, columns.length], labels: names }];
}

function isShape(shape: unknown): shape is readonly number[] {
  return Array.isArray(shape) && shape.every(Number.isInteger);
}

function fieldsOf(text: unknown): readonly Json[] {
  if (typeof text !== 'string') return [];
  const fields = parsed(text, `${MODEL_FILE} (signature)`);
  return Array.isArray(fields) ? fields.map(object) : [];
}

function parsed(text: string, place: string): unknown {
  try {
    return parseExact(text, true);
  } catch (error) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${place} is not JSON (${(error as Error).message}). Save it again.`,
    );
  }
}

function signatureNotes(signature: Json): string[] {
  const optional = fieldsOf(signature.inputs).filter(({ required }) => required === false);
  const params = fieldsOf(signature.params);
  return [
    ...optional.map(({ name }) => `${name}: the column is optional in MLflow; here, send null for a missing value`),
    ...params.map(({ name }) => `${name}: the parameter keeps the default of the model, and requests cannot set it`),
  ];
}

/** Returns the first rows of an input example as requests, or a note on an example that is too large to read. */
function exampleOf(
  folder: string,
  info: Json,
  inputs: readonly TensorSpec[] | undefined,
): { readonly requests: readonly SampleRequest[] } | { readonly note: string } | undefined {
  const name = info.serving_input_path;
  if (typeof name !== 'string') return undefined;
  const path = namedFile(folder, name, `${MODEL_FILE} (saved_input_example_info.serving_input_path)`);
  const { size } = statSync(path);
  if (size > MAX_SAMPLES_BYTES) {
    return {
      note: `${name}: the input example has ${size} bytes, which is too large for golden samples; use \`--samples\``,
    };
  }
  const text = readFileSync(path, 'utf8');
  const { dataframe_split: table } = object(parsed(text, path));
  const rows = table === undefined ? text : stringifyExact({ instances: rowsOf(object(table), path) }, true);
  const requests = parseSampleRequests(rows, path).slice(0, MAX_SAMPLES);
  return { requests: requests.map((request) => firstRows(request, inputs)) };
}

/** Returns the first rows of a table as objects. */
function rowsOf({ columns, data }: Json, path: string): Json[] {
  if (!Array.isArray(data) || !data.every(Array.isArray)) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${path} (dataframe_split.data) must be a list of rows, each a list of values. Save it again.`,
    );
  }
  const names = Array.isArray(columns) ? columns : [];
  return data
    .slice(0, MAX_SAMPLES)
    .map((row: unknown[]) => Object.fromEntries(row.map((value, place) => [String(names[place] ?? place), value])));
}

/** Returns a request with its first rows, unless the signature gives its inputs a fixed number of rows. */
function firstRows(request: SampleRequest, specs: readonly TensorSpec[] = []): SampleRequest {
  if (specs.some(({ shape }) => shape[0] !== -1)) return request;
  const tensors = Object.entries(request.inputs).map(([name, tensor]) => {
    const isTable = Array.isArray(tensor.value) && !tensor.row && tensor.shape === undefined;
    return [name, isTable ? { ...tensor, value: (tensor.value as unknown[]).slice(0, MAX_SAMPLES) } : tensor];
  });
  return { ...request, inputs: Object.fromEntries(tensors) };
}
