import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Datatype, TensorSpec } from '@modelship/runtime';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { type Adopted, type ForeignTool, namedFile } from './adopted.js';
import { batchSizeNotes, batchWindowNotes } from './server-notes.js';
import { readTextProto, TextProto } from './text-proto.js';
import { otherVersionsNote, servedVersion, versionNumber, versionsIn } from './versions.js';

/** File with the settings of a model. Triton completes a missing one from the model itself. */
const CONFIG_FILE = 'config.pbtxt';

/** File of PyTorch, whose models record neither names nor datatypes. */
const PYTORCH_FILE = 'model.pt';

/** File of a version, by the backend and by the older name of the platform. */
const BACKENDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    onnxruntime: 'model.onnx',
    onnxruntime_onnx: 'model.onnx',
    tensorflow: 'model.savedmodel',
    tensorflow_savedmodel: 'model.savedmodel',
    pytorch: PYTORCH_FILE,
    pytorch_libtorch: PYTORCH_FILE,
  }),
);

const FILES = [...new Set(BACKENDS.values())];

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
  const usual = backend ? BACKENDS.get(backend) : FILES.find((file) => versionsIn(folder, [file]).length > 0);
  const file = config.text('default_model_filename') || usual;
  if (file === undefined || (backend && usual === undefined)) {
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${path} has the backend ${backend ?? '""'}, and ${[...BACKENDS.keys()].join(', ')} can be packed. Export the model to ONNX` +
        `${backend === 'ensemble' || config.message('ensemble_scheduling') ? ' with its steps in one graph' : ''}.`,
    );
  }
  const versions = versionsIn(folder, [file]);
  const version = servedVersion(versions, config.message('version_policy'));
  const others = versions.filter((each) => each !== version);
  const isPytorch = usual === PYTORCH_FILE;
  const inputs = tensorsOf(config, 'input', isPytorch);
  const labels = labelsOf(folder, config, path);
  return {
    model: modelFile(folder, join(version ?? '1', file), path),
    ...(inputs.length > 0 && { inputs }),
    ...(labels && { labels }),
    ...(version !== undefined && { version: versionNumber(version) }),
    outputNames: tensorsOf(config, 'output', isPytorch).map(({ name }) => name),
    notes: [...reshapeNotes(config), ...schedulingNotes(config), ...otherVersionsNote(others)],
  };
}

/** Returns the path of the model of a version. One with weights in further files is a folder that contains it. */
function modelFile(folder: string, name: string, path: string): string {
  const model = namedFile(folder, name, path);
  const inner = join(model, name.split('/').at(-1)!);
  return statSync(model).isDirectory() && existsSync(inner) ? inner : model;
}

/** Returns tensors in the order in which the model takes or returns them, with the shapes that it has for them. */
function tensorsOf(config: TextProto, field: 'input' | 'output', isPytorch: boolean): TensorSpec[] {
  const hasBatch = Number(config.text('max_batch_size') ?? 0) > 0;
  const tensors = config.messages(field).map((tensor) => {
    const type = tensor.text('data_type') ?? '';
    const datatype = type === 'TYPE_STRING' ? 'BYTES' : (type.replace('TYPE_', '') as Datatype);
    const sizes = (tensor.message('reshape')?.texts('shape') ?? tensor.texts('dims')).map(Number);
    return { name: tensor.text('name') ?? '', datatype, shape: hasBatch ? [-1, ...sizes] : sizes };
  });
  return isPytorch ? byIndex(tensors) : tensors;
}

/** Sorts tensors by the index in their names, `NAME__INDEX`, as the backend for PyTorch does if all have one. */
function byIndex(tensors: readonly TensorSpec[]): TensorSpec[] {
  const indexed = tensors.map((tensor) => ({ tensor, index: Number(/__(\d+)$/.exec(tensor.name)?.[1]) }));
  const isIndexed = indexed.every(({ index }) => !Number.isNaN(index));
  const sorted = isIndexed ? indexed.sort((one, other) => one.index - other.index) : indexed;
  return sorted.map(({ tensor }) => tensor);
}

function reshapeNotes(config: TextProto): string[] {
  const reshaped = (field: string) => config.messages(field).filter((tensor) => tensor.message('reshape'));
  return [
    ...reshaped('input').map((input) => `${input.text('name')}, reshape: requests have the shape that the model takes`),
    ...reshaped('output').map(
      (output) => `${output.text('name')}, reshape: responses have the shape that the model returns`,
    ),
  ];
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
  notes.push(
    ...batchWindowNotes('dynamic_batching.max_queue_delay_microseconds', delay / 1000),
    ...batchSizeNotes('dynamic_batching.preferred_batch_size', !!batching?.texts('preferred_batch_size').length),
  );
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
