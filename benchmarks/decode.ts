import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type Comparison, compare, type Side } from './support/pairs.js';
import { PEERS } from './support/peers.js';
import { SERVER_CPU } from './support/process.js';
import type { Settings } from './support/settings.js';

/** From the JSON of a picture, 1×3×224×224, to its tensor: numbers of 17 digits, as a client of doubles writes them. */
export function benchmarkLongDecode({ rounds }: Settings): Promise<Comparison> {
  return benchmark(rounds, 17);
}

/** The same with numbers of four digits. */
export function benchmarkShortDecode({ rounds }: Settings): Promise<Comparison> {
  return benchmark(rounds, 4);
}

function benchmark(rounds: number, digits: number): Promise<Comparison> {
  // A process each, so that no side runs what the compiler made of another.
  const side = (name: string, how: string): Side => ({
    name,
    run: async () => {
      const script = [process.execPath, join(PEERS, 'decode.cjs'), how, String(digits)];
      return Number(execFileSync('taskset', ['-c', String(SERVER_CPU), ...script], { encoding: 'utf8' }));
    },
  });
  return compare('ms', rounds, [
    side('JSON.parse, then flattened', 'flatten'),
    side('JSON.parse, then copied by nested loops', 'loops'),
    side('Modelship', 'scan'),
  ]);
}
