import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheRoot } from '../bundle/cache-folder.js';
import type { Measurement } from './measurement.js';

/** Form of the cached file. It changes with the way of measuring. */
const FORM = 3;

/** Name of this machine's processor. */
export function processor(): string {
  return cpus()[0]?.model.trim() ?? process.arch;
}

/** Returns the measurement of a package on this processor, from an earlier run. */
export function cachedMeasurement(digest: string): Measurement | undefined {
  try {
    return JSON.parse(readFileSync(cacheFile(digest), 'utf8')) as Measurement;
  } catch {
    return undefined;
  }
}

/** Keeps a measurement for later runs. A cache that cannot be written is no error. */
export function cacheMeasurement(digest: string, measured: Measurement): void {
  const file = cacheFile(digest);
  const partial = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(partial, JSON.stringify(measured));
    renameSync(partial, file);
  } catch {
    // The next run measures again.
  }
}

function cacheFile(digest: string): string {
  const key = createHash('sha256').update([FORM, digest, processor(), process.version].join('\n')).digest('hex');
  return join(cacheRoot(), 'measurements', `${key}.json`);
}
