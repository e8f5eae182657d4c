import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { create } from 'tar';
import type { Model } from '../model/model.js';
import { type LayoutFile, packageLayout } from '../serving/servers/model-layout.js';
import { cachedFolder } from './cache-folder.js';
import { writeLayoutFile } from './package-files.js';

/** Local `.tar.gz` file. */
export interface ModelArchive {
  readonly path: string;
  /** 64 hexadecimal digits: the same for the same content, whenever and wherever the archive was made. */
  readonly digest: string;
}

/**
 * Returns the model as a `.tar.gz`, written once for each content. The bytes depend on file names and contents only: times,
 * owners and modes are fixed.
 *
 * @param layout files to archive. Default: the files of the package
 * @throws Error if a file cannot be read, or is not the one that the manifest describes
 */
export function modelArchive(model: Model, layout: readonly LayoutFile[] = packageLayout(model)): ModelArchive {
  const files = [...layout].sort((a, b) => (a.path < b.path ? -1 : 1));
  const digest = createHash('sha256')
    .update(JSON.stringify([model.deployedDigest, files.map(({ path, content }) => [path, content])]))
    .digest('hex');
  const folder = cachedFolder('model-archive', digest, (filling) => build(filling, files));
  return { path: join(folder, ARCHIVE), digest };
}

const ARCHIVE = 'model.tar.gz';

function build(folder: string, files: readonly LayoutFile[]): void {
  const tree = mkdtempSync(join(tmpdir(), 'modelship-archive-'));
  try {
    for (const file of files) writeLayoutFile(tree, file, link);
    create(
      {
        file: join(folder, ARCHIVE),
        cwd: tree,
        sync: true,
        gzip: true,
        portable: true,
        noMtime: true,
        follow: true,
        filter: (_path, stats) => {
          stats.mode = 0o100644;
          return true;
        },
      },
      files.map((file) => file.path),
    );
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function link(source: string, target: string): void {
  // Windows allows links only to administrators and in developer mode.
  if (process.platform === 'win32') copyFileSync(source, target);
  else symlinkSync(resolve(source), target);
}
