import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join, parse, resolve, sep } from 'node:path';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { croppedSteps, IMAGENET } from '../hugging-face/image-steps.js';
import type { Json } from '../json-file.js';
import { requirePythonTool } from '../python-tool.js';
import { type AdoptContext, type Adopted, type ForeignTool, namedFile, object, readJson } from './adopted.js';
import { installedPins, pinnedPackages, versionNotes } from './pinned-versions.js';
import { batchSizeNotes, batchWindowNotes } from './server-notes.js';
import { readYaml } from './yaml.js';

/** File that describes an archive. */
const MANIFEST_FILE = 'MAR-INF/MANIFEST.json';

/** File with the names of the classes. */
const LABELS_FILE = 'index_to_name.json';

/** Model of an eager archive after its weights were loaded. */
const WHOLE_MODULE = 'model.pt';

type Steps = Pick<Adopted, 'inputs' | 'task' | 'handler'>;

/** Default handlers whose steps a package declares. */
const HANDLERS: ReadonlyMap<string, Steps> = new Map<string, Steps>([
  [
    'image_classifier',
    {
      inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 3, 224, 224] }],
      task: {
        type: 'image_classification',
        preprocessing: croppedSteps({ resize: 256, crop: 224, filter: 'bilinear', ...IMAGENET }),
        layout: 'NCHW',
        activation: 'softmax',
      },
    },
  ],
  ['base_handler', {}],
]);

/** Default handlers whose steps a package cannot declare, so that TorchServe's own code does them. */
const BY_TORCHSERVE: readonly string[] = ['text_classifier', 'object_detector', 'image_segmenter'];

/** Packages that these handlers need. */
const TORCHSERVE: readonly string[] = ['torchserve', 'torchvision', 'captum'];

/** Reads the archive of a model, `.mar` or `.tar.gz`, or the folder of `--archive-format no-archive`. */
export const torchServe: ForeignTool = {
  name: 'TorchServe',
  id: 'torchserve',
  recognize: (folder) => (existsSync(join(folder, MANIFEST_FILE)) ? MANIFEST_FILE : undefined),
  read: async (folder, context): Promise<Adopted> => {
    const path = join(folder, MANIFEST_FILE);
    const { model: described, runtime } = readJson(path);
    const model = object(described);
    if (runtime === 'LSP') {
      throw new ModelPackageError(
        'FORMAT_UNSUPPORTED',
        `${path} has the runtime LSP, whose handlers are C++. Give the file of the model itself.`,
      );
    }
    const { serializedFile, modelFile, configFile, requirementsFile } = model;
    const settings =
      configFile === undefined
        ? {}
        : object(await readYaml(namedFile(folder, configFile, `${path} (model.configFile)`)));
    const steps = stepsOf(folder, model.handler, settings, path);
    const version = versionOf(model.modelVersion);
    if (steps.handler) {
      const pinned = pins(folder, requirementsFile, path);
      const needed = steps.handler.module.startsWith('ts.') ? TORCHSERVE : [];
      const { pins: packages, missing } = await installedPins([...Object.keys(pinned), ...needed]);
      return {
        ...steps,
        ...(version !== undefined && { version }),
        model: folder,
        packages,
        notes: [
          ...(await versionNotes(pinned, undefined)),
          ...missing.map((name) => `${name}: ${requirementsFile ?? 'its handler'} lists it, and it is not installed`),
          ...configNotes(settings, String(configFile), true),
          ...versionNote(model.modelVersion),
        ],
      };
    }
    const notes = [
      ...(await versionNotes(pins(folder, requirementsFile, path, ['torch']), undefined)),
      ...configNotes(settings, String(configFile), false),
      ...versionNote(model.modelVersion),
    ];
    const weights =
      serializedFile === undefined ? undefined : namedFile(folder, serializedFile, `${path} (model.serializedFile)`);
    const labels = steps.task && labelsOf(folder);
    const used = [serializedFile, modelFile, configFile, requirementsFile, ...(labels ? [LABELS_FILE] : [])];
    const shared = {
      ...steps,
      ...(labels && { labels }),
      ...(version !== undefined && { version }),
    };
    if (modelFile !== undefined) {
      const file = namedFile(folder, modelFile, `${path} (model.modelFile)`);
      const saved = await saveWhole(file, weights, context);
      return { ...shared, ...saved, notes: [...notes, ...fileNotes(folder, used, true)] };
    }
    if (weights === undefined) {
      throw new ModelPackageError(
        'FILE_MISSING',
        `${path} names no model (model.serializedFile). Create the archive again.`,
      );
    }
    return { ...shared, model: weights, notes: [...notes, ...fileNotes(folder, used, false)] };
  },
};

/**
 * Returns the steps of a handler that a package declares, or the handler whose code runs. A file of the archive comes before
 * a default handler of its name.
 */
function stepsOf(folder: string, handler: unknown, settings: Json, path: string): Steps {
  const name = String(handler ?? '');
  const [file = '', entry] = name.split(':', 2);
  const module = parse(file).name;
  const isOwn = existsSync(join(folder, `${module}.py`));
  const declared = isOwn ? undefined : HANDLERS.get(name);
  if (declared) return declared;
  const place = `${path} (model.handler: ${JSON.stringify(name)})`;
  if (!isOwn && !BY_TORCHSERVE.includes(name)) {
    throw new ModelPackageError(
      'FILE_MISSING',
      `${place} is neither a file of the archive nor one of ${[...HANDLERS.keys(), ...BY_TORCHSERVE].join(', ')}. ` +
        'Create the archive again with the file of the handler.',
    );
  }
  if (![module, entry ?? module].every((each) => /^[A-Za-z_]\w*$/.test(each))) {
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${place} is not the name of a Python module, optionally with that of a function. Create the archive again with one.`,
    );
  }
  const { batchSize = 1 } = settings;
  if (!Number.isSafeInteger(batchSize) || Number(batchSize) < 1) {
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `batchSize in the configuration of ${path} must be a whole number from 1, got ${JSON.stringify(batchSize)}. ` +
        'Create the archive again.',
    );
  }
  return {
    handler: {
      kind: 'torchserve',
      module: isOwn ? module : `ts.torch_handler.${module}`,
      ...(entry !== undefined && { entry }),
      ...(Number(batchSize) > 1 && { maxRequests: Number(batchSize) }),
    },
  };
}

/** Loads the weights of a module into its class, and saves both as one file. */
async function saveWhole(
  file: string,
  weights: string | undefined,
  { temporary, trustPickle, onStep }: AdoptContext,
): Promise<Pick<Adopted, 'model' | 'code'>> {
  if (!trustPickle) {
    throw new ModelPackageError(
      'FORMAT_UNTRUSTED',
      `${file} is the class of the model, and packing runs it to load the weights. Save the model by ` +
        '`torch.jit.script(model).save("model.pt")`, or, if you trust its origin as your own code, add `--trust-pickle`.',
    );
  }
  onStep('Load the weights into the class of the model');
  const model = join(temporary, WHOLE_MODULE);
  const code = join(temporary, 'code');
  const { dir, name } = parse(file);
  cpSync(dir, code, {
    recursive: true,
    filter: (path) => path.endsWith('.py') || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true,
  });
  await requirePythonTool(
    { module: name, code, weights: weights && resolve(weights), model },
    {
      missing: (python) => `${file} is the class of the model, and ${python} cannot run it`,
      fix: 'Install the packages that it imports with `pip install`',
      failed: (reason) =>
        new ModelPackageError(
          'ARTIFACT_INVALID',
          `${file} does not build the model: ${reason}. Save the model again with the packages that this Python has, or ` +
            'as TorchScript.',
        ),
    },
    temporary,
  );
  return { model, code };
}

/**
 * Returns the name of each class by its index.
 *
 * @returns undefined without a file of names
 * @throws ModelPackageError `LABELS_INVALID` if an index has no name
 */
function labelsOf(folder: string): string[] | undefined {
  const path = join(folder, LABELS_FILE);
  if (!existsSync(path)) return undefined;
  const content = readJson(path);
  // Archives of early versions have a list.
  const { object_type_names: list } = content;
  const names: Json = Array.isArray(list) ? { ...list } : content;
  return Array.from({ length: Object.keys(names).length }, (_, index) => {
    const value = names[index];
    const name = Array.isArray(value) ? value.at(-1) : value;
    if (typeof name === 'string') return name;
    throw new ModelPackageError(
      'LABELS_INVALID',
      `${path} has no name for the class ${index}, and names for ${Object.keys(names).length} classes. Add the names that are ` +
        'missing, and create the archive again.',
    );
  });
}

/** Returns the versions that the archive pins. @param names packages whose pins count. @default - all of them */
function pins(folder: string, requirements: unknown, path: string, names?: readonly string[]) {
  if (requirements === undefined) return {};
  return pinnedPackages(namedFile(folder, requirements, `${path} (model.requirementsFile)`), names);
}

/** Returns the version of a model, whose archive counts versions by decimal numbers such as `1.0`. */
function versionOf(version: unknown): string | undefined {
  return /^(\d{1,18})(\.0)?$/.exec(String(version))?.[1]?.replace(/^0+(?=\d)/, '');
}

function versionNote(version: unknown): string[] {
  if (version === undefined || versionOf(version) !== undefined) return [];
  return [`modelVersion: ${version} is replaced by a whole number; choose it with \`--version\``];
}

/**
 * Returns notes on the settings of the server, with the variables that do the same.
 *
 * @param isHandled whether the handler itself reads the other settings, and the package keeps the size of batches
 */
function configNotes(settings: Json, file: string, isHandled: boolean): string[] {
  const { minWorkers, maxWorkers, batchSize, maxBatchDelay, responseTimeout, startupTimeout, ...others } = settings;
  const set = (name: string, variable: string, value: unknown) =>
    value === undefined ? [] : [`${file}, ${name}: set ${variable}=${value} for the server`];
  const [workers, name] = maxWorkers === undefined ? [minWorkers, 'minWorkers'] : [maxWorkers, 'maxWorkers'];
  return [
    ...set(name, ENVIRONMENT.workers, workers),
    ...batchSizeNotes(`${file}, batchSize`, !isHandled && Number(batchSize ?? 1) > 1),
    ...batchWindowNotes(`${file}, maxBatchDelay`, Number(batchSize ?? 1) > 1 ? Number(maxBatchDelay ?? 0) : 0),
    ...set('responseTimeout', ENVIRONMENT.timeoutSeconds, responseTimeout),
    ...set('startupTimeout', ENVIRONMENT.startSeconds, startupTimeout),
    ...(isHandled ? [] : Object.keys(others)).map((key) => `${file}, ${key}: the setting has no counterpart`),
  ];
}

/** Returns a note on each file that nothing reads. @param hasCode whether Python modules are kept */
function fileNotes(folder: string, used: readonly unknown[], hasCode: boolean): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile())
    .map((name) => name.split(sep).join('/'))
    .filter((name) => name !== MANIFEST_FILE && !used.includes(name) && !(hasCode && name.endsWith('.py')));
  return files.sort().map((name) => `${name}: neither the model nor its handler reads the file`);
}
