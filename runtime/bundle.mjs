// Bundles the runtime's entry points into single files: one file opens faster than a hundred, and start-up is what a
// caller waits for on a function. Only the native addon and the SDKs that hosts bring along stay outside.

import { existsSync } from 'node:fs';
import { build } from 'esbuild';

const entries = {
  server: 'src/main.ts',
  lambda: 'src/platforms/lambda.ts',
  authorizer: 'src/platforms/lambda-authorizer.ts',
};
const present = Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(path)));

await build({
  entryPoints: present,
  outdir: 'dist/bundle',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  keepNames: true,
  legalComments: 'linked',
  external: ['onnxruntime-node', '@aws-sdk/*'],
  logLevel: 'warning',
});
