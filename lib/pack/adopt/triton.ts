import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Datatype, TensorSpec } from '@modelship/runtime';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { type Adopted, type ForeignTool, namedFile } from './adopted.js';
import { readTextProto, TextProto } from './text-proto.js';
import { otherVersionsNote, versionsIn } from './versions.js';

/** File with the settings of a model. Triton completes a missing one from the model itself. */
const CONFIG_FILE = 'config.pbtxt';

/** File of a version, by the backend and by the older name of the platform. */
const BACKENDS: Readonly<Record<string, string>> = {
  onnxruntime: 'model.onnx',
  onnxruntime_onnx: 'model.onnx',
  tensorflow: 'model.savedmodel',
  tensorflow_savedmodel: 'model.savedmodel',
  pytorch: 'model.pt',
  pytorch_libtorch: 'model.pt',
};

const FILES = [...new Set(Object.values(BACKENDS))];

/** Datatypes by the name in `config.pbtxt`, where it differs. */
const DATATYPES: Readonly<Record<string, Datatype>> = { TYPE_STRING: 'BYTES' };

/** Reads a model of a Triton model repository, or a repository. */
export const triton: ForeignTool = {
  name: 'Triton',
  id: 'triton',
  recognize: (folder) => {
    const [model] = modelsIn(folder);
    if (model === undefined) return undefined;
    if (existsSync(join(model, CONFIG_FILE))) return CONFIG_FILE;
    return FILES.find((file) => versionsIn(model, [file]).length > 0);
  },
  read: async (folder, { name }) => {
    const models = modelsIn(folder);
    const model = models.length === 1 ? models[0]! : models.find((each) => each === join(folder, name));
    if (model !== undefined) return readModel(model);
    throw new ModelPackageError(
      'FILE_MISSING',
      `${folder} is a repository of ${models.map((each) => each.slice(folder.length + 1)).join(', ')}, and a package has one ` +
        'model. Give the name of one with `--name`, or its folder.',
    );
  },
};

/** Returns the folders of models: the folder itself, or those of a repository. */
function modelsIn(folder: string): readonly string[] {
  if (isModel(folder)) return [folder];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .filter(isModel);
}

function isModel(folder: string): boolean {
  return existsSync(join(folder, CONFIG_FILE)) || versionsIn(folder, FILES).length > 0;
}

function readModel(folder: string): Adopted {
  const path = join(folder, CONFIG_FILE);
  const config = existsSync(path) ? readTextProto(path) : new TextProto();
  const backend = config.text('backend') || config.text('platform');
  const usual = FILES.find((file) => versionsIn(folder, [file]).length > 0);
  const file = config.text('default_model_filename') || (backend ? BACKENDS[backend] : usual);
  if (file === undefined || (backend && !(backend in BACKENDS))) {
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${path} has the backend ${backend ?? '""'}, and ${Object.keys(BACKENDS).join(', ')} can be packed. Export the model to ONNX` +
        `${backend === 'ensemble' || config.message('ensemble_scheduling') ? ' with its steps in one graph' : ''}.`,
    );
  }
  const versions = versionsIn(folder, [file]);
  const version = config.message('version_policy')?.message('specific')?.texts('versions').at(-1) ?? versions[0];
  const others = versions.filter((each) => each !== version);
  const hasBatch = Number(config.text('max_batch_size') ?? 0) > 0;
  const inputs = tensorsOf(config, 'input', hasBatch);
  const labels = labelsOf(folder, config, path);
  return {
    model: modelFile(folder, join(version ?? '1', file), path),
    ...(inputs.length > 0 && { inputs }),
    ...(labels && { labels }),
    ...(version !== undefined && { version }),
    outputNames: tensorsOf(config, 'output', hasBatch).map(({ name }) => name),
    notes: [...schedulingNotes(config), ...otherVersionsNote(others)],
  };
}

/** Returns the path of the model of a version. One with weights in further files is a folder that contains it. */
function modelFile(folder: string, name: string, path: string): string {
  const model = namedFile(folder, name, path);
  const inner = join(model, name.split('/').at(-1)!);
  return statSync(model).isDirectory() && existsSync(inner) ? inner : model;
}

function tensorsOf(config: TextProto, field: 'input' | 'output', hasBatch: boolean): TensorSpec[] {
  return config.messages(field).flatMap((tensor) => {
    const type = tensor.text('data_type') ?? '';
    const sizes = tensor.texts('dims').map(Number);
    const datatype = DATATYPES[type] ?? (type.replace('TYPE_', '') as Datatype);
    return [{ name: tensor.text('name') ?? '', datatype, shape: hasBatch ? [-1, ...sizes] : sizes }];
  });
}

/** Returns the classes of the output that has a file of them. */
function labelsOf(folder: string, config: TextProto, path: string): string[] | undefined {
  const name = config
    .messages('output')
    .find((output) => output.text('label_filename'))
    ?.text('label_filename');
  if (name === undefined) return undefined;
  return readFileSync(namedFile(folder, name, `${path} (label_filename)`), 'utf8')
    .trimEnd()
    .split(/\r?\n/);
}

/** Returns notes on how the model was scheduled, with the variables of the server that do the same. */
function schedulingNotes(config: TextProto): string[] {
  const notes: string[] = [];
  const batching = config.message('dynamic_batching');
  const delay = Number(batching?.text('max_queue_delay_microseconds') ?? 0);
  if (delay > 0) {
    notes.push(
      `dynamic_batching.max_queue_delay_microseconds: set MODELSHIP_BATCH_WINDOW_MS=${delay / 1000} for the server`,
    );
  }
  if (batching?.texts('preferred_batch_size').length) {
    notes.push(
      'dynamic_batching.preferred_batch_size: the server measures the largest useful batch when it loads the model',
    );
  }
  const instances = config.messages('instance_group').reduce((sum, group) => sum + Number(group.text('count') ?? 1), 0);
  if (instances > 1) notes.push(`instance_group: set MODELSHIP_WORKERS=${instances} for models that Python runs`);
  const ignored = [
    'sequence_batching',
    'model_warmup',
    'optimization',
    'response_cache',
    'parameters',
    'model_transaction_policy',
  ];
  const found = ignored.filter((name) => config.names.includes(name));
  return [...notes, ...found.map((name) => `${name}: the setting has no counterpart`)];
}
