import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceError, type Signature } from '@modelship/runtime';
import {
  IMAGE_INPUT,
  type Manifest,
  type ManifestTensor,
  ModelPackageError,
  TENSORS_SIGNATURE,
  taskSignature,
} from '@modelship/runtime/manifest';
import { engineFor, type LoadedModel, maskDifference, type Sample } from '@modelship/runtime/serve';
import { copyArtifact } from '../formats.js';
import type { Json } from '../json-file.js';
import { ORIGIN_FILE, plainSpec, writeManifest, writeOrigin } from '../manifest-file.js';
import { DEFAULT_TOLERANCE, type PackOptions } from '../options.js';
import { packagedSamples } from '../packaged-samples.js';
import { writeReferenceEmbedding } from '../reference-embedding.js';
import { readSampleRequests, type SampleRequest } from '../sample-requests.js';
import { Stage } from '../stage.js';
import { HuggingFaceFolder } from './folder.js';
import { type ImageLibrary, imageLibrary, imageTask, imageTaskType } from './image-task.js';
import { type PackedTask, packedTask, type TaskParts } from './packed-task.js';
import { type ExportReport, exportByPytorch } from './pytorch-export.js';
import { samplePictures } from './sample-pictures.js';
import { sampleTexts } from './sample-texts.js';
import { textSettings } from './text-settings.js';
import { largestTokenId, specialToken, TOKENIZER_FILE, tokenizerFaults, tokenizerSettings } from './tokenizer-file.js';
import { chooseWeights, type Weights } from './weights.js';

/** File of the model in a package. */
const ARTIFACT = 'model.onnx';

/**
 * Creates a package from a folder of transformers or sentence-transformers: with its tokenizer and task, so that callers
 * send texts. Weights of PyTorch are exported to ONNX.
 *
 * @throws ModelPackageError with all faults of the folder
 */
export async function packHuggingFaceFolder(options: PackOptions): Promise<Manifest> {
  const { source } = options;
  options.onStep?.('Read the folder');
  refuseOptions(options);
  const folder = new HuggingFaceFolder(source);
  const weights = chooseWeights(folder, options.weights);
  const library = imageLibrary(folder);
  return library ? packImageModel(options, folder, { library, weights }) : packTextModel(options, folder, weights);
}

async function packTextModel(options: PackOptions, folder: HuggingFaceFolder, weights: Weights): Promise<Manifest> {
  const { source } = options;
  const step = options.onStep ?? (() => {});
  const faults: string[] = [];
  const notes: string[] = [];
  const settings = textSettings(folder, options.task, { faults, notes });
  const isExported = weights.format === 'safetensors';
  const ownTokenizer = join(folder.transformer, TOKENIZER_FILE);
  const ownJson = folder.json(TOKENIZER_FILE);
  if (ownJson) faults.push(...tokenizerFaults(folder, ownJson, ownTokenizer));
  else if (!isExported) {
    faults.push(
      `${ownTokenizer} is missing. Save it with \`AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)\``,
    );
  }
  const mask = specialToken(folder, ownJson ?? {}, 'mask_token')?.content;
  if (settings?.type === 'fill_mask' && mask === undefined && options.samples === undefined) {
    faults.push(`${ownTokenizer} has no mask_token (tokenizer_config.json names it), which golden samples need`);
  }
  if (!settings || faults.length > 0) throw invalid(source, faults);
  const requests =
    options.samples === undefined ? sampleTexts(settings.type, mask) : readSampleRequests(options.samples);

  const stage = new Stage(options.out);
  try {
    let report: ExportReport | undefined;
    if (isExported) {
      step(`Export ${weights.name} by PyTorch, and run the original`);
      report = await exportByPytorch({
        folder: source,
        transformer: folder.transformer,
        out: stage.directory,
        type: settings.type,
        whole: settings.type === 'embed' && settings.furtherSteps.length > 0,
        sparse: settings.type === 'embed' && settings.pooling === 'splade',
        samples: requests.map((request) => sampleValues(request, 'text')),
      });
      notes.push(...report.notes);
    } else {
      step(`Copy ${weights.name}`);
      copyArtifact(weights.path, 'onnx', stage.directory);
      copyFileSync(ownTokenizer, join(stage.directory, TOKENIZER_FILE));
    }
    // Only the exporter writes a tokenizer of its own.
    const tokenizerJson: Json = isExported
      ? JSON.parse(readFileSync(join(stage.directory, TOKENIZER_FILE), 'utf8'))
      : ownJson!;
    if (isExported) throwFaults(source, tokenizerFaults(folder, tokenizerJson, TOKENIZER_FILE));
    const { tokenizer, notes: tokenizerNotes } = tokenizerSettings(folder, tokenizerJson);
    notes.push(...tokenizerNotes);

    step('Load the model and read its signature');
    const artifact = join(stage.directory, ARTIFACT);
    const parts = { settings, tokenizer, mask: specialToken(folder, tokenizerJson, 'mask_token') };
    const { signature, packed } = await readModel(artifact, parts, largestTokenId(tokenizerJson)!, weights.name);
    return await finishPackage(options, stage, { signature, packed, weights, notes, requests, report });
  } finally {
    stage.close();
  }
}

/** Packs a model that takes pictures. Golden samples are small drawn pictures, unless the user gives others. */
async function packImageModel(
  options: PackOptions,
  folder: HuggingFaceFolder,
  { library, weights }: { library: ImageLibrary; weights: Weights },
): Promise<Manifest> {
  const { source, samples, task } = options;
  const step = options.onStep ?? (() => {});
  if (task !== undefined) {
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${source} has a model that takes pictures, whose task config.json decides. Leave out \`--task ${task}\`.`,
    );
  }
  const type = imageTaskType(folder, library);
  if (library === 'torchvision' && weights.format === 'onnx') {
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${source} has ONNX weights of torchvision, whose preprocessing only the library knows. Pack model.safetensors with ` +
        '`--weights model.safetensors`.',
    );
  }
  const requests = samples === undefined ? await samplePictures() : readSampleRequests(samples);
  const stage = new Stage(options.out);
  try {
    const notes: string[] = [];
    let report: ExportReport | undefined;
    if (weights.format === 'safetensors') {
      step(`Export ${weights.name} by PyTorch, and run the original`);
      const values = requests.map((request) => sampleValues(request, IMAGE_INPUT));
      report = await exportByPytorch({ folder: source, out: stage.directory, library, type, samples: values });
      notes.push(...report.notes);
    } else {
      step(`Copy ${weights.name}`);
      copyArtifact(weights.path, 'onnx', stage.directory);
    }
    step('Load the model and read its signature');
    const model = await engineFor('onnx').load(
      { path: join(stage.directory, ARTIFACT), format: 'onnx' },
      { threads: 1 },
    );
    const signature = model.signatures.serving_default!;
    await model.close();
    const described = { library, type, processor: report?.processor, weights: weights.name };
    const packed = imageTask(folder, described, signature, notes);
    return await finishPackage(options, stage, { signature, packed, weights, notes, requests, report });
  } finally {
    stage.close();
  }
}

interface Finished {
  readonly signature: Signature;
  readonly packed: PackedTask;
  readonly weights: Weights;
  readonly notes: readonly string[];
  readonly requests: readonly SampleRequest[];
  /** @default - the weights were not exported */
  readonly report?: ExportReport | undefined;
}

/** Runs the samples on the package as a server loads it, and completes the package. */
async function finishPackage(
  options: PackOptions,
  stage: Stage,
  { signature, packed, weights, notes, requests, report }: Finished,
): Promise<Manifest> {
  const { name, version = '1', tolerance = DEFAULT_TOLERANCE } = options;
  const origin = {
    format: 'hugging_face',
    weights: weights.name,
    ...(report && { exporter: report.versions }),
    notes,
  };
  writeOrigin(stage.directory, origin);
  const described = { manifest: manifestOf({ name, version }, signature, packed), tolerance };
  const expected = requests.map((request, index) => withOriginal(request, report?.originals[index]));
  const { samples, unchanged } = await packagedSamples(stage.directory, described, expected, options.onStep);
  if (report) {
    const { originals } = report;
    writeOrigin(stage.directory, { ...origin, largestDifference: largestDifference(samples, originals), originals });
  }
  if (options.reference) options.onStep?.('Run the reference data');
  const reference = options.reference && (await writeReferenceEmbedding(options.reference, stage.directory));
  options.onStep?.('Write the manifest');
  const kept = unchanged.filter(({ path }) => path !== ORIGIN_FILE);
  const complete = { ...described, manifest: { ...described.manifest, ...(reference && { reference }) } };
  const manifest = await writeManifest(stage.directory, { ...complete, samples }, kept);
  stage.commit(manifest.digest, options.force ?? false);
  for (const note of notes) options.onNote?.(note);
  return manifest;
}

/** Refuses options that a folder with a configuration has no use for. */
function refuseOptions({ source, inputs, labels, code, background }: PackOptions): void {
  const faults = [
    ...(inputs
      ? ['`--input` is for formats that record no inputs; config.json decides those of this folder. Leave it out']
      : []),
    ...(labels ? ['`--labels` is not used: labels are those of `id2label` in config.json. Change them there'] : []),
    ...(code !== undefined ? ['`--code` is for pickles. Leave it out'] : []),
    ...(background !== undefined ? ['`--background` is for models of one input of numbers. Leave it out'] : []),
  ];
  throwFaults(source, faults);
}

/** Loads the ONNX graph, checks that it takes the tokens, and connects its outputs with the task. */
async function readModel(
  path: string,
  parts: TaskParts,
  lastToken: number,
  weights: string,
): Promise<{ signature: Signature; packed: PackedTask }> {
  const model = await engineFor('onnx').load({ path, format: 'onnx' }, { threads: 1 });
  try {
    const signature = model.signatures.serving_default!;
    throwFaults(weights, inputFaults(signature));
    const packed = packedTask(parts, signature.outputs.map(plainSpec), weights);
    if (typeof packed === 'string') throw invalid(weights, [packed]);
    await checkVocabulary(model, signature, lastToken, weights);
    return { signature, packed };
  } finally {
    await model.close();
  }
}

const TOKEN_INPUTS: readonly string[] = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];

function inputFaults({ inputs }: Signature): string[] {
  return inputs.flatMap(({ name, shape }) => {
    if (!TOKEN_INPUTS.includes(name)) {
      const isCache = name.startsWith('past_key_values');
      return [
        `the graph has the input ${name}, and only ${TOKEN_INPUTS.join(', ')} are served` +
          (isCache ? '. It was exported to generate text: export it without a cache' : ''),
      ];
    }
    if (shape.length === 2 && shape.every((size) => size === -1)) return [];
    return [`${name} has the fixed shape [${shape.join(', ')}]: export it with dynamic batch and sequence dimensions`];
  });
}

/** Runs the model on the last token of its tokenizer. Graphs check that a token has a row in their embeddings. */
async function checkVocabulary(
  model: LoadedModel,
  { inputs }: Signature,
  lastToken: number,
  weights: string,
): Promise<void> {
  const tokens = (id: number) =>
    inputs.map(({ name, datatype }) => {
      const value = name === 'input_ids' ? id : name === 'attention_mask' ? 1 : 0;
      const data = datatype === 'INT32' ? Int32Array.of(value) : BigInt64Array.of(BigInt(value));
      return { name, datatype, shape: [1, 1], data };
    });
  const failure = async (id: number) => {
    try {
      await model.run(tokens(id));
      return undefined;
    } catch (error) {
      if (!(error instanceof InferenceError)) throw error;
      return error.message;
    }
  };
  const first = await failure(0);
  if (first !== undefined) throw invalid(weights, [`the graph cannot run on one token: ${first}`]);
  const last = await failure(lastToken);
  if (last === undefined) return;
  throw invalid(weights, [
    `${TOKENIZER_FILE} has the token ID ${lastToken}, and the embeddings of the model have no such row: ${last}. Use the ` +
      'tokenizer that the model was trained with',
  ]);
}

function manifestOf(
  { name, version }: { name: string; version: string },
  { inputs }: Signature,
  { task, outputs }: PackedTask,
) {
  const output = outputs.find((spec) => spec.name === task.output) as ManifestTensor;
  return {
    schemaVersion: 1 as const,
    name,
    version,
    format: 'onnx' as const,
    artifact: ARTIFACT,
    ...taskSignature(task, output),
    signatures: { [TENSORS_SIGNATURE]: { inputs: inputs.map(plainSpec), outputs } },
    task,
  };
}

/** Returns the values of a sample by input name, for the original. The only input of some tasks may be unnamed. */
function sampleValues({ inputs, place }: SampleRequest, only: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { value, row }]) => {
      const single = row ? value : Array.isArray(value) && value.length === 1 ? value[0] : undefined;
      if (single !== undefined) return [name === '' ? only : name, single];
      throw new ModelPackageError(
        'SAMPLES_INVALID',
        `${place}: give one ${only} for each sample, as in {"instances": ["…"]}.`,
      );
    }),
  );
}

/** Expects the answer of the original, unless the samples have answers of their own. */
function withOriginal(request: SampleRequest, original: Readonly<Record<string, unknown>> | undefined): SampleRequest {
  if (request.expected || !original) return request;
  const expected = Object.entries(original).map(([name, value]) => [name, { value, row: true }] as const);
  return { ...request, expected: Object.fromEntries(expected) };
}

/**
 * Returns the largest difference between a score or another number of the package's outputs and that of the original. In
 * masks it is the share of pixels.
 */
function largestDifference(samples: readonly Sample[], originals: ExportReport['originals']): number {
  let largest = 0;
  for (const [index, { outputs }] of samples.entries()) {
    for (const { name, data, datatype } of outputs) {
      const wanted = [originals[index]![name]].flat();
      for (const [position, value] of wanted.entries()) {
        const difference =
          datatype === 'BYTES'
            ? jsonDifference(String(data[position]), String(value))
            : Number(data[position]) - Number(value);
        largest = Math.max(largest, Math.abs(difference));
      }
    }
  }
  return Number(largest.toPrecision(2));
}

/** Returns the largest difference of the scores and masks of two JSON lists. Other texts have neither. */
function jsonDifference(got: string, wanted: string): number {
  const [left, right] = [listOf(got), listOf(wanted)];
  const differences = right.map(({ score, mask }, index) =>
    mask === undefined
      ? Math.abs((left[index]?.score ?? 0) - (score ?? 0))
      : (maskDifference(left[index]?.mask ?? '', mask) ?? 1),
  );
  return Math.max(0, ...differences);
}

function listOf(text: string): readonly { readonly score?: number; readonly mask?: string }[] {
  try {
    const json = JSON.parse(text);
    return Array.isArray(json) ? json : [];
  } catch {
    return [];
  }
}

function throwFaults(source: string, faults: readonly string[]): void {
  if (faults.length > 0) throw invalid(source, faults);
}

function invalid(source: string, faults: readonly string[]): ModelPackageError {
  const text =
    faults.length === 1 ? `${source}: ${faults[0]}` : `${source}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`;
  return new ModelPackageError('ARTIFACT_INVALID', `${text.replace(/\.$/, '')}.`);
}
