import { join } from 'node:path';
import { DATATYPES, type Datatype, type TensorSpec } from '@modelship/runtime';
import {
  checkIdentity,
  detectFormat,
  hasClasses,
  type Manifest,
  type ModelFormat,
  ModelPackageError,
  PICKLE_FORMATS,
  TENSORS_SIGNATURE,
  taskSignature,
  withInputRules,
} from '@modelship/runtime/manifest';
import { checkPickles, describeUnknown, type LoadedModel, shapeText } from '@modelship/runtime/serve';
import { type Origin, withAdopted } from './adopt/index.js';
import { writeBackground } from './background.js';
import { canServerRun } from './can-server-run.js';
import { copyArtifact, copyCode } from './formats.js';
import { goldenSamples, madeUpSamples } from './golden-samples.js';
import { handlerOf, packHandler } from './handler.js';
import { isHuggingFaceFolder } from './hugging-face/folder.js';
import { packHuggingFaceFolder } from './hugging-face/pack-folder.js';
import { samplePictures } from './hugging-face/sample-pictures.js';
import { loadCopy } from './load-copy.js';
import { type Described, plainSignatures, plainSpec, writeManifest, writeOrigin } from './manifest-file.js';
import { DEFAULT_TOLERANCE, type PackOptions } from './options.js';
import { type PackagedSamples, packagedSamples } from './packaged-samples.js';
import { isPaddleOcrFolder } from './paddle-ocr/folder.js';
import { packPaddleOcrFolder } from './paddle-ocr/pack-folder.js';
import { engineOptions } from './python-options.js';
import { writeReference } from './reference.js';
import { ScoreSummary } from './reference-scores.js';
import { readSampleRequests, type SampleRequest } from './sample-requests.js';
import { Stage } from './stage.js';

/**
 * Creates a model package and returns its manifest. The same input yields the same digest. A failure leaves no files
 * behind.
 *
 * @throws ModelPackageError
 */
export async function packModel(options: PackOptions): Promise<Manifest> {
  checkIdentity({ name: options.name, version: options.version ?? '1' });
  return withAdopted(options, async (origin) => {
    const handled = handlerOf(options, origin);
    if (handled) return packHandler(options, handled);
    if (origin) return packSource(options, origin);
    if (isHuggingFaceFolder(options.source)) return packHuggingFaceFolder(options);
    if (isPaddleOcrFolder(options.source)) return packPaddleOcrFolder(options);
    return packSource(options);
  });
}

/** Packs one saved model. Options replace what the tool recorded that saved it. */
async function packSource(given: PackOptions, origin?: Origin): Promise<Manifest> {
  const options = {
    ...given,
    source: origin?.model ?? given.source,
    version: given.version ?? origin?.version,
    labels: given.labels ?? origin?.labels,
  };
  const { source, onStep: step = () => {} } = options;
  refuseFolderOptions(options);
  if (origin?.task) refuseRowFiles(given);
  for (const note of origin?.notes ?? []) options.onNote?.(note);
  step('Detect the format');
  const format = detectFormat(source);
  if (PICKLE_FORMATS.includes(format)) await checkTrust(options, format);
  const requests = options.samples === undefined ? (origin?.requests ?? []) : readSampleRequests(options.samples);
  const codeSource = options.code ?? (PICKLE_FORMATS.includes(format) ? origin?.code : undefined);

  const stage = new Stage(options.out);
  try {
    step('Copy the model');
    const artifact = copyArtifact(source, format, stage.directory);
    step('Load the model and read its signature');
    const code = codeSource === undefined ? undefined : copyCode(codeSource, format, stage.directory);
    // With a task, requests have the inputs of the task instead of the model's own.
    const inputs = options.inputs ?? (origin?.task ? undefined : declaredInputs(requests)) ?? origin?.inputs;
    const model = await loadCopy(
      options,
      {
        path: join(stage.directory, artifact),
        format,
        declared: { inputs },
        ...(origin?.method && { method: origin.method }),
        ...(origin?.outputNames && { outputNames: origin.outputNames }),
        ...(code !== undefined && { code: join(stage.directory, code) }),
      },
      origin?.notes,
    );
    let described: Omit<Described, 'samples'> & { readonly samples?: Described['samples'] };
    try {
      if (options.inputs) checkInputs(options, options.inputs, model);
      const background = backgroundOf(options, format, stage.directory, model);
      const reference = await referenceOf(options, format, stage.directory, model);
      const files = { directory: stage.directory, format, artifact, code, background, reference, origin: origin?.tool };
      described = origin?.task
        ? describeTask({ ...options, source: given.source }, files, model, origin.task)
        : await describe(options, files, model, requests);
    } finally {
      await model.close();
    }
    if (origin) writeOrigin(stage.directory, { format: origin.tool, notes: origin.notes });
    const { samples, unchanged } = described.samples
      ? { samples: described.samples, unchanged: [] }
      : await taskSamples(options, stage.directory, described, requests);
    step('Write the manifest');
    const manifest = await writeManifest(stage.directory, { ...described, samples }, unchanged);
    stage.commit(manifest.digest, options.force ?? false);
    return manifest;
  } finally {
    stage.close();
  }
}

function refuseFolderOptions({ source, weights, task }: PackOptions): void {
  const name = weights === undefined ? (task === undefined ? undefined : '--task') : '--weights';
  if (name === undefined) return;
  throw new ModelPackageError(
    'FORMAT_UNSUPPORTED',
    `\`${name}\` is for folders of Hugging Face, and ${source} has no config.json. Leave it out, or give such a folder.`,
  );
}

function refuseRowFiles({ background, reference, source }: PackOptions): void {
  const option =
    background !== undefined
      ? '`--background` is for models of one input of numbers'
      : reference !== undefined && '`--reference` is for models of rows of a table';
  if (!option) return;
  throw new ModelPackageError('FORMAT_UNSUPPORTED', `${option}, and ${source} takes pictures. Leave it out.`);
}

/**
 * Checks declared inputs against recorded ones. A format that records its inputs ignores declared ones, so a difference
 * is an error.
 */
function checkInputs({ source }: PackOptions, said: readonly TensorSpec[], model: LoadedModel): void {
  const recorded = tensorRows(model.signatures.serving_default!.inputs);
  if (tensorRows(said).join() === recorded.join()) return;
  throw new ModelPackageError(
    'INPUTS_DIFFER',
    `${source} records that it takes ${recorded.join('; ')}, but ${tensorRows(said).join('; ')} was given. ` +
      'Leave out what it takes (`--input`), or export it so that it takes that.',
  );
}

function tensorRows(specs: readonly TensorSpec[]): string[] {
  return specs.map((spec) => `${spec.name} ${spec.datatype} ${shapeText(spec)}`);
}

/** Reads the imports of the pickles before anything loads them, and says which no known framework has. */
async function checkTrust({ source, trustPickle, onNote }: PackOptions, format: ModelFormat): Promise<void> {
  const pickles = await checkPickles(source, format);
  const imports = `it imports ${describeUnknown(pickles)}`;
  if (trustPickle) {
    if (pickles.unknown.length > 0) onNote?.(imports);
    return;
  }
  throw new ModelPackageError(
    'FORMAT_UNTRUSTED',
    `${source} has the format ${format}, and loading it can run code from the file: ${imports}. Export the model to ` +
      'ONNX, or, if you trust its origin as your own code, add `--trust-pickle`.',
  );
}

/** Files of a package, by path in its folder. */
interface PackedFiles {
  readonly directory: string;
  readonly format: ModelFormat;
  readonly artifact: string;
  readonly code: string | undefined;
  readonly origin: Origin['tool'] | undefined;
  readonly background: Manifest['background'];
  readonly reference: Manifest['reference'];
}

function backgroundOf(
  { background, onStep }: PackOptions,
  format: ModelFormat,
  directory: string,
  { signatures }: LoadedModel,
): Manifest['background'] {
  if (background === undefined) return undefined;
  onStep?.('Write the background of explanations');
  return writeBackground(background, directory, withInputRules(format, signatures).serving_default!);
}

async function referenceOf(
  { reference, labels, onStep, onNote }: PackOptions,
  format: ModelFormat,
  directory: string,
  model: LoadedModel,
): Promise<Manifest['reference']> {
  if (!reference) return undefined;
  onStep?.('Read the reference data');
  const { inputs, outputs } = withInputRules(format, model.signatures).serving_default!;
  const signature = { inputs, outputs: withLabels(outputs, labels) };
  const output = signature.outputs.find(hasClasses);
  const scores = output && new ScoreSummary(model, output);
  return writeReference(reference(signature), directory, signature, onNote, scores);
}

/** Returns a manifest with the members that each saved model has, before and after its own ones. */
function manifestOf(
  { name, version = '1' }: PackOptions,
  { format, artifact, code, origin }: PackedFiles,
  requirements: LoadedModel['requirements'],
  own: Pick<Manifest, 'inputs' | 'outputs' | 'signatures' | 'task' | 'background' | 'reference'>,
): Described['manifest'] {
  return {
    schemaVersion: 1,
    name,
    version,
    format,
    artifact,
    ...own,
    ...(code !== undefined && { code }),
    ...(origin && { origin }),
    ...(requirements && { requirements: [...requirements] }),
  };
}

async function describe(
  options: PackOptions,
  files: PackedFiles,
  model: LoadedModel,
  requests: readonly SampleRequest[],
): Promise<Described> {
  const { tolerance = DEFAULT_TOLERANCE } = options;
  const { directory, format, artifact, background, reference } = files;
  const { serving_default: main, ...others } = model.signatures;
  const isMadeUp = requests.length === 0;
  options.onStep?.(isMadeUp ? 'Make up samples' : `Run ${requests.length} samples`);
  const samples = isMadeUp
    ? await madeUpSamples(model, format, tolerance)
    : await goldenSamples(requests, model, format, tolerance);
  const { requirements } = (await canServerRun(join(directory, artifact), format, model, samples)) ? {} : model;
  return {
    samples,
    isMadeUp,
    tolerance,
    manifest: manifestOf(options, files, requirements, {
      ...(format === 'npz' && { task: { type: 'recommend' as const } }),
      inputs: main!.inputs.map(plainSpec),
      outputs: withLabels(main!.outputs, options.labels).map(plainSpec),
      ...(Object.keys(others).length > 0 && { signatures: plainSignatures(others) }),
      ...(background && { background }),
      ...(reference && { reference }),
    }),
  };
}

/** Describes a model with a task around it, whose golden samples need the whole package. */
function describeTask(
  options: PackOptions,
  files: PackedFiles,
  { requirements, signatures }: LoadedModel,
  declared: NonNullable<Origin['task']>,
): Omit<Described, 'samples'> {
  const { source, labels, tolerance = DEFAULT_TOLERANCE } = options;
  const { inputs, outputs } = signatures.serving_default!;
  const [scores, ...others] = outputs;
  const width = scores!.shape.at(-1)!;
  if (others.length > 0 || scores!.shape.length !== 2 || width < 1) {
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${source} returns ${tensorRows(outputs).join('; ')}, and the task ${declared.type} needs one output with a score for ` +
        'each class, FP32 [-1, N]. Export the model so that it returns these scores.',
    );
  }
  const labelled = withLabels(outputs, labels ?? Array.from({ length: width }, (_, index) => String(index)));
  const task = { ...declared, output: scores!.name };
  const [output] = labelled.map(plainSpec);
  return {
    tolerance,
    manifest: manifestOf(options, files, requirements, {
      ...taskSignature(task, output!),
      signatures: { [TENSORS_SIGNATURE]: { inputs: inputs.map(plainSpec), outputs: [output!] } },
      task,
    }),
  };
}

/** Runs golden samples of a task on the package as a server loads it. They are drawn pictures, unless the user gives others. */
async function taskSamples(
  options: PackOptions,
  directory: string,
  described: Omit<Described, 'samples'>,
  requests: readonly SampleRequest[],
): Promise<PackagedSamples> {
  const pictures = requests.length > 0 ? requests : await samplePictures();
  return packagedSamples(directory, described, pictures, options.onStep, engineOptions(options));
}

/**
 * Derives the inputs from requests of the Open Inference Protocol, which declare datatypes and shapes. The first
 * dimension is the batch. It is dynamic, and so is every dimension that differs between requests.
 */
function declaredInputs(requests: readonly SampleRequest[]): TensorSpec[] | undefined {
  const [first, ...others] = requests;
  if (!first) return undefined;
  const specs: TensorSpec[] = [];
  for (const [name, { datatype, shape }] of Object.entries(first.inputs)) {
    if (!shape || !isDatatype(datatype)) return undefined;
    const isOpen = (size: number, axis: number) =>
      axis === 0 || others.some(({ inputs }) => inputs[name]?.shape?.[axis] !== size);
    specs.push({ name, datatype, shape: shape.map((size, axis) => (isOpen(size, axis) ? -1 : size)) });
  }
  return specs;
}

function isDatatype(datatype: string | undefined): datatype is Datatype {
  return DATATYPES.some((each) => each === datatype);
}

/**
 * Adds the class names to each output that has one score per class.
 *
 * @throws ModelPackageError `LABELS_INVALID` if no output has that many scores
 */
function withLabels(outputs: readonly TensorSpec[], labels: readonly string[] | undefined): TensorSpec[] {
  if (labels === undefined) return [...outputs];
  const fits = (spec: TensorSpec) => spec.datatype.startsWith('FP') && spec.shape.at(-1) === labels.length;
  if (!outputs.some(fits)) {
    const shapes = outputs.map((spec) => `\`${spec.name}\` ${spec.datatype} ${shapeText(spec)}`).join(', ');
    throw new ModelPackageError(
      'LABELS_INVALID',
      `${labels.length} labels were given, and no output has ${labels.length} scores: ${shapes}. ` +
        'Give one label for each class, in the order of the scores.',
    );
  }
  return outputs.map((spec) => (fits(spec) ? { ...spec, labels } : spec));
}
