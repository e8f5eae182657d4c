import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What the runtime is to run on; the system is Linux. */
export interface RuntimePlatform {
  /** `x64` or `arm64`, as Node names them. */
  readonly architecture: string;
}

/** The runtime for one platform: `server.js` and its siblings, and what they require. */
export interface RuntimeFolder {
  readonly directory: string;
  /** 64 hexadecimal digits, the same for the same content. */
  readonly digest: string;
}

const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

/**
 * The runtime, pruned to one platform and built once for each content: onnxruntime has the binaries of five platforms
 * with it, of which one is needed.
 *
 * @throws Error if the platform is not supported, or the runtime is not built
 */
export function runtimeFolder({ architecture }: RuntimePlatform): RuntimeFolder {
  if (!ARCHITECTURES.includes(architecture)) {
    throw new Error(
      `got the architecture ${architecture}; the runtime has binaries for ${ARCHITECTURES.join(' and ')}`,
    );
  }
  const runtime = packageFolder('@modelship/runtime');
  const bundle = join(runtime, 'dist', 'bundle');
  if (!existsSync(join(bundle, 'server.js'))) {
    throw new Error(`${bundle} has no server.js: build the runtime with \`npm run bundle -w runtime\``);
  }
  const entries = readdirSync(bundle).sort();
  const requireFromRuntime = createRequire(join(runtime, 'package.json'));
  const onnxruntime = packageFolder('onnxruntime-node', requireFromRuntime);
  const common = packageFolder('onnxruntime-common', createRequire(join(onnxruntime, 'package.json')));

  const hash = createHash('sha256').update(architecture);
  for (const entry of entries) hash.update(entry).update(readFileSync(join(bundle, entry)));
  for (const folder of [onnxruntime, common]) hash.update(readFileSync(join(folder, 'package.json')));
  const digest = hash.digest('hex');
  const directory = join(tmpdir(), 'modelship-runtime', digest);
  if (existsSync(directory)) return { directory, digest };

  mkdirSync(dirname(directory), { recursive: true });
  const building = mkdtempSync(`${directory}-`);
  try {
    for (const entry of entries) cpSync(join(bundle, entry), join(building, entry));
    const modules = join(building, 'node_modules');
    copyModule(common, join(modules, 'onnxruntime-common'), ['dist/cjs']);
    const binaries = readdirSync(join(onnxruntime, 'bin')).map((napi) => `bin/${napi}/linux/${architecture}`);
    copyModule(onnxruntime, join(modules, 'onnxruntime-node'), ['dist', ...binaries]);
    renameSync(building, directory);
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    // Another process may have built the same in the meantime.
    if (!existsSync(directory)) throw error;
  }
  return { directory, digest };
}

function copyModule(from: string, to: string, folders: readonly string[]): void {
  mkdirSync(to, { recursive: true });
  cpSync(join(from, 'package.json'), join(to, 'package.json'));
  for (const folder of folders) {
    cpSync(join(from, folder), join(to, folder), { recursive: true, filter: (path) => !/\.(d\.ts|map)$/.test(path) });
  }
}

/** Where a package lies, by its manifest, because not every package lets its folder be resolved. */
function packageFolder(name: string, from = createRequire(__filename)): string {
  for (const folder of from.resolve.paths(name) ?? []) {
    if (existsSync(join(folder, name, 'package.json'))) return join(folder, name);
  }
  throw new Error(`${name} is not installed beside ${__filename}; run \`npm install\``);
}
