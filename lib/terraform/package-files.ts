import { join } from 'node:path';
import { MANIFEST_FILE } from '@modelship/runtime/manifest';
import { AssetType, TerraformAsset } from 'cdktf';
import type { Construct } from 'constructs';
import type { Model } from '../model/model.js';

/** A file of a model package and where an upload reads it. */
export interface UploadFile {
  /** Its path inside the package, with forward slashes. */
  readonly path: string;
  /** Its path, absolute or from the folder of the template. */
  readonly source: string;
}

/** Every file of the package, the manifest first, by its absolute path on this machine. The files themselves are not read. */
export function packageFiles(model: Model): UploadFile[] {
  const paths = [MANIFEST_FILE, ...model.manifest.files.map((file) => file.path)];
  return paths.map((path) => ({ path, source: join(model.directory, ...path.split('/')) }));
}

/**
 * The same files as assets of the stack: synthesis copies them beside the template, and `source` is the path from
 * there, so that the output can be applied on another machine.
 */
export function packageAssets(scope: Construct, model: Model): UploadFile[] {
  const hashes = new Map(model.manifest.files.map((file) => [file.path, file.sha256]));
  return packageFiles(model).map(({ path, source }) => {
    // The manifest knows every hash, so that synthesis need not read the weights to find them.
    const assetHash = hashes.get(path) ?? model.digest.slice('sha256:'.length);
    const asset = new TerraformAsset(scope, `Asset-${path}`, { path: source, type: AssetType.FILE, assetHash });
    return { path, source: asset.path };
  });
}

/**
 * The folder of a store under which the package lies: `models/<name>/<64 hexadecimal digits>`. Another content has
 * another folder, so that what a running version reads never changes under it.
 */
export function packagePrefix(model: Model): string {
  return `models/${model.name}/${model.digest.slice('sha256:'.length)}`;
}
