// Makes the three tarballs that are published: those of `modelship` and `@modelship/runtime` in the folder given, and that of
// `@modelship/pictures` in its folder `pictures`, because only some users install it.
//
// The runtime's tarball carries ONNX Runtime and the tokenizers, and that of the pictures carries sharp: the addons of
// every platform, for the CPU alone, and no install script. docs/decisions/0068-onnx-runtime-inside-the-runtime-package.md
// and docs/decisions/0150-pictures-are-decoded-by-sharp-and-resized-by-our-own-code.md have the reasons.
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

const PICTURES = 'pictures';
const DECODER = 'sharp';

/** Addons of the decoder on the platforms of ONNX Runtime. On Windows, libvips is part of the addon's package. */
const DECODER_ADDONS = [
  ...['linux-x64', 'linux-arm64', 'darwin-arm64'].flatMap((platform) => [
    `@img/sharp-${platform}`,
    `@img/sharp-libvips-${platform}`,
  ]),
  '@img/sharp-win32-x64',
  '@img/sharp-win32-arm64',
];

/** Fields of package.json that would run scripts, or keep npm from installing the package on another platform. */
const RESTRICTIONS = ['scripts', 'os', 'cpu', 'libc'];

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'));
const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

const fieldsOf = (manifest, names) => Object.fromEntries(names.map((name) => [name, manifest[name]]));

/** Runs npm in a folder, and returns what it printed. */
function npm(args, cwd) {
  // A shell finds npm.cmd on Windows.
  return execFileSync('npm', args, { cwd, encoding: 'utf8', shell: process.platform === 'win32' });
}

/** Packs the package in a folder, and returns the tarball's path. */
function pack(folder, destination) {
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', destination];
  const [packed] = Object.values(JSON.parse(npm(args, folder)));
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

/**
 * Installs the decoder with the addons of every platform, in the versions and with the digests of the lock file.
 *
 * @returns the names of the packages in `node_modules`
 */
function installDecoder(folder) {
  const { packages } = readJson(join(root, 'package-lock.json'));
  const { dependencies, version } = packages[`node_modules/${DECODER}`];
  const names = [DECODER, ...Object.keys(dependencies), ...DECODER_ADDONS];
  const locked = Object.fromEntries(
    names.map((name) => {
      const path = `node_modules/${name}`;
      // The addons are dependencies here, and others are not installed.
      const {
        optional: _,
        optionalDependencies: __,
        ...entry
      } = packages[`node_modules/${DECODER}/${path}`] ?? packages[path];
      return [path, entry];
    }),
  );
  const manifest = {
    name: DECODER,
    version,
    dependencies: Object.fromEntries(names.map((name) => [name, locked[`node_modules/${name}`].version])),
  };
  writeJson(join(folder, 'package.json'), manifest);
  writeJson(join(folder, 'package-lock.json'), { lockfileVersion: 3, packages: { '': manifest, ...locked } });
  // npm installs packages of another platform only by force.
  npm(['ci', '--force', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], folder);
  return names;
}

function copyDecoder(target) {
  const work = mkdtempSync(join(tmpdir(), 'modelship-decoder-'));
  try {
    const names = installDecoder(work);
    for (const name of names) {
      const folder = join(target, name);
      const source = join(work, 'node_modules', name);
      const isBuild = (path) => ['src', 'install'].some((built) => path === join(source, built));
      cpSync(source, folder, { recursive: true, filter: (path) => !isBuild(path) });
      const manifest = readJson(join(folder, 'package.json'));
      for (const field of RESTRICTIONS) delete manifest[field];
      writeJson(join(folder, 'package.json'), manifest);
    }
    return names;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Packs the package in a folder of the repository with the packages that `bundle` copies into its `node_modules`. */
function packWith(name, destination, bundle) {
  const work = mkdtempSync(join(tmpdir(), 'modelship-tarballs-'));
  try {
    const plain = pack(join(root, name), work);
    execFileSync('tar', ['-xzf', plain, '-C', work]);
    const folder = join(work, 'package');
    const { scripts: _, ...manifest } = readJson(join(folder, 'package.json'));
    const bundleDependencies = bundle(join(folder, 'node_modules'));
    writeJson(join(folder, 'package.json'), { ...manifest, bundleDependencies });
    return pack(folder, destination);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function copyEngines(target) {
  copyEngine(join(target, ENGINE));
  copyTokenizers(join(target, TOKENIZERS));
  return [ENGINE, TOKENIZERS];
}

const [destination] = process.argv.slice(2).map((path) => resolve(path));
if (!destination) {
  console.error('usage: node scripts/tarballs.mjs FOLDER');
  process.exit(2);
}
mkdirSync(join(destination, PICTURES), { recursive: true });
console.log(packWith(PICTURES, join(destination, PICTURES), copyDecoder));
console.log(packWith('runtime', destination, copyEngines));
console.log(pack(root, destination));
