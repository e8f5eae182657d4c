// Makes the two tarballs that are published, in the folder given: those of `modelship` and of `@modelship/runtime`.
//
// The runtime's tarball carries ONNX Runtime and the tokenizers: the addons of every platform, for the CPU alone, and no
// install script. docs/decisions/0068-onnx-runtime-inside-the-runtime-package.md has the reasons.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ENGINE = 'onnxruntime-node';

/** The addon and the library that it links, on Linux, macOS and Windows. GPU libraries and second copies stay out. */
const CPU_LIBRARIES = ['onnxruntime_binding.node', 'libonnxruntime.so.1', 'libonnxruntime.1.dylib', 'onnxruntime.dll'];

/** The fields of a package.json that say what a package is. */
const ABOUT = ['name', 'version', 'description', 'license', 'author', 'repository'];

/** The fields of the engine's package.json that are needed after installation. */
const ENGINE_FIELDS = [...ABOUT, 'main', 'types', 'os'];

const TOKENIZERS = 'tokenizers';

/** Addons of the tokenizers on the platforms of ONNX Runtime. */
const TOKENIZER_ADDONS = ['linux-x64-gnu', 'linux-arm64-gnu', 'darwin-arm64', 'win32-x64-msvc', 'win32-arm64-msvc'].map(
  (platform) => `tokenizers.${platform}.node`,
);

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

const fieldsOf = (manifest, names) => Object.fromEntries(names.map((name) => [name, manifest[name]]));

/** Packs the package in a folder, and returns the tarball's path. */
function pack(folder, destination) {
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', destination];
  // A shell finds npm.cmd on Windows.
  const output = execFileSync('npm', args, { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' });
  const [packed] = Object.values(JSON.parse(output));
  return join(destination, basename(packed.filename));
}

function copyEngine(target) {
  const source = dirname(dirname(createRequire(join(root, 'runtime', 'package.json')).resolve(ENGINE)));
  const manifest = readJson(join(source, 'package.json'));
  const fields = fieldsOf(manifest, ENGINE_FIELDS);
  const common = 'onnxruntime-common';
  mkdirSync(target, { recursive: true });
  writeJson(join(target, 'package.json'), { ...fields, dependencies: { [common]: manifest.dependencies[common] } });
  cpSync(join(root, 'scripts', 'onnxruntime-node.LICENSE'), join(target, 'LICENSE'));
  cpSync(join(source, 'dist'), join(target, 'dist'), { recursive: true, filter: (path) => !path.endsWith('.map') });
  for (const path of readdirSync(join(source, 'bin'), { recursive: true })) {
    if (CPU_LIBRARIES.includes(basename(path))) cpSync(join(source, 'bin', path), join(target, 'bin', path));
  }
}

function copyTokenizers(target) {
  const source = dirname(createRequire(join(root, 'runtime', 'package.json')).resolve(TOKENIZERS));
  const fields = fieldsOf(readJson(join(source, 'package.json')), ABOUT);
  mkdirSync(target, { recursive: true });
  writeJson(join(target, 'package.json'), { ...fields, main: 'index.js', types: 'index.d.ts' });
  for (const file of ['index.js', 'index.d.ts', ...TOKENIZER_ADDONS]) cpSync(join(source, file), join(target, file));
  // The package's own file has the license of the tool that generated its JavaScript.
  cpSync(join(root, 'LICENSE'), join(target, 'LICENSE'));
  cpSync(join(source, 'LICENSE'), join(target, 'LICENSE.napi-rs'));
}

function packRuntime(destination) {
  const work = mkdtempSync(join(tmpdir(), 'modelship-tarballs-'));
  try {
    const plain = pack(join(root, 'runtime'), work);
    execFileSync('tar', ['-xzf', plain, '-C', work]);
    const folder = join(work, 'package');
    const { scripts: _, ...manifest } = readJson(join(folder, 'package.json'));
    writeJson(join(folder, 'package.json'), { ...manifest, bundleDependencies: [ENGINE, TOKENIZERS] });
    copyEngine(join(folder, 'node_modules', ENGINE));
    copyTokenizers(join(folder, 'node_modules', TOKENIZERS));
    return pack(folder, destination);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const [destination] = process.argv.slice(2).map((path) => resolve(path));
if (!destination) {
  console.error('usage: node scripts/tarballs.mjs FOLDER');
  process.exit(2);
}
mkdirSync(destination, { recursive: true });
for (const path of [packRuntime(destination), pack(root, destination)]) console.log(path);
