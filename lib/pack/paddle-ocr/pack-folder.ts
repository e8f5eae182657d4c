import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Signature } from '@modelship/runtime';
import {
  type ImageStep,
  type Manifest,
  ModelPackageError,
  type ReadTextTask,
  TENSORS_SIGNATURE,
  taskSignature,
} from '@modelship/runtime/manifest';
import { engineFor } from '@modelship/runtime/serve';
import { copyArtifact } from '../formats.js';
import { plainSignatures, plainSpec, writeManifest } from '../manifest-file.js';
import type { PackOptions, Tolerance } from '../options.js';
import { packagedSamples } from '../packaged-samples.js';
import { readSampleRequests } from '../sample-requests.js';
import { Stage } from '../stage.js';
import { charactersOf, chooseModels, type OcrModels } from './folder.js';
import { textPictures } from './sample-pictures.js';

/** File of a package that lists the characters of a model's classes. */
const CHARACTERS = 'characters.json';

/**
 * Tolerance of scores. A corner that is rounded to the next pixel on another processor cuts the line elsewhere, which changes
 * the scores of its characters in the third digit.
 */
const SCORE_TOLERANCE: Tolerance = { absolute: 0.01, relative: 0 };

// The settings of RapidOCR, which serves these models, and nearly those of PaddleOCR.
const FILTER = 'opencv_linear';
const PAGE: ImageStep[] = [
  { type: 'orient' },
  { type: 'convert', mode: 'BGR' },
  { type: 'resize', maxEdge: 2000, multipleOf: 32, filter: FILTER },
  { type: 'resize', minEdge: 30, multipleOf: 32, filter: FILTER },
  { type: 'pad', minHeight: 30, maxAspectRatio: 8, value: 0 },
];
const NORMALIZATION: ImageStep[] = [
  { type: 'rescale', factor: 1 / 255 },
  { type: 'normalize', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
];
const DETECTION: ImageStep[] = [
  { type: 'resize', minEdge: 736, multipleOf: 32, filter: FILTER },
  { type: 'resize', multipleOf: 32, filter: FILTER },
  ...NORMALIZATION,
];
const LINES: ReadTextTask['lines'] = {
  pixelThreshold: 0.3,
  threshold: 0.5,
  dilate: true,
  expansion: 1.6,
  maxCandidates: 1000,
};
const BATCH_SIZE = 6;
const LINE_HEIGHT = 48;
const DIRECTION_WIDTH = 192;
const MIN_WIDTH = 320;
/** Bounds the memory of a line, which grows with the square of its width. RapidOCR has no such limit. */
const MAX_WIDTH = 4800;

/**
 * Creates a package from a folder of PaddleOCR's models in ONNX, which reads the text in pictures.
 *
 * @throws ModelPackageError with all faults of the folder
 */
export async function packPaddleOcrFolder(options: PackOptions): Promise<Manifest> {
  const { name, source, version = '1', tolerance = SCORE_TOLERANCE } = options;
  const step = options.onStep ?? (() => {});
  step('Read the folder');
  refuseOptions(options);
  const models = chooseModels(source, options.weights);
  const requests = options.samples === undefined ? await textPictures() : readSampleRequests(options.samples);
  const stage = new Stage(options.out);
  try {
    step(`Copy ${Object.keys(models).join(', ')}`);
    for (const [role, path] of Object.entries(models)) copyArtifact(path, 'onnx', stage.directory, fileOf(role));
    step('Load the models and read their signatures');
    const signatures = await signaturesOf(stage.directory, models);
    const task = taskOf(signatures);
    const output = signatures.detection.outputs[0]!;
    const classes = signatures.recognition.outputs[0]!.shape.at(-1)!;
    const characters = charactersOf(source, models.recognition, classes);
    writeFileSync(join(stage.directory, CHARACTERS), `${JSON.stringify(characters)}\n`);
    const { detection, ...further } = signatures;
    const manifest = {
      schemaVersion: 1 as const,
      name,
      version,
      format: 'onnx' as const,
      artifact: fileOf('detection'),
      ...taskSignature(task, plainSpec(output)),
      signatures: plainSignatures({ [TENSORS_SIGNATURE]: detection, ...further }),
      task,
    };
    const described = { manifest, tolerance };
    const { samples, unchanged } = await packagedSamples(stage.directory, described, requests, options.onStep);
    step('Write the manifest');
    const written = await writeManifest(stage.directory, { ...described, samples }, unchanged);
    stage.commit(written.digest, options.force ?? false);
    return written;
  } finally {
    stage.close();
  }
}

const fileOf = (role: string) => `${role}.onnx`;

/** Signatures of the models by their role. */
type Signatures = Readonly<Record<'detection' | 'recognition', Signature>> & { readonly direction?: Signature };

async function signaturesOf(directory: string, models: OcrModels): Promise<Signatures> {
  const signatures: Record<string, Signature> = {};
  for (const [role, original] of Object.entries(models)) {
    try {
      const model = await engineFor('onnx').load(
        { path: join(directory, fileOf(role)), format: 'onnx' },
        { threads: 1 },
      );
      signatures[role] = model.signatures.serving_default!;
      await model.close();
    } catch (error) {
      if (!(error instanceof ModelPackageError)) throw error;
      throw new ModelPackageError(error.code, error.message.replaceAll(join(directory, fileOf(role)), original));
    }
  }
  return signatures as unknown as Signatures;
}

/** Declares the steps. Sizes that a model fixes replace the usual ones. */
function taskOf({ detection, direction, recognition }: Signatures): ReadTextTask {
  const line = (role: string, { inputs: [input], outputs: [output] }: Signature) => ({
    model: fileOf(role),
    preprocessing: NORMALIZATION,
    height: fixed(input!.shape[2], LINE_HEIGHT),
    output: output!.name,
    batchSize: BATCH_SIZE,
  });
  return {
    type: 'read_text',
    page: PAGE,
    preprocessing: DETECTION,
    layout: 'NCHW',
    output: detection.outputs[0]!.name,
    lines: LINES,
    ...(direction && {
      direction: {
        ...line('direction', direction),
        width: fixed(direction.inputs[0]!.shape[3], DIRECTION_WIDTH),
        threshold: 0.9,
      },
    }),
    recognition: {
      ...line('recognition', recognition),
      minWidth: fixed(recognition.inputs[0]!.shape[3], MIN_WIDTH),
      maxWidth: fixed(recognition.inputs[0]!.shape[3], MAX_WIDTH),
      characters: CHARACTERS,
    },
    threshold: 0.5,
  };
}

function fixed(size: number | undefined, usual: number): number {
  return size === undefined || size === -1 ? usual : size;
}

function refuseOptions({ source, inputs, labels, code, task, background, reference }: PackOptions): void {
  const given = {
    '--input': inputs,
    '--labels': labels,
    '--code': code,
    '--task': task,
    '--background': background,
    '--reference': reference,
  };
  const names = Object.entries(given).flatMap(([option, value]) => (value === undefined ? [] : [option]));
  if (names.length === 0) return;
  throw new ModelPackageError(
    'FORMAT_UNSUPPORTED',
    `${source} has models that read text, which need no ${names.map((name) => `\`${name}\``).join(', ')}. Leave it out.`,
  );
}
