// `npm run bench [-- NAME …] [--rounds N] [--seconds N] [--minutes N] [--processor-time] [--json] [--smoke]`: measures us, a peer and a limit in one run.
import { parseArgs } from 'node:util';
import { BENCHMARKS } from './benchmarks.js';
import { table } from './support/pairs.js';
import { MissingPeerError } from './support/peers.js';
import type { Settings } from './support/settings.js';

const SECONDS = 5;
const SOAK_MINUTES = 10;
const WARM_UP_SECONDS = 2;

/** Runs every side as shortly as it can, to see that it still works. The figures mean nothing. */
const SMOKE: Settings = { rounds: 0, seconds: 1, warmUpSeconds: 0, byProcessorTime: false, minutes: 0.2 };

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string', default: String(SECONDS) },
      minutes: { type: 'string', default: String(SOAK_MINUTES) },
      'processor-time': { type: 'boolean', default: false },
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
          warmUpSeconds: WARM_UP_SECONDS,
          byProcessorTime: values['processor-time'],
          minutes: Number(values.minutes),
        };
    try {
      const comparisons = [await run(settings)].flat();
      if (!values.json) console.log(`\n${title}`);
      for (const comparison of comparisons) {
        console.log(values.json ? JSON.stringify({ name, title, ...comparison }) : table(comparison));
      }
    } catch (error) {
      if (!(error instanceof MissingPeerError)) throw error;
      console.error(`NOT RUN: ${name}: ${error.message}`);
    }
  }
}

main().catch((error: Error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
});
