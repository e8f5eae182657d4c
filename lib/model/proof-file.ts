import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '@modelship/runtime/manifest';

/** File of an optimized package with the proof of its conversion. */
export const PROOF_FILE = 'optimization.json';

/**
 * Reads the proof of an optimized package, whose files the caller has verified.
 *
 * @returns undefined if the package was not made by an optimization
 */
export function readProofFile(directory: string, { files }: Pick<Manifest, 'files'>): unknown {
  if (!files.some(({ path }) => path === PROOF_FILE)) return undefined;
  return JSON.parse(readFileSync(join(directory, PROOF_FILE), 'utf8'));
}
