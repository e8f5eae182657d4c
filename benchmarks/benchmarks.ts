// The benchmarks by their names on the command line.
import { benchmarkCompare, COMPARED } from './compare.js';
import { benchmarkCores } from './cores.js';
import { benchmarkCsv } from './csv.js';
import { benchmarkLongDecode, benchmarkShortDecode } from './decode.js';
import { benchmarkExplain, EXPLAINED } from './explain.js';
import { benchmarkImage } from './image.js';
import { benchmarkLatency } from './latency.js';
import { benchmarkManyModels } from './many-models.js';
import { benchmarkMemory, benchmarkSoak } from './memory.js';
import { benchmarkPictures } from './pictures.js';
import { benchmarkPlain } from './plain.js';
import { benchmarkPickle, benchmarkSavedModel, benchmarkTorchScript } from './python-formats.js';
import { benchmarkRecommend } from './recommend.js';
import { benchmarkStart } from './start.js';
import { PLAIN_MODELS, type PlainFormat } from './support/models.js';
import type { Comparison } from './support/pairs.js';
import type { Settings } from './support/settings.js';
import {
  benchmarkLambdaSynth,
  benchmarkLambdaSynthAgain,
  benchmarkTerraformSynth,
  TERRAFORM_TARGETS,
} from './synth.js';
import { benchmarkText, benchmarkTextStart } from './text.js';
import { benchmarkMlpThroughput, benchmarkRay, benchmarkThroughput } from './throughput.js';

/** One benchmark by its name on the command line. */
export interface Benchmark {
  readonly title: string;
  readonly rounds: number;
  run(settings: Settings): Promise<Comparison | readonly Comparison[]>;
}

export const BENCHMARKS: Record<string, Benchmark> = {
  start: { title: 'Process start to first prediction, iris', rounds: 7, run: benchmarkStart },
  'synth-lambda': { title: 'CDK app to template, Lambda', rounds: 7, run: benchmarkLambdaSynth },
  'synth-lambda-again': { title: 'The same, once more', rounds: 7, run: benchmarkLambdaSynthAgain },
  ...Object.fromEntries(
    Object.entries(TERRAFORM_TARGETS).map(([name, targets]) => [
      `synth-${name}`,
      {
        title: `CDKTF app to templates, ${targets.join(', ')}`,
        rounds: 7,
        run: ({ rounds }: Settings) => benchmarkTerraformSynth(targets, rounds),
      },
    ]),
  ),
  'many-models': { title: 'Many models in one stack, SageMaker', rounds: 5, run: benchmarkManyModels },
  throughput: { title: 'Iris by JSON, 32 connections, one core', rounds: 3, run: benchmarkThroughput },
  'throughput-mlp': { title: 'MLP by JSON, 32 connections, one core', rounds: 3, run: benchmarkMlpThroughput },
  'throughput-ray': { title: 'Iris by JSON beside Ray Serve', rounds: 3, run: benchmarkRay },
  csv: { title: 'Iris by CSV, 32 connections, one core', rounds: 3, run: benchmarkCsv },
  ...Object.fromEntries(
    [16, 128, 512].map((tokens) => [
      `text-${tokens}`,
      {
        title: `Vectors of texts of ${tokens} tokens, all-MiniLM-L6-v2, one core`,
        rounds: 3,
        run: (settings: Settings) => benchmarkText(tokens, settings),
      },
    ]),
  ),
  'text-start': { title: 'Process start to first vector, all-MiniLM-L6-v2', rounds: 7, run: benchmarkTextStart },
  'picture-small': {
    title: 'JPEG of 640×480 pixels to classes, MobileNetV2',
    rounds: 3,
    run: (settings) => benchmarkPictures('640x480', settings),
  },
  'picture-large': {
    title: 'JPEG of 3000×2000 pixels to classes, MobileNetV2',
    rounds: 3,
    run: (settings) => benchmarkPictures('3000x2000', settings),
  },
  ...Object.fromEntries(
    (Object.keys(COMPARED) as (keyof typeof COMPARED)[]).map((model) => [
      `compare-${model}`,
      {
        title: `Throughput by modelship compare, and of the server under load, ${model}`,
        rounds: 3,
        run: (settings: Settings) => benchmarkCompare(model, settings),
      },
    ]),
  ),
  cores: { title: 'Iris by JSON, one process and two on one core', rounds: 5, run: benchmarkCores },
  image: { title: 'MobileNetV2 by binary tensors, one thread', rounds: 5, run: benchmarkImage },
  'decode-long': { title: 'A picture in JSON to its tensor, 17 digits', rounds: 5, run: benchmarkLongDecode },
  'decode-short': { title: 'A picture in JSON to its tensor, 4 digits', rounds: 5, run: benchmarkShortDecode },
  ...Object.fromEntries(
    [1, 32].map((queries) => [
      `recommend-${queries}`,
      {
        title: `The ten best of a million items × 64 numbers, queries together: ${queries}`,
        rounds: 5,
        run: (settings: Settings) => benchmarkRecommend(queries, settings),
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(EXPLAINED).map(([name, { title }]) => [
      `explain-${name}`,
      {
        title: `Exact effects of features in trees, ${title}`,
        rounds: 5,
        run: (settings: Settings) => benchmarkExplain(name, settings),
      },
    ]),
  ),
  'python-pickle': { title: 'A scikit-learn pipeline by JSON, one core', rounds: 3, run: benchmarkPickle },
  'python-torchscript': { title: 'A TorchScript MLP by JSON, one core', rounds: 3, run: benchmarkTorchScript },
  'python-saved-model': { title: 'A SavedModel MLP by JSON, one core', rounds: 3, run: benchmarkSavedModel },
  ...Object.fromEntries(
    (Object.keys(PLAIN_MODELS) as PlainFormat[]).map((format) => [
      `plain-${format}`,
      {
        title: `Packed without samples, ${PLAIN_MODELS[format].framework} by JSON, one core`,
        rounds: 3,
        run: (settings: Settings) => benchmarkPlain(format, settings),
      },
    ]),
  ),
  latency: { title: 'Latency at 70 % of capacity, iris by JSON', rounds: 3, run: benchmarkLatency },
  memory: { title: 'Memory under load, iris', rounds: 3, run: benchmarkMemory },
  soak: { title: 'Memory over a long load, iris', rounds: 1, run: benchmarkSoak },
};
