import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Task } from '@modelship/runtime/manifest';
import { cachedFolder } from './cache-folder.js';
import { filesUnder, isDeployed, pathBelow } from './files.js';
import { packageRoot } from './package-root.js';
import { taskPackageFiles, taskPackages } from './task-packages.js';

/** What to prune the runtime to. The operating system is Linux, as on every target. */
export interface RuntimePlatform {
  /** `x64` or `arm64`, as Node names them. */
  readonly architecture: string;
  /** Task of the model. @default - the model takes tensors, so that packages for texts and pictures are left out */
  readonly task?: Task | undefined;
}

/** Folder of the runtime: `server.js` and `lambda.mjs` at its root, and the native addons of one platform. */
export interface RuntimeFolder {
  readonly directory: string;
  /** 64 hexadecimal digits, the same for the same content. */
  readonly digest: string;
}

const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

const made = new Map<string, RuntimeFolder>();

/**
 * Returns the runtime pruned to one platform and to what the model needs, because all addons exceed the size limit of a
 * function. It is written once for each content, to the user's cache folder.
 *
 * @throws Error if the platform is not supported, or the runtime was not built
 */
export function runtimeFolder({ architecture, task }: RuntimePlatform): RuntimeFolder {
  if (!ARCHITECTURES.includes(architecture)) {
    throw new Error(`got the architecture ${JSON.stringify(architecture)}; ${ARCHITECTURES.join(' and ')} are allowed`);
  }
  const packages = taskPackages(task);
  const key = [architecture, ...packages].join(' ');
  const known = made.get(key);
  if (known && existsSync(known.directory)) return known;
  const parts = runtimeParts(architecture, packages);
  const digest = digestOf(parts, architecture);
  const directory = cachedFolder('runtime', digest, (folder) => copy(parts, folder));
  const folder = { directory, digest };
  made.set(key, folder);
  return folder;
}

/** Source files and folders by their destination. */
type Parts = Readonly<Record<string, string>>;

function runtimeParts(architecture: string, packages: readonly string[]): Parts {
  const runtime = packageRoot('@modelship/runtime', __filename);
  const bundle = join(runtime, 'dist', 'bundle');
  if (!existsSync(join(bundle, 'server.js'))) {
    throw new Error(`the runtime is not built: ${bundle} has no server.js. Run \`npm run build\` first.`);
  }
  const bundled = readdirSync(bundle).map((name): [string, string] => [name, join(bundle, name)]);
  const onnx = packageRoot('onnxruntime-node', join(runtime, 'package.json'));
  const common = packageRoot('onnxruntime-common', join(onnx, 'package.json'));
  const native = readdirSync(join(onnx, 'bin'))
    .map((version) => `bin/${version}/linux/${architecture}`)
    .filter((folder) => existsSync(join(onnx, folder)));
  return {
    ...Object.fromEntries(bundled),
    proto: join(runtime, 'proto'),
    ...Object.fromEntries(
      ['package.json', 'dist', ...native].map((path) => [`node_modules/onnxruntime-node/${path}`, join(onnx, path)]),
    ),
    ...Object.fromEntries(
      ['package.json', 'dist/cjs'].map((path) => [`node_modules/onnxruntime-common/${path}`, join(common, path)]),
    ),
    ...Object.assign(
      {},
      ...packages.map((name) => taskPackageFiles(name, architecture, join(runtime, 'package.json'))),
    ),
  };
}

/** Hashes small files by content. Large files are identified by the version of their package, which is hashed too. */
const MAX_HASHED_BYTES = 4 * 1024 * 1024;

function digestOf(parts: Parts, architecture: string): string {
  const hash = createHash('sha256').update(architecture);
  for (const [target, source] of Object.entries(parts)) {
    for (const file of filesUnder(source)) {
      const { size } = statSync(file);
      hash.update(`\n${target}/${pathBelow(source, file)} ${size} `);
      if (size <= MAX_HASHED_BYTES) hash.update(readFileSync(file));
    }
  }
  return hash.digest('hex');
}

function copy(parts: Parts, folder: string): void {
  for (const [target, source] of Object.entries(parts)) {
    const to = join(folder, target);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(source, to, { recursive: true, dereference: true, filter: isDeployed });
  }
}
