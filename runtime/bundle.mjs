// Bundles the runtime's entry points into single files. One file opens faster than a hundred, and callers wait for the
// cold start of a function. The native addon stays outside, and rarely used modules are separate files.

import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { entries } from './bundle-entries.mjs';

const present = Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(path)));

/** Bundles onnxruntime's JavaScript, and leaves the native addon where npm installed it. */
const nativeAddon = {
  name: 'native-addon',
  setup({ onLoad }) {
    onLoad({ filter: /onnxruntime-node[\\/]dist[\\/]binding\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace('`../bin/', '`onnxruntime-node/bin/'),
    }));
  },
};

/** Bundle file of each module that has its own file. */
const files = new Map(Object.entries(present).map(([name, path]) => [resolve(path), `./${name}.js`]));

/** Redirects imports of a module with its own file to that file, so that no process loads two copies of it. */
const ownFiles = {
  name: 'own-files',
  setup({ onResolve }) {
    onResolve({ filter: /^(\.|@grpc\/grpc-js$)/ }, ({ path, kind, resolveDir }) => {
      if (kind === 'entry-point') return undefined;
      const source = path.startsWith('.') ? resolve(resolveDir, path.replace(/\.js$/, '.ts')) : entries['grpc-js'];
      const file = files.get(source);
      return file && { path: file, external: true };
    });
  },
};

/** Files that a process loads beside its entry point. */
const loadedBeside = [
  'protocols',
  'http-server',
  's3-source',
  'signature',
  'grpc',
  'grpc-calls',
  'open-telemetry',
  'otlp-grpc',
];

/** Rejects a bundle in which a file that is loaded beside another holds its own copy of a base error class. */
async function checkErrorClasses({ outputs }) {
  for (const name of loadedBeside) {
    for (const source of Object.keys(outputs[`dist/bundle/${name}.js`]?.inputs ?? {})) {
      if (!source.startsWith('src/') || !/export class \w+ extends Error\b/.test(await readFile(source, 'utf8')))
        continue;
      throw new Error(`${source} declares an error class and is copied into ${name}.js; add it to the entries`);
    }
  }
}

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  legalComments: 'linked',
  logLevel: 'warning',
};

// Outdated files must not be deployed.
await rm('dist/bundle', { recursive: true, force: true });

const { metafile } = await build({
  entryPoints: present,
  outdir: 'dist/bundle',
  ...common,
  external: ['onnxruntime-node/*'],
  plugins: [nativeAddon, ownFiles],
  metafile: true,
  // The thread of an offloaded model resolves the package at run time.
  logOverride: { 'require-resolve-not-external': 'silent' },
});

await checkErrorClasses(metafile);

// Lambda loads an ES module. CommonJS could not delay the initialization until the model is loaded.
await copyFile('src/platforms/lambda.mjs', 'dist/bundle/lambda.mjs');

// The package's modules bundle the libraries that they import, so that installing the package installs none of them.
// Users of the constructs do not need gRPC, and no install scripts run. Loading is faster, too: for zod alone, the
// saving exceeds the time to synthesize a template. ONNX Runtime remains a separate package because of its native
// addon.
const ENGINE = /^onnxruntime-/;

/** Bundles a module with its imports from other packages. Modules of this package stay separate files. */
const packagesOnly = {
  name: 'packages-only',
  setup({ onResolve }) {
    const isOwn = (importer) => !importer.includes('node_modules');
    onResolve({ filter: /^\./ }, ({ importer, kind }) =>
      kind !== 'entry-point' && isOwn(importer) ? { external: true } : undefined,
    );
    onResolve({ filter: ENGINE }, () => ({ external: true }));
  },
};

const sources = (await readdir('src', { recursive: true })).filter((path) => path.endsWith('.ts'));
const modules = await build({
  entryPoints: sources.map((path) => `src/${path.replaceAll('\\', '/')}`),
  outbase: 'src',
  outdir: 'dist',
  ...common,
  legalComments: 'eof',
  plugins: [packagesOnly],
  metafile: true,
  write: false,
  logOverride: { 'require-resolve-not-external': 'silent' },
});
const withPackages = Object.entries(modules.metafile.outputs)
  .filter(([, { inputs }]) => Object.keys(inputs).length > 1)
  .map(([path]) => resolve(path));
for (const { path, contents } of modules.outputFiles) {
  if (withPackages.includes(path)) await writeFile(path, contents);
}
