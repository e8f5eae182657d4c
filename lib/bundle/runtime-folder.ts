import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { cachedFolder } from './cache-folder.js';
import { filesUnder, isDeployed } from './files.js';
import { packageRoot } from './package-root.js';

/** The platform that the runtime is pruned to. The operating system is Linux, as on every target. */
export interface RuntimePlatform {
  /** `x64` or `arm64`, as Node names them. */
  readonly architecture: string;
}

/** The runtime as a folder: `server.js` and `lambda.mjs` at its top, and the native addon of one platform. */
export interface RuntimeFolder {
  readonly directory: string;
  /** 64 hexadecimal digits, the same for the same content. */
  readonly digest: string;
}

const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

const made = new Map<string, RuntimeFolder>();

/**
 * The runtime, pruned to one platform: onnxruntime-node carries the addons of five, which fit no function. It is made
 * once for each content, and lies in the cache of the user.
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

/** Files and folders, by where they go. */
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
    .map((version) => join('bin', version, 'linux', architecture))
    .filter((folder) => existsSync(join(onnx, folder)));
  return {
    ...Object.fromEntries(bundled),
    proto: join(runtime, 'proto'),
    ...Object.fromEntries(
      ['package.json', 'dist', ...native].map((path) => [`node_modules/onnxruntime-node/${path}`, join(onnx, path)]),
    ),
    ...Object.fromEntries(
      ['package.json', join('dist', 'cjs')].map((path) => [
        `node_modules/onnxruntime-common/${path}`,
        join(common, path),
      ]),
    ),
  };
}

/** Small files are read; of large ones the package's version, which is read too, says what is in them. */
const MAX_HASHED_BYTES = 4 * 1024 * 1024;

function digestOf(parts: Parts, architecture: string): string {
  const hash = createHash('sha256').update(architecture);
  for (const [target, source] of Object.entries(parts)) {
    for (const file of filesUnder(source)) {
      const { size } = statSync(file);
      hash.update(`\n${target}/${relative(source, file)} ${size} `);
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
