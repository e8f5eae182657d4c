import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolder } from './cache-folder.js';
import { type RuntimeFolder, type RuntimePlatform, runtimeFolder } from './runtime-folder.js';

/** Folder at which Lambda mounts the runtime of the layer. */
export const LAYER_MOUNT = '/opt/modelship';

/** Returns the folder of a Lambda layer with the runtime, written once for each content. */
export function lambdaLayer(platform: RuntimePlatform): RuntimeFolder {
  const { directory, digest } = runtimeFolder(platform);
  const layer = cachedFolder('lambda-layer', digest, (folder) => {
    const inside = join(folder, 'modelship');
    mkdirSync(inside);
    cpSync(directory, inside, { recursive: true });
  });
  return { directory: layer, digest };
}
