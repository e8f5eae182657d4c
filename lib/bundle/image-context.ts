import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cachedFolder } from './cache-folder.js';
import { runtimeFolder } from './runtime-folder.js';

/** What an image of the runtime is made for. */
export interface ImageContextOptions {
  /** `x64` or `arm64`, as Node names them. */
  readonly architecture: string;
  /** Pinned Python packages, for formats that need Python. @default - none: an image for ONNX, without Python */
  readonly requirements?: readonly string[];
}

/** A folder to be given to `docker build`, with the `Dockerfile` in it. */
export interface ImageContext {
  readonly directory: string;
  /** 64 hexadecimal digits, the same for the same content. */
  readonly digest: string;
}

/**
 * The build context of the runtime's image, built once for each content. The image holds the runtime and no model, so
 * models of the same needs share it.
 *
 * @throws Error if the platform is not supported, or the runtime is not built
 */
export function runtimeImageContext({ architecture, requirements }: ImageContextOptions): ImageContext {
  const runtime = runtimeFolder({ architecture });
  const root = dirname(createRequire(__filename).resolve('@modelship/runtime/package.json'));
  const dockerfile = join(root, 'images', requirements ? 'python.Dockerfile' : 'Dockerfile');
  const packages = requirements && [...requirements].sort();
  const digest = createHash('sha256')
    .update(JSON.stringify([runtime.digest, packages]))
    .update(readFileSync(dockerfile))
    .digest('hex');
  const directory = cachedFolder('image-context', digest, (folder) => {
    copyFileSync(dockerfile, join(folder, 'Dockerfile'));
    cpSync(runtime.directory, join(folder, 'runtime'), { recursive: true });
    if (packages) {
      writeFileSync(join(folder, 'requirements.txt'), packages.map((line) => `${line}\n`).join(''));
      cpSync(join(root, 'python'), join(folder, 'runtime', 'python'), { recursive: true });
    }
  });
  return { directory, digest };
}
