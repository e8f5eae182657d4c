import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssetType, TerraformAsset } from 'cdktf';
import type { Construct } from 'constructs';
import { cachedFolder } from '../bundle/cache-folder.js';
import type { Model } from '../model/model.js';
import { ModelServer } from '../serving/servers/model-server.js';

/** Name of the only file in its cache folder. */
const FILE = 'content';

/** Model file for a server, and the local path to upload it from. */
export interface UploadFile {
  /** Path inside the folder, with forward slashes. */
  readonly path: string;
  /** Path relative to the template. */
  readonly source: string;
}

/**
 * Returns the model's files as assets of the stack. Synthesis copies them beside the template and `source` is relative to
 * it, so another machine can apply the output.
 */
export function packageAssets(scope: Construct, model: Model, server = ModelServer.modelship()): UploadFile[] {
  return server.layout(model).map(({ path, source, content = '', sha256 = digits(model) }) => {
    // The manifest has every hash, so synthesis does not need to read the weights.
    const assetHash = source ? sha256 : hash(content);
    const options = { path: source ?? written(content, assetHash), type: AssetType.FILE, assetHash };
    return { path, source: new TerraformAsset(scope, `Asset-${path}`, options).path };
  });
}

/**
 * Returns the store prefix of the model's files: `models/<name>/<64 hexadecimal digits>`. Different content gets a
 * different prefix, so the files of a running version never change.
 */
export function packagePrefix(model: Model, server = ModelServer.modelship()): string {
  const digest = server.isModelship
    ? model.deployedDigest.slice('sha256:'.length)
    : hash(JSON.stringify([model.digest, server.layout(model).map(({ path, content }) => [path, content])]));
  return `models/${model.name}/${digest}`;
}

function written(content: string, digest: string): string {
  return join(
    cachedFolder('layouts', digest, (folder) => writeFileSync(join(folder, FILE), content)),
    FILE,
  );
}

function digits({ digest }: Model): string {
  return digest.slice('sha256:'.length);
}

function hash(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
