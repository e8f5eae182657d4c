import { copyFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { InferenceError, type Signature } from '@modelship/runtime';
import {
  externalData,
  type Manifest,
  ModelPackageError,
  readManifest,
  SAMPLES_FILE,
  signaturesOf,
  verifyFiles,
} from '@modelship/runtime/manifest';
import { type EngineOptions, type LoadedModel, loadModel, type Tolerance } from '@modelship/runtime/serve';
import type { Measurement } from '../compare/measurement.js';
import { type Comparison, comparisonOf } from '../evaluate/comparison/comparison.js';
import { EvaluationDataError } from '../evaluate/metrics/compute.js';
import type { RowEvaluation } from '../evaluate/row-evaluation.js';
import type { Predict, SampledBatch } from '../evaluate/row-sample.js';
import { PROOF_FILE } from '../model/proof-file.js';
import { copyArtifact } from '../pack/formats.js';
import { goldenSamples } from '../pack/golden-samples.js';
import { type Described, writeManifest } from '../pack/manifest-file.js';
import { readSampleRequests, type SampleRequest } from '../pack/sample-requests.js';
import { sampleInputs } from '../pack/sample-tensors.js';
import { ScratchFolder } from '../pack/scratch-folder.js';
import { Stage } from '../pack/stage.js';
import { figure } from '../report/figure.js';
import { calibrationRequests } from './calibration.js';
import { AnswerComparison, answerOf, toleranceOf } from './compared-answers.js';
import { CONVERSIONS, type ConversionName, type Limits } from './conversions.js';
import { type ConversionRequest, type ConverterOptions, convert } from './converters.js';
import { OptimizationError } from './optimization-error.js';
import type { ComparedAnswers, Proof } from './proof.js';

/** Rows of a data set that both models answer. */
export interface RowSource {
  /** Reads the rows from the start, as requests for a model with the signature. */
  read(signature: Signature): AsyncIterable<SampledBatch>;
  /** Compares the predictions of a model with the labels of the rows. @default - the rows have none */
  readonly evaluation?: ((signature: Signature) => RowEvaluation) | undefined;
  /** Metric of the comparison. @default - a metric by the task */
  readonly metric?: string | undefined;
  /** Accepted loss of the metric. @default 0.01 */
  readonly margin?: number | undefined;
}

export interface OptimizeOptions {
  /** Folder of the package. */
  readonly directory: string;
  readonly conversion: ConversionName;
  /** Folder of the optimized package. */
  readonly out: string;
  /** @default - golden samples are compared only */
  readonly rows?: RowSource | undefined;
  /** Largest accepted difference of a number. @default - that of the conversion */
  readonly tolerance?: Tolerance | undefined;
  /** Whether to write a package that fails the comparison. Its proof says so. */
  readonly accept: boolean;
  /** Whether to install missing converters. */
  readonly install: boolean;
  /** Whether to replace another package in `out`. */
  readonly force: boolean;
  readonly engine: EngineOptions;
  /** Measures a server of the package in a folder. */
  readonly measure: (directory: string) => Promise<Measurement | undefined>;
  readonly onStep: (step: string) => void;
}

/**
 * Converts the model of a package, compares its answers with those of the model before, and writes a package with the
 * proof. A failure or an interruption leaves no files behind.
 *
 * @throws OptimizationError if no converter takes the model, or its answers differ
 * @throws ModelPackageError if the package cannot be loaded, or `out` has other files
 * @throws EvaluationDataError if the model rejects a row of the data set
 */
export async function optimizePackage(options: OptimizeOptions): Promise<{ manifest: Manifest; proof: Proof }> {
  const { directory, out, engine, force, onStep } = options;
  const manifest = readManifest(directory);
  await verifyFiles(directory, manifest);
  rejectUnsuitable(manifest, options);
  const stage = new Stage(out);
  const work = new ScratchFolder(join(tmpdir(), 'modelship-optimize-'));
  try {
    // The measured times give each package another digest.
    stage.check(force);
    onStep('Load the model');
    const original = await loadModel(directory, manifest, engine);
    try {
      const optimized = await optimizedInto(stage.directory, work.path, { manifest, original }, options);
      stage.commit(optimized.manifest.digest, force);
      return optimized;
    } finally {
      await original.close();
    }
  } finally {
    stage.close();
    work.remove();
  }
}

/** Writes the optimized package into `target`. */
async function optimizedInto(
  target: string,
  work: string,
  { manifest, original }: { readonly manifest: Manifest; readonly original: LoadedModel },
  options: OptimizeOptions,
): Promise<{ manifest: Manifest; proof: Proof }> {
  const { directory, conversion, engine, onStep } = options;
  const { path, converters } = await converted(manifest, work, options);
  onStep('Compare the answers');
  const draft = describedAs(manifest);
  copyOtherFiles(directory, manifest, target);
  const requests = sampleRequests(directory, manifest);
  const { manifest: drafted, model } = await loadConverted(path, target, draft, engine);
  let proof: Omit<Proof, 'before' | 'after' | 'accepted'>;
  let samples: Described['samples'];
  const reasons: string[] = [];
  try {
    proof = {
      schemaVersion: 1,
      conversion,
      from: { digest: manifest.digest, format: manifest.format },
      converters,
      ...(await comparedModels(manifest, original, model, requests, options)),
    };
    const sizes = { before: modelBytes(directory, manifest), after: modelBytes(target, drafted) };
    reasons.push(...reasonsAgainst(proof, sizes));
    if (reasons.length > 0 && !options.accept) throw refusal(reasons, proof);
    // The new answers become the golden ones, as the old ones were compared.
    const unanswered = requests.map(({ place, inputs }) => ({ place, inputs }));
    samples = await goldenSamples(unanswered, model, 'onnx', draft.tolerance);
  } finally {
    await model.close();
  }
  const tolerance = replicaTolerance(proof, draft.tolerance, samples);
  const packed = await writeManifest(target, { ...draft, samples, tolerance });
  onStep('Measure both models');
  const complete: Proof = {
    ...proof,
    before: { bytes: modelBytes(directory, manifest), measured: await options.measure(directory) },
    after: { bytes: modelBytes(target, packed), measured: await options.measure(target) },
    accepted: reasons,
  };
  writeFileSync(join(target, PROOF_FILE), `${JSON.stringify(complete, null, 2)}\n`);
  const result = await writeManifest(target, { ...draft, samples, tolerance }, packed.files);
  return { manifest: result, proof: complete };
}

/** Reads the golden samples of a package. */
function sampleRequests(directory: string, { samples }: Manifest): readonly SampleRequest[] {
  return samples.count > 0 ? readSampleRequests(join(directory, SAMPLES_FILE)) : [];
}

function rejectUnsuitable(manifest: Manifest, { directory, conversion, rows }: OptimizeOptions): void {
  const { format, samples, signatures = {}, task } = manifest;
  if (format === 'onnx' && conversion === 'onnx') {
    throw new OptimizationError(
      'CONVERSION_NEEDLESS',
      `${directory} is ONNX already. Choose another conversion with --to.`,
    );
  }
  // Keras gives the default signature a second name. The labels of a package stand at the default one only.
  const tensors = ({ inputs, outputs }: Pick<Manifest, 'inputs' | 'outputs'>) => [
    inputs,
    outputs.map(({ labels: _labels, ...output }) => output),
  ];
  const others = Object.entries(signatures).filter(([, each]) => !isDeepStrictEqual(tensors(each), tensors(manifest)));
  if (format !== 'onnx' && others.length > 0) {
    throw new OptimizationError(
      'CONVERSION_FAILED',
      `${directory} has the signatures ${others.map(([name]) => name).join(', ')} beside the default one, and an ONNX model has ` +
        'one. Save the model with one signature, and pack it again.',
    );
  }
  if (task && CONVERSIONS[conversion].calibrates) {
    throw new OptimizationError(
      'CONVERSION_FAILED',
      `--to ${conversion} takes ranges from requests of numbers, and ${directory} takes ${task.type} requests. Use --to int8.`,
    );
  }
  if (CONVERSIONS[conversion].calibrates && samples.madeUp && !rows) {
    throw new OptimizationError(
      'CONVERSION_FAILED',
      `--to ${conversion} takes ranges from requests, and the samples of ${directory} are made up. Give a data set with --rows.`,
    );
  }
  if (samples.count === 0 && !rows) {
    throw new OptimizationError(
      'CONVERSION_FAILED',
      `${directory} has no golden samples to compare answers for. Give a data set with --rows.`,
    );
  }
}

/** Runs the converters one after another. */
async function converted(
  manifest: Manifest,
  work: string,
  options: OptimizeOptions,
): Promise<{ path: string; converters: Proof['converters'] }> {
  const { conversion, engine, onStep } = options;
  // The tool runs in another folder.
  const directory = resolve(options.directory);
  const { artifact, format, inputs, outputs, code } = manifest;
  const common = { trusted: engine.trustPickle ?? false, declared: { inputs, outputs } };
  const path = join(directory, artifact);
  const requests: Pick<ConversionRequest, 'convert' | 'format' | 'code' | 'calibration'>[] = [];
  if (format !== 'onnx')
    requests.push({ convert: 'onnx', format, ...(code !== undefined && { code: join(directory, code) }) });
  if (conversion !== 'onnx') {
    const calibration = CONVERSIONS[conversion].calibrates ? await calibrationOf(manifest, options) : undefined;
    requests.push({ convert: conversion, format: 'onnx', ...(calibration && { calibration }) });
  }
  const converters: ConverterOptions = { install: options.install, onStep };
  let versions: Proof['converters'] = {};
  let current = path;
  for (const request of requests) {
    onStep(`Convert ${CONVERSIONS[request.convert].summary}`);
    const out = join(work, request.convert);
    mkdirSync(out);
    versions = { ...versions, ...(await convert({ ...common, ...request, path: current, out }, converters)) };
    current = join(out, 'model.onnx');
  }
  return { path: current, converters: versions };
}

async function calibrationOf(
  manifest: Manifest,
  { directory, rows }: OptimizeOptions,
): Promise<ConversionRequest['calibration']> {
  const signature = signaturesOf(manifest).serving_default!;
  // Made-up samples have other values than requests.
  const samples = manifest.samples.madeUp ? [] : sampleRequests(directory, manifest);
  const inputs = samples.map((each) => sampleInputs(each.inputs, signature, each.place));
  return calibrationRequests(signature, inputs, rows?.read(signature));
}

/** Describes the converted package: it has the signature, the task and the samples of the package before. */
function describedAs(manifest: Manifest): Omit<Described, 'samples'> {
  const { files: _files, digest: _digest, samples, requirements: _requirements, code: _code, ...kept } = manifest;
  const { signatures: _signatures, ...single } = kept;
  return {
    manifest: kept.format === 'onnx' ? kept : { ...single, format: 'onnx', artifact: 'model.onnx' },
    isMadeUp: samples.madeUp ?? false,
    tolerance: samples.tolerance,
  };
}

/** Returns the tolerance of replicas, which differ among processors as much as the conversion does. */
function replicaTolerance(limits: Limits, ofPackage: Tolerance, samples: Described['samples']): Tolerance {
  const answers = samples.flatMap(({ outputs }) => outputs);
  const all = [ofPackage, ...answers.map((each) => toleranceOf(limits, each))];
  return {
    absolute: Math.max(...all.map(({ absolute }) => absolute)),
    relative: Math.max(...all.map(({ relative }) => relative)),
  };
}

/** Returns the paths of the model in a package: its files, or those in its folder. */
function modelFiles(directory: string, { artifact, format, files }: Manifest): Manifest['files'] {
  const beside = format === 'onnx' ? externalData(join(directory, artifact)) : [];
  const paths = beside.map((path) => posix.join(posix.dirname(artifact), path));
  return files.filter(({ path }) => path === artifact || path.startsWith(`${artifact}/`) || paths.includes(path));
}

function modelBytes(directory: string, manifest: Manifest): number {
  return modelFiles(directory, manifest).reduce((sum, { path }) => sum + statSync(join(directory, path)).size, 0);
}

/** Copies the files of the task and of explanations. */
function copyOtherFiles(directory: string, manifest: Manifest, target: string): void {
  const model = modelFiles(directory, manifest);
  const { code } = manifest;
  for (const file of manifest.files) {
    const { path } = file;
    if (model.includes(file) || path === SAMPLES_FILE || path === PROOF_FILE) continue;
    if (code !== undefined && (path === code || path.startsWith(`${code}/`))) continue;
    mkdirSync(dirname(join(target, path)), { recursive: true });
    copyFileSync(join(directory, path), join(target, path));
  }
}

/** Adds what a converter wrote to the package in `directory`, and loads it. */
async function loadConverted(
  path: string,
  directory: string,
  draft: Omit<Described, 'samples'>,
  engine: EngineOptions,
): Promise<{ manifest: Manifest; model: LoadedModel }> {
  try {
    copyArtifact(path, 'onnx', directory, draft.manifest.artifact);
    const manifest = await writeManifest(directory, { ...draft, samples: [] });
    return { manifest, model: await loadModel(directory, manifest, engine) };
  } catch (error) {
    if (!(error instanceof ModelPackageError)) throw error;
    throw new OptimizationError('CONVERSION_REFUSED', `the converted model cannot be loaded: ${error.message}`);
  }
}

/** Runs both models on the samples and the rows. */
async function comparedModels(
  manifest: Manifest,
  original: LoadedModel,
  model: LoadedModel,
  requests: readonly SampleRequest[],
  { conversion, rows, tolerance: given, onStep }: OptimizeOptions,
): Promise<Limits & Pick<Proof, 'samples' | 'rows' | 'evaluation'>> {
  const { leastSqnr } = CONVERSIONS[conversion];
  const limits: Limits = given ? { tolerance: given } : { tolerance: manifest.samples.tolerance, leastSqnr };
  const [before, after] = [original, model].map(
    (each): Predict =>
      (inputs) =>
        each.run(inputs),
  ) as [Predict, Predict];
  const signature = signaturesOf(manifest).serving_default!;
  const samples = new AnswerComparison(limits);
  for (const { place, inputs: values } of requests) {
    const inputs = sampleInputs(values, signature, place);
    samples.add([place], await before(inputs), await answerOf(after, inputs));
  }
  const found = { ...limits, samples: samples.result() };
  if (!rows) return found;
  // With labels, the evaluation judges the classes of a conversion that changes every number.
  const onlyNumbers = rows.evaluation !== undefined && leastSqnr !== undefined;
  const answers = new AnswerComparison(limits, onlyNumbers);
  const [version, baseline] = [rows.evaluation?.(signature), rows.evaluation?.(signature)];
  for await (const { rows: expected, inputs } of rows.read(signature)) {
    const places = expected.map(({ place }) => place);
    const wanted = await answerOf(before, inputs);
    if (wanted instanceof InferenceError) {
      throw new EvaluationDataError(`the model rejects a request with ${placesText(places)}: ${wanted.message}.`);
    }
    const got = await answerOf(after, inputs);
    answers.add(places, wanted, got);
    if (got instanceof InferenceError) continue;
    baseline?.add(expected, wanted);
    version?.add(expected, got);
    onStep(`${answers.result().count} rows`);
  }
  const compared = answers.result();
  if (!version || !baseline || version.rows === 0) return { ...found, rows: compared };
  try {
    const comparison: Comparison = comparisonOf(version, baseline, { ...rows, against: 'the package' });
    return { ...found, rows: compared, evaluation: { ...comparison, optimized: version.all().metrics } };
  } catch (error) {
    // A wrong model may answer what no metric is defined for. Its rows differ.
    if (error instanceof EvaluationDataError && compared.differing > 0) return { ...found, rows: compared };
    throw error;
  }
}

function placesText(places: readonly string[]): string {
  return places.length === 1 ? places[0]! : `the ${places.length} rows from ${places[0]}`;
}

/** Returns why a conversion is refused, for people. */
function reasonsAgainst(
  { conversion, samples, rows, evaluation }: Pick<Proof, 'conversion' | 'samples' | 'rows' | 'evaluation'>,
  { before, after }: { readonly before: number; readonly after: number },
): string[] {
  const differ = ({ differing, count }: ComparedAnswers, what: string) =>
    differing > 0 ? [`${differing} of ${count} ${what} have other answers`] : [];
  return [
    ...differ(samples, 'golden samples'),
    ...(rows ? differ(rows, 'rows') : []),
    ...(evaluation ? lossOf(evaluation) : []),
    ...(CONVERSIONS[conversion].leastSqnr !== undefined && after >= before
      ? [`the model has ${after} bytes, and had ${before}, so that fewer bits gain nothing`]
      : []),
  ];
}

/** Returns why an evaluation refuses a conversion: a loss that is certain, or one beyond the margin that may be chance. */
function lossOf({ verdict, metric, gain, margin }: Comparison): string[] {
  if (verdict === 'worse') return [`${metric} is worse by ${figure(-gain)}`];
  if (-gain <= margin) return [];
  return [
    `${metric} is lower by ${figure(-gain)}, which is beyond the margin of ${margin} and may be chance: give more rows`,
  ];
}

function refusal(reasons: readonly string[], { samples, rows }: Pick<Proof, 'samples' | 'rows'>): OptimizationError {
  const shown = [...samples.differences, ...(rows?.differences ?? [])];
  const lines = shown.map(({ place, difference }) => `\n  ${place}: ${difference}`);
  return new OptimizationError(
    'CONVERSION_REFUSED',
    `the converted model is refused: ${reasons.join('; ')}.${lines.join('')}${lines.length > 0 ? '\n' : ' '}` +
      'Give larger limits with --tolerance or --margin, or write the package nevertheless with --accept.',
  );
}
