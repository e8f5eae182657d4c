import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TextProto } from './text-proto.js';

/** Returns the folders in `base` whose names are numbers and that contain one of `files`, the latest first. */
export function versionsIn(base: string, files: readonly string[]): readonly string[] {
  if (!existsSync(base)) return [];
  return readdirSync(base, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^[0-9]{1,18}$/.test(entry.name))
    .filter(({ name }) => files.some((file) => existsSync(join(base, name, file))))
    .map(({ name }) => name)
    .sort(latestFirst);
}

/**
 * Returns the version that a server responds from by default: the latest that its policy lists, or the latest of all.
 *
 * @param versions names of folders, the latest first
 * @returns name of a folder, or the listed number if it has no folder. Undefined if there are no versions
 */
export function servedVersion(versions: readonly string[], policy: TextProto | undefined): string | undefined {
  const [listed] = [...(policy?.message('specific')?.texts('versions') ?? [])].sort(latestFirst);
  if (listed === undefined) return versions[0];
  return versions.find((each) => versionNumber(each) === listed) ?? listed;
}

/** Returns the number of a folder, whose name may have leading zeros. Versions of packages have none. */
export function versionNumber(folder: string): string {
  return folder.replace(/^0+(?=\d)/, '');
}

/** Returns a note on versions beside the one that is packed. */
export function otherVersionsNote(others: readonly string[]): string[] {
  const [latest] = others;
  if (latest === undefined) return [];
  return [
    `versions: ${others.join(', ')} also exist, and a package has one; pack the folder ${latest} with ` +
      `\`--version ${versionNumber(latest)}\``,
  ];
}

function latestFirst(one: string, other: string): number {
  return other.localeCompare(one, 'en', { numeric: true });
}
