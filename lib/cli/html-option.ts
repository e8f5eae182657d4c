import { existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CommandFailure } from './failure.js';

/**
 * Checks that a report can be written, before the work whose result it has.
 *
 * @throws CommandFailure if the path is a folder, or its folder does not exist
 */
export function checkHtmlPath(path: string | undefined): void {
  if (path === undefined) return;
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new CommandFailure('USAGE', `--html needs a file, and ${path} is a folder. Add a file name.`);
  }
  if (!existsSync(dirname(path))) {
    throw new CommandFailure(
      'USAGE',
      `--html needs an existing folder, and ${dirname(path)} does not exist. Create it.`,
    );
  }
}

/** Writes a report if its path is given. */
export function writeHtml(path: string | undefined, page: () => string): void {
  if (path !== undefined) writeFileSync(path, page());
}
