import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cachedFolder } from './cache-folder.js';
import { filesUnder, isDeployed, pathBelow } from './files.js';
import { packageRoot } from './package-root.js';

/** Platform to prune the runtime to. The operating system is Linux, as on every target. */
export interface RuntimePlatform {
  /** `x64` or `arm64`, as Node names them. */
  readonly architecture: string;
}

/** Folder of the runtime: `server.js` and `lambda.mjs` at its root, and the native addon of one platform. */
export interface RuntimeFolder {
  readonly directory: string;
  /** 64 hexadecimal digits, the same for the same content. */
  readonly digest: string;
}

const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

const made = new Map<string, RuntimeFolder>();

/**
 * Returns the runtime pruned to one platform, because the addons of every platform exceed the size limit of a function. It
 * is written once for each content, to the user's cache folder.
 *
 * @throws Error if the platform is not supported, or the runtime was not built
 */
export function runtimeFolder({ architecture }: RuntimePlatform): RuntimeFolder {
  if (!ARCHITECTURES.includes(architecture)) {
    throw new Error(`got the architecture ${JSON.stringify(architecture)}; ${ARCHITECTURES.join(' and ')} are allowed`);
  }
  const known = made.get(architecture);
  if (known && existsSync(known.directory)) return known;
  const parts = runtimeParts(architecture);
  const digest = digestOf(parts, architecture);
  const directory = cachedFolder('runtime', digest, (folder) => copy(parts, folder));
  const folder = { directory, digest };
  made.set(architecture, folder);
  return folder;
}

/** Source files and folders by their destination. */
type Parts = Readonly<Record<string, string>>;

function runtimeParts(architecture: string): Parts {
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
