import { join } from 'node:path';
import { MANIFEST_FILE } from '@modelship/runtime/manifest';
import type { Model } from '../../model/model.js';

/** One file of the folder that a server loads a model from: either from the package or written at synth. */
export interface LayoutFile {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  /** Absolute path of the file it is copied from. */
  readonly source?: string;
  /** What is in the file, if it is not copied. */
  readonly content?: string;
  /** What a copied file must hash to, if the package says: 64 hexadecimal digits. */
  readonly sha256?: string;
}

/** The package as it is, which is what Modelship's own runtime loads. */
export function packageLayout(model: Model): readonly LayoutFile[] {
  return [
    { path: MANIFEST_FILE, source: join(model.directory, MANIFEST_FILE) },
    ...model.manifest.files.map(({ path, sha256 }) => ({ path, sha256, source: join(model.directory, path) })),
  ];
}

/** The files of the model itself, with their paths from the artifact: one file, or a folder's content. */
export function artifactFiles(model: Model): readonly LayoutFile[] {
  const { artifact, files } = model.manifest;
  return files
    .filter(({ path }) => path === artifact || path.startsWith(`${artifact}/`))
    .map(({ path, sha256 }) => ({
      path: path === artifact ? '' : path.slice(artifact.length + 1),
      sha256,
      source: join(model.directory, path),
    }));
}
