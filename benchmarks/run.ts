// `npm run bench [-- NAME …] [--rounds N] [--json]`: measures us, a peer and a limit in one run.
import { parseArgs } from 'node:util';
import { benchmarkStart } from './start.js';
import { type Comparison, table } from './support/pairs.js';
import {
  benchmarkLambdaSynth,
  benchmarkLambdaSynthAgain,
  benchmarkTerraformSynth,
  TERRAFORM_TARGETS,
} from './synth.js';
import { benchmarkThroughput } from './throughput.js';

interface Benchmark {
  readonly title: string;
  readonly rounds: number;
  run(rounds: number): Promise<Comparison>;
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
        run: (rounds: number) => benchmarkTerraformSynth(targets, rounds),
      },
    ]),
  ),
  throughput: { title: 'Iris by JSON, 32 connections, one core', rounds: 3, run: benchmarkThroughput },
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { rounds: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const unknown = positionals.filter((name) => !(name in BENCHMARKS));
  if (unknown.length > 0) {
    throw new Error(`no benchmark is called ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  }
  for (const name of positionals.length > 0 ? positionals : Object.keys(BENCHMARKS)) {
    const { title, rounds, run } = BENCHMARKS[name]!;
    const comparison = await run(Number(values.rounds ?? rounds));
    console.log(values.json ? JSON.stringify({ name, title, ...comparison }) : `\n${title}\n${table(comparison)}`);
  }
}

main().catch((error: Error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
});
