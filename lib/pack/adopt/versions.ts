import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the folders in `base` whose names are numbers and that contain one of `files`, the latest first. */
export function versionsIn(base: string, files: readonly string[]): readonly string[] {
  if (!existsSync(base)) return [];
  return readdirSync(base, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^[0-9]{1,18}$/.test(entry.name))
    .filter(({ name }) => files.some((file) => existsSync(join(base, name, file))))
    .map(({ name }) => name)
    .sort((one, other) => Number(BigInt(other) - BigInt(one)));
}

/** Returns a note on versions beside the one that is packed. */
export function otherVersionsNote(others: readonly string[]): string[] {
  if (others.length === 0) return [];
  return [
    `versions: ${others.join(', ')} also exist, and a package has one; pack the folder ${others[0]} with \`--version ${others[0]}\``,
  ];
}
