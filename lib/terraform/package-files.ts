import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssetType, TerraformAsset } from 'cdktf';
import type { Construct } from 'constructs';
import { cachedFolder } from '../bundle/cache-folder.js';
import type { Model } from '../model/model.js';
import { ModelServer } from '../serving/servers/model-server.js';

/** The one file of a folder in the cache. */
const FILE = 'content';

/** A file that a server loads the model from, and where an upload reads it. */
export interface UploadFile {
  /** Its path inside the folder, with forward slashes. */
  readonly path: string;
  /** Its path from the folder of the template. */
  readonly source: string;
}

/**
 * The files that a server loads the model from, as assets of the stack: synthesis copies them beside the template, and
 * `source` is the path from there, so that the output can be applied on another machine.
 */
export function packageAssets(scope: Construct, model: Model, server = ModelServer.modelship()): UploadFile[] {
  return server.layout(model).map(({ path, source, content = '', sha256 = digits(model) }) => {
    // The manifest knows every hash, so that synthesis need not read the weights to find them.
    const assetHash = source ? sha256 : hash(content);
    const options = { path: source ?? written(content, assetHash), type: AssetType.FILE, assetHash };
    return { path, source: new TerraformAsset(scope, `Asset-${path}`, options).path };
  });
}

/**
 * The folder of a store under which what a server loads lies: `models/<name>/<64 hexadecimal digits>`. Another content has
 * another folder, so that what a running version reads never changes under it.
 */
export function packagePrefix(model: Model, server = ModelServer.modelship()): string {
  const digest =
    server.spec.image === undefined
      ? digits(model)
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
