import { mkdirSync, statSync } from 'node:fs';
import { join, parse } from 'node:path';
import {
  detectFormat,
  type Handler,
  type Manifest,
  type ModelFormat,
  ModelPackageError,
  needsPython,
} from '@modelship/runtime/manifest';
import type { Artifact } from '@modelship/runtime/serve';
import type { Origin } from './adopt/index.js';
import { copyArtifact, copyModules } from './formats.js';
import { goldenSamples } from './golden-samples.js';
import { loadCopy } from './load-copy.js';
import { filesIn, plainSignatures, plainSpec, writeManifest, writeOrigin } from './manifest-file.js';
import { DEFAULT_TOLERANCE, type PackOptions } from './options.js';
import { readSampleRequests } from './sample-requests.js';
import { Stage } from './stage.js';

/** Code that answers requests, with what it needs, before it is packed. */
export interface HandledModel {
  readonly handler: Pick<Handler, 'kind' | 'module' | 'entry' | 'maxRequests'>;
  /** Copies the code and what it needs into the folder of the package. Returns the model that is loaded for the code. */
  readonly copy: (directory: string) => Handler['model'];
  /** Lines of requirements beside those for what the code imports. @default - none */
  readonly requirements?: readonly string[];
  /** What another tool recorded. @default - no other tool saved the model */
  readonly origin?: Origin;
}

/** Folder of the code in a package, and the artifact of its format. */
const FOLDER = 'handler';

/** Options for models that answer requests themselves, by their names on the command line. */
const OTHER_OPTIONS = {
  '--labels': 'labels',
  '--background': 'background',
  '--reference': 'reference',
  '--weights': 'weights',
  '--task': 'task',
} as const satisfies Record<string, keyof PackOptions>;

/**
 * Returns the code that answers the requests of a model: the user's own, or that of another tool.
 *
 * @returns undefined if the model answers them itself
 * @throws ModelPackageError `CODE_INVALID` or `FILE_MISSING` if `handler` names no module, `FORMAT_UNSUPPORTED`
 */
export function handlerOf(options: PackOptions, origin: Origin | undefined): HandledModel | undefined {
  if (options.handler === undefined) return origin?.handler && adoptedHandler(options, origin, origin.handler);
  const source = origin?.model ?? options.source;
  const [, file = '', entry] = /^(.*?)(?::([A-Za-z_]\w*))?$/.exec(options.handler)!;
  const { name, ext } = parse(file);
  if (ext !== '.py' || !/^[A-Za-z_]\w*$/.test(name)) {
    throw new ModelPackageError(
      'CODE_INVALID',
      `\`--handler\` is ${JSON.stringify(options.handler)}, and must be a Python module such as steps.py, or steps.py:Steps ` +
        'for a class in it. Rename the file.',
    );
  }
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new ModelPackageError('FILE_MISSING', `there is no file ${file}. Give one to \`--handler\`.`);
  }
  requireTrust(options, file);
  return {
    handler: { kind: 'modelship', module: name, ...(entry && { entry }) },
    copy: (directory) => {
      if (options.code !== undefined) copyModules(options.code, join(directory, FOLDER), '--code');
      else mkdirSync(join(directory, FOLDER));
      copyModules(file, join(directory, FOLDER), '--handler');
      const format = modelFormat(source);
      return { path: copyArtifact(source, format, directory), format };
    },
    ...(origin && { origin }),
  };
}

function modelFormat(source: string): ModelFormat {
  const format = detectFormat(source);
  if (format === 'onnx' || needsPython({ format, requirements: [] })) return format;
  throw new ModelPackageError(
    'FORMAT_UNSUPPORTED',
    `${source} has the format ${format}, which runs without Python. Leave out \`--handler\`.`,
  );
}

function adoptedHandler(options: PackOptions, origin: Origin, handler: Handler): HandledModel {
  requireTrust(options, origin.model);
  return {
    handler,
    copy: (directory) => {
      copyArtifact(origin.model, 'handler', directory, FOLDER);
      return undefined;
    },
    requirements: origin.packages,
    origin,
  };
}

/** Refuses to run code without trust. */
function requireTrust({ trustCode }: PackOptions, code: string): void {
  if (trustCode) return;
  throw new ModelPackageError(
    'FORMAT_UNTRUSTED',
    `${code} has code that runs when the model is packed, when it is loaded, and for each request. If you trust its origin as ` +
      'your own code, add `--trust-code`.',
  );
}

/**
 * Packs a model whose requests are answered by Python code. Golden samples are bodies of requests.
 *
 * @throws ModelPackageError, also if the code changes the files of the package while it runs
 */
export async function packHandler(options: PackOptions, handled: HandledModel): Promise<Manifest> {
  refuseOptions(options);
  const { origin } = handled;
  const { onStep: step = () => {}, tolerance = DEFAULT_TOLERANCE } = options;
  for (const note of origin?.notes ?? []) options.onNote?.(note);
  const requests = options.samples === undefined ? [] : readSampleRequests(options.samples);
  const stage = new Stage(options.out);
  try {
    step('Copy the model and its handler');
    const model = handled.copy(stage.directory);
    const handler = { ...handled.handler, ...(model && { model }) };
    if (origin) writeOrigin(stage.directory, { format: origin.tool, notes: origin.notes });
    const before = stateOf(stage.directory);
    step('Run the handler');
    const loaded = await loadCopy(options, copyOf(stage.directory, handler, options), origin?.notes);
    try {
      const { serving_default: main, ...others } = loaded.signatures;
      if (requests.length > 0) step(`Run ${requests.length} samples`);
      const samples = await goldenSamples(requests, loaded, 'handler', tolerance);
      refuseChanges(before, stateOf(stage.directory), options.source);
      step('Write the manifest');
      const manifest = await writeManifest(stage.directory, {
        tolerance,
        samples,
        manifest: {
          schemaVersion: 1,
          name: options.name,
          version: options.version ?? origin?.version ?? '1',
          format: 'handler',
          artifact: FOLDER,
          inputs: main!.inputs.map(plainSpec),
          outputs: main!.outputs.map(plainSpec),
          signatures: plainSignatures(others),
          handler,
          ...(origin && { origin: origin.tool }),
          requirements: [...new Set([...(loaded.requirements ?? []), ...(handled.requirements ?? [])])].sort(),
        },
      });
      stage.commit(manifest.digest, options.force ?? false);
      return manifest;
    } finally {
      await loaded.close();
    }
  } finally {
    stage.close();
  }
}

function copyOf(directory: string, handler: Handler, { inputs }: PackOptions): Artifact {
  const { model } = handler;
  return {
    path: join(directory, FOLDER),
    format: 'handler',
    declared: { inputs },
    handler: { ...handler, ...(model && { model: { ...model, path: join(directory, model.path) } }) },
  };
}

function refuseOptions(options: PackOptions): void {
  const others = Object.entries(OTHER_OPTIONS).filter(([, name]) => options[name] !== undefined);
  if (others.length === 0) return;
  throw new ModelPackageError(
    'FORMAT_UNSUPPORTED',
    `${others.map(([name]) => `\`${name}\``).join(', ')} cannot be used with a handler, whose requests and responses only its ` +
      'code knows. Leave it out.',
  );
}

/** Returns the size and the time of the last change of each file in a folder, by path. */
function stateOf(directory: string): ReadonlyMap<string, string> {
  return new Map(
    filesIn(directory).map((path) => {
      const { size, mtimeMs } = statSync(join(directory, path));
      return [path, `${size} ${mtimeMs}`];
    }),
  );
}

/** Refuses code that writes into its own folder: a replica that did so could not load the package again. */
function refuseChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>, source: string): void {
  const paths = new Set([...before.keys(), ...after.keys()]);
  const changed = [...paths].filter((path) => before.get(path) !== after.get(path));
  if (changed.length === 0) return;
  throw new ModelPackageError(
    'CODE_INVALID',
    `the handler of ${source} changed ${changed.sort().slice(0, 3).join(', ')} in its package while it ran, so that no digest ` +
      'could cover it. Write to a folder of `tempfile` instead.',
  );
}
