// `npm run bench [-- NAME …] [--rounds N] [--seconds N] [--minutes N] [--json] [--smoke]`: measures us, a peer and a limit in one run.
import { parseArgs } from 'node:util';
import { benchmarkCores } from './cores.js';
import { benchmarkLongDecode, benchmarkShortDecode } from './decode.js';
import { benchmarkImage } from './image.js';
import { benchmarkLatency } from './latency.js';
import { benchmarkManyModels } from './many-models.js';
import { benchmarkMemory, benchmarkSoak } from './memory.js';
import { benchmarkPlain } from './plain.js';
import { benchmarkPickle, benchmarkSavedModel, benchmarkTorchScript } from './python-formats.js';
import { benchmarkStart } from './start.js';
import { type Comparison, table } from './support/pairs.js';
import type { Settings } from './support/settings.js';
import {
  benchmarkLambdaSynth,
  benchmarkLambdaSynthAgain,
  benchmarkTerraformSynth,
  TERRAFORM_TARGETS,
} from './synth.js';
import { benchmarkMlpThroughput, benchmarkRay, benchmarkThroughput } from './throughput.js';

interface Benchmark {
  readonly title: string;
  readonly rounds: number;
  run(settings: Settings): Promise<Comparison | readonly Comparison[]>;
}

const BENCHMARKS: Record<string, Benchmark> = {
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
  cores: { title: 'Iris by JSON, one process and two on one core', rounds: 5, run: benchmarkCores },
  image: { title: 'MobileNetV2 by binary tensors, one thread', rounds: 5, run: benchmarkImage },
  'decode-long': { title: 'A picture in JSON to its tensor, 17 digits', rounds: 5, run: benchmarkLongDecode },
  'decode-short': { title: 'A picture in JSON to its tensor, 4 digits', rounds: 5, run: benchmarkShortDecode },
  'python-pickle': { title: 'A scikit-learn pipeline by JSON, one core', rounds: 3, run: benchmarkPickle },
  'python-torchscript': { title: 'A TorchScript MLP by JSON, one core', rounds: 3, run: benchmarkTorchScript },
  'python-saved-model': { title: 'A SavedModel MLP by JSON, one core', rounds: 3, run: benchmarkSavedModel },
  plain: { title: 'Packed without samples, by JSON, one core', rounds: 3, run: benchmarkPlain },
  latency: { title: 'Latency at 70 % of capacity, iris by JSON', rounds: 3, run: benchmarkLatency },
  memory: { title: 'Memory under load, iris', rounds: 3, run: benchmarkMemory },
  soak: { title: 'Memory over a long load, iris', rounds: 1, run: benchmarkSoak },
};

const SECONDS = 5;
const SOAK_MINUTES = 10;

/** Runs every side as shortly as it can, to see that it still works. The figures mean nothing. */
const SMOKE: Settings = { rounds: 1, seconds: 1, minutes: 0.2 };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string', default: String(SECONDS) },
      minutes: { type: 'string', default: String(SOAK_MINUTES) },
      json: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
    },
  });
  const unknown = positionals.filter((name) => !(name in BENCHMARKS));
  if (unknown.length > 0) {
    throw new Error(`no benchmark is called ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  }
  for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHMARKS)) {
    const { title, rounds, run } = BENCHMARKS[name]!;
    const settings = values.smoke
      ? SMOKE
      : {
          rounds: Number(values.rounds ?? rounds),
          seconds: Number(values.seconds),
          minutes: Number(values.minutes),
        };
    const comparisons = [await run(settings)].flat();
    if (!values.json) console.log(`\n${title}`);
    for (const comparison of comparisons) {
      console.log(values.json ? JSON.stringify({ name, title, ...comparison }) : table(comparison));
    }
  }
}

main().catch((error: Error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
});
