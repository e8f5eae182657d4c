import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Model } from '../model/model.js';
import { cachedFolder } from './cache-folder.js';
import { filesUnder, pathBelow } from './files.js';
import { copyPackage } from './package-files.js';
import { packageRoot } from './package-root.js';
import { pythonRequirements, type ServerNeeds } from './python-requirements.js';
import { type RuntimeFolder, runtimeFolder } from './runtime-folder.js';

/** Folders of the build context that the Dockerfiles copy the runtime and the model from. */
const RUNTIME_FOLDER = 'runtime';
const MODEL_FOLDER = 'model';

/** Parts of an image. */
export interface ImageParts {
  readonly runtime: RuntimeFolder;
  /** Content of small files by their path in the context. */
  readonly texts: { readonly [path: string]: string };
  /** @default - the image holds no model */
  readonly model?: Model;
}

/** Folder for `docker build`, including the `Dockerfile`. */
export interface ImageContext {
  readonly directory: string;
  /** 64 hexadecimal digits, the same for the same content. */
  readonly digest: string;
}

/** Returns the runtime and its Dockerfile, and the worker and its packages if the format needs Python. */
export function runtimeParts(architecture: string, manifest: ServerNeeds): ImageParts {
  const runtime = runtimeFolder({ architecture, task: manifest.task });
  const requirements = pythonRequirements(manifest);
  if (!requirements) return { runtime, texts: { Dockerfile: dockerfile('Dockerfile') } };
  const root = runtimeRoot();
  const worker = filesUnder(join(root, 'python', 'modelship_worker')).map((file) => [
    `${RUNTIME_FOLDER}/${pathBelow(root, file)}`,
    readFileSync(file, 'utf8'),
  ]);
  return {
    runtime,
    texts: {
      Dockerfile: dockerfile('python.Dockerfile'),
      'requirements.txt': requirements.map((line) => `${line}\n`).join(''),
      ...Object.fromEntries(worker),
    },
  };
}

/** One of the runtime's Dockerfiles. */
export function dockerfile(name: string): string {
  return readFileSync(join(runtimeRoot(), 'images', name), 'utf8');
}

/**
 * Writes the parts to a folder, once for each content.
 *
 * @throws Error if a file cannot be read, or is not the one that the model's manifest describes
 */
export function imageContext(parts: ImageParts): ImageContext {
  const { runtime, texts, model } = parts;
  const digest = createHash('sha256')
    .update(JSON.stringify([runtime.digest, texts, model?.deployedDigest]))
    .digest('hex');
  return { directory: cachedFolder('image-context', digest, (folder) => fill(folder, parts)), digest };
}

function fill(folder: string, { runtime, texts, model }: ImageParts): void {
  cpSync(runtime.directory, join(folder, RUNTIME_FOLDER), { recursive: true });
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  if (model) copyPackage(model, join(folder, MODEL_FOLDER));
}

function runtimeRoot(): string {
  return packageRoot('@modelship/runtime', __filename);
}
