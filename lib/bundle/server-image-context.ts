import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolder } from './cache-folder.js';
import type { ImageContext } from './image-parts.js';

/**
 * Returns the build context that copies an image of another server into a registry, written once for each content.
 *
 * @param image reference that the builder can pull; no token
 * @param command arguments of the image's entry point in the copy. Default: the image's own
 */
export function serverImageContext(image: string, command?: readonly string[]): ImageContext {
  // The exec form runs no shell, so variables are not expanded.
  const lines = [`FROM ${image}`, ...(command ? [`CMD ${JSON.stringify(command)}`] : [])];
  const text = lines.map((line) => `${line}\n`).join('');
  const digest = createHash('sha256').update(text).digest('hex');
  const fill = (folder: string) => writeFileSync(join(folder, 'Dockerfile'), text);
  return { directory: cachedFolder('server-image-context', digest, fill), digest };
}
