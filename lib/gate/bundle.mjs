// Bundles the function of gates, and the check of its questions, into single files: the function is deployed without
// packages.

import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

const RUNTIME = {
  '@modelship/runtime': 'index.ts',
  '@modelship/runtime/contract': 'contract.ts',
  '@modelship/runtime/manifest': 'manifest/index.ts',
  '@modelship/runtime/serve': 'serve.ts',
};

/** Resolves modules of this repository to their sources, and drops those that the entry points do not use. */
const sources = {
  name: 'sources',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^@modelship\/runtime/ }, ({ path: name }) => ({
      path: path(`../../runtime/src/${RUNTIME[name]}`),
      sideEffects: false,
    }));
    onResolve({ filter: /^\./ }, async ({ path: name, resolveDir, kind, pluginData, importer }) => {
      if (pluginData === 'resolved' || kind === 'entry-point' || importer.includes('node_modules')) return undefined;
      const found = await resolve(name, { resolveDir, kind, importer, pluginData: 'resolved' });
      return { ...found, sideEffects: false };
    });
  },
};

await build({
  entryPoints: { hook: path('hook.ts'), check: path('check.ts') },
  outdir: path('../../dist/lib/gate/bundle'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  minify: true,
  legalComments: 'eof',
  // Modules that run models are read, and then dropped.
  external: ['onnxruntime-node', 'onnxruntime-common', 'tokenizers', '@modelship/pictures', 'tsx'],
  logLevel: 'error',
  plugins: [sources],
});
