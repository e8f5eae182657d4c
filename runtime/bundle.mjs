// Bundles the runtime's entry points into single files: one file opens faster than a hundred, and start-up is what a
// caller waits for on a function. The native addon stays outside, and what is rarely used lies beside.

import { existsSync } from 'node:fs';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { build } from 'esbuild';

const entries = {
  server: 'src/main.ts',
  'lambda-handler': 'src/platforms/lambda.ts',
  'lambda-bootstrap': 'src/platforms/lambda-bootstrap.ts',
  authorizer: 'src/platforms/lambda-authorizer.ts',
  // Loaded by the others only where they are needed.
  's3-source': 'src/store/s3-source.ts',
  grpc: 'src/server/grpc.ts',
  'grpc-js': createRequire(import.meta.url).resolve('@grpc/grpc-js'),
  'open-telemetry': 'src/observability/open-telemetry.ts',
  'otlp-grpc': 'src/observability/otlp-grpc.ts',
};
const present = Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(path)));

// They are files beside the others, which leave their import as it is.
const apart = ['./s3-source.js', './open-telemetry.js', './otlp-grpc.js'];

/** Takes onnxruntime's JavaScript into the bundle, and leaves the native addon where npm put it. */
const nativeAddon = {
  name: 'native-addon',
  setup({ onLoad }) {
    onLoad({ filter: /onnxruntime-node[\\/]dist[\\/]binding\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace('`../bin/', '`onnxruntime-node/bin/'),
    }));
  },
};

/** Leaves the handler where it is, for what starts it outside of Lambda's own runtimes. */
const handlerApart = {
  name: 'handler-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/lambda\.js$/ }, () => ({ path: './lambda-handler.js', external: true }));
  },
};

/** Keeps gRPC's library in a file of its own, which the server and the exporter of spans share. */
const grpcApart = {
  name: 'grpc-apart',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/server\/grpc\.js$/ }, () => ({ path: './grpc.js', external: true }));
    onResolve({ filter: /^@grpc\/grpc-js$/ }, () => ({ path: './grpc-js.js', external: true }));
  },
};

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  legalComments: 'linked',
  logLevel: 'warning',
};

// A file that is no longer made must not be deployed.
await rm('dist/bundle', { recursive: true, force: true });

await build({
  entryPoints: present,
  outdir: 'dist/bundle',
  ...common,
  external: ['onnxruntime-node/*', ...apart],
  plugins: [nativeAddon, handlerApart, grpcApart],
  // The thread of a long model asks at run time where the package lies.
  logOverride: { 'require-resolve-not-external': 'silent' },
});

// What Lambda loads is no CommonJS, which could not hold the initialization until the model is loaded.
await copyFile('src/platforms/lambda.mjs', 'dist/bundle/lambda.mjs');

// Whoever synthesizes reads a manifest first, and zod takes longer to load than a template to make: what the schema uses
// of it goes into the schema's own file.
await build({
  entryPoints: ['src/manifest/schema.ts'],
  outfile: 'dist/manifest/schema.js',
  ...common,
  external: ['../tensor/*'],
});
