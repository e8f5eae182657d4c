import { join } from 'node:path';
import { MANIFEST_FILE } from '@modelship/runtime/manifest';
import type { Model } from '../model/model.js';

/** A file of a model package and where an upload reads it. */
export interface UploadFile {
  /** Its path inside the package, with forward slashes. */
  readonly path: string;
  /** Its path on this machine, absolute. */
  readonly source: string;
}

/** Every file of the package, the manifest first. The files themselves are not read. */
export function packageFiles(model: Model): UploadFile[] {
  const paths = [MANIFEST_FILE, ...model.manifest.files.map((file) => file.path)];
  return paths.map((path) => ({ path, source: join(model.directory, ...path.split('/')) }));
}

/**
 * The folder of a store under which the package lies: `models/<name>/<64 hexadecimal digits>`. Another content has
 * another folder, so that what a running version reads never changes under it.
 */
export function packagePrefix(model: Model): string {
  return `models/${model.name}/${model.digest.slice('sha256:'.length)}`;
}
