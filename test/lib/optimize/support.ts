import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../cli/support.js';

/** The interpreter with the frameworks. */
export const PYTHON = join(ROOT, '.venv', 'bin', 'python');

/**
 * Writes a program that stands for a Python whose converter writes a file, fails with its last line, or writes the id of
 * its process into a file and waits.
 *
 * @returns its path
 */
export function converter(
  folder: string,
  result: { readonly writes: string } | { readonly fails: string } | { readonly waits: string },
): string {
  const path = join(folder, 'python');
  const work =
    'fails' in result
      ? `echo '${result.fails}' >&2; exit 1`
      : 'waits' in result
        ? `echo $$ > '${result.waits}.part'; mv '${result.waits}.part' '${result.waits}'; exec sleep 600`
        : `cp '${result.writes}' "$out/model.onnx"; echo '{"versions": {"tool": "1.0"}}' > "$out/export.json"`;
  const out = `out=$(sed 's/.*"out":"\\([^"]*\\)".*/\\1/')`;
  writeFileSync(path, `#!/bin/sh\n${out}\n${work}\n`);
  chmodSync(path, 0o755);
  return path;
}
