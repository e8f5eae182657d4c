import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = join(__dirname, '../../runtime/src');

/** Folders and top-level files of the runtime, lowest first. Each imports only from its own layer and those before it. */
const LAYERS = [
  ['garbage-collector.ts', 'temporary-folder.ts', 'version.ts', 'wasm.ts', 'watch.ts'],
  ['contract.ts'],
  ['host-limits.ts'],
  ['tensor'],
  ['channel.ts', 'http'],
  ['worker-thread.ts'],
  ['drift'],
  ['observability'],
  ['manifest'],
  ['guards', 'pickle'],
  ['store', 'engines', 'signature'],
  ['explain', 'tasks'],
  ['scheduling'],
  ['models'],
  ['models-config.ts'],
  ['config.ts'],
  ['models-file.ts', 'protocols'],
  ['page'],
  ['server'],
  ['runtime.ts'],
  ['platforms'],
  ['batch'],
  ['start-batch.ts', 'start-server.ts'],
  ['processes'],
  ['index.ts', 'serve.ts', 'main.ts'],
];

const layerOf = new Map(LAYERS.flatMap((names, layer) => names.map((name) => [name, layer] as const)));

/** Each source file with the source files that it imports, types included, by path below `runtime/src`. */
const imports = new Map(
  readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path, importsOf(path)]),
);

function importsOf(path: string): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(ROOT, path), 'utf8'), true, true);
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(path), name.replace(/\.js$/, '.ts'))));
}

const top = (path: string) => path.split('/')[0]!;

describe('the layers of the runtime', () => {
  it('name every folder and every file at the top', () => {
    expect(new Set([...imports.keys()].map(top))).toEqual(new Set(layerOf.keys()));
  });

  it('import nothing from a layer above, types included', () => {
    const upward = [...imports].flatMap(([path, imported]) =>
      imported
        .filter((other) => top(other) !== top(path) && layerOf.get(top(other))! >= layerOf.get(top(path))!)
        .map((other) => `${path} imports ${other}`),
    );
    expect(upward).toEqual([]);
  });

  it('have no cycle of files, types included', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, above: readonly string[]) => {
      if (above.includes(path)) cycles.push([...above.slice(above.indexOf(path)), path].join(' -> '));
      if (above.includes(path) || done.has(path)) return;
      for (const other of imports.get(path) ?? []) visit(other, [...above, path]);
      done.add(path);
    };
    for (const path of imports.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  it('are read with imports that load a file only when it is needed', () => {
    expect(imports.get('observability/tracing.ts')).toContain('observability/open-telemetry.ts');
  });
});
