import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedFolder } from './cache-folder.js';
import type { ImageContext } from './image-parts.js';

/**
 * The build context of a copy of somebody's image, made once for each content: built, it is the image in another registry.
 *
 * @param image a reference that whoever builds may pull, known at synth
 * @param command what the copy gives to the image's entry point. Default: what the image does
 */
export function serverImageContext(image: string, command?: readonly string[]): ImageContext {
  // In the form of an array no shell reads it, and no variable is replaced.
  const lines = [`FROM ${image}`, ...(command ? [`CMD ${JSON.stringify(command)}`] : [])];
  const text = lines.map((line) => `${line}\n`).join('');
  const digest = createHash('sha256').update(text).digest('hex');
  const fill = (folder: string) => writeFileSync(join(folder, 'Dockerfile'), text);
  return { directory: cachedFolder('server-image-context', digest, fill), digest };
}
