import { join } from 'node:path';
import { fileSha256Sync, MANIFEST_FILE } from '@modelship/runtime/manifest';
import { SIGNATURE_FILE } from '@modelship/runtime/signature';
import type { Model } from '../../model/model.js';

/** File in the folder that a server loads a model from: copied from the package, or generated at synthesis. */
export interface LayoutFile {
  /** Path relative to the folder, with forward slashes. */
  readonly path: string;
  /** Absolute path of the file to copy. */
  readonly source?: string;
  /** Content of a generated file. */
  readonly content?: string;
  /** Expected SHA-256 of a copied file, if the package declares it: 64 hexadecimal digits. */
  readonly sha256?: string;
}

/** Lists the files of the unchanged package, with its signature if replicas verify it, which Modelship's own runtime loads. */
export function packageLayout(model: Model): readonly LayoutFile[] {
  return [
    { path: MANIFEST_FILE, source: join(model.directory, MANIFEST_FILE) },
    ...(model.signedBy ? [signatureFile(model)] : []),
    ...model.manifest.files.map(({ path, sha256 }) => ({ path, sha256, source: join(model.directory, path) })),
  ];
}

function signatureFile({ directory }: Model): LayoutFile {
  const source = join(directory, SIGNATURE_FILE);
  return { path: SIGNATURE_FILE, source, sha256: fileSha256Sync(source) };
}

/** Lists the files of the artifact: one file, or the content of a folder with paths relative to it. */
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
