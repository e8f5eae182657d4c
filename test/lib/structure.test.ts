import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = join(__dirname, '../..');

/** Folders and files at the top of `lib`, lowest first. Each imports only from its own layer's folder and from layers below. */
const LAYERS = [
  ['cost', 'json', 'model', 'report'],
  ['serving'],
  ['bundle'],
  ['terraform'],
  ['kubernetes'],
  ['aws', 'azure', 'gcp'],
  ['bench', 'evaluate', 'evidence', 'pack', 'sign'],
  ['compare', 'export', 'init', 'requests'],
  ['doctor', 'gate', 'optimize'],
  ['cli'],
  ['index.ts', 'runtime.ts'],
];

/** What a file of `lib/<cloud>/private/<service>` exports, by the name that it has in more than one service. */
const ROLES: Readonly<Record<string, { readonly role: string; readonly exports: RegExp }>> = {
  'architecture.ts': { role: 'the CPU architecture of what serves', exports: /Architecture$/ },
  'app.ts': { role: 'the app that serves, with what it stands on', exports: /^[A-Z]\w*App$/ },
  'cluster.ts': { role: 'the Kubernetes cluster and how Terraform reaches it', exports: /Cluster/ },
  'credential-options.ts': { role: 'options of curl that authenticate callers', exports: /^credentialOptions$/ },
  'deployment.ts': { role: 'one deployed version of the model', exports: /[dD]eployment/ },
  'folder-grants.ts': { role: 'what an identity may do in a folder of a store', exports: /^grant[A-Z]/ },
  'image.ts': { role: 'where the image comes from', exports: /^bind\w*Image$/ },
  'monthly-cost.ts': { role: 'what resources cost', exports: /^annotateMonthlyCost$|_PRICES$/ },
  'imported.ts': { role: 'what an endpoint of another stack does', exports: /^imported[A-Z]/ },
  'limits.ts': { role: "the service's limits, each with its source", exports: /^[A-Z][A-Z_]*$/ },
  'load-balancer.ts': { role: 'the load balancer in front of the service', exports: /^LoadBalancer$/ },
  'log-retention.ts': { role: 'how long logs are kept', exports: /[lL]og|RETENTION|[rR]etention|DAYS/ },
  'model-store.ts': { role: 'where model packages are stored', exports: /^ModelStore$/ },
  'names.ts': { role: 'generated names', exports: /Name$/ },
  'region-validation.ts': { role: 'checks of what a region offers', exports: /^checkRegion$/ },
  'role.ts': { role: 'the role that what serves assumes', exports: /Role$/ },
  'running-parts.ts': {
    role: 'what runs, and costs, without and with requests',
    exports: /^(runningParts|usageAtLoad)$/,
  },
  'scaling.ts': { role: 'how replicas follow the load', exports: /Scaling$/ },
  'server.ts': {
    role: 'how the service runs the inference server',
    exports: /^(containerSpec|bindServedImages|servedModel|revisionTemplate|jobTemplate)$/,
  },
  'secrets.ts': { role: 'secrets that the host reads', exports: /^grantSecrets$/ },
  'telemetry.ts': { role: 'metrics, alarms and the dashboard', exports: /telemetry$/i },
  'validation.ts': { role: 'checks of the props at synth', exports: /^(validate|check)[A-Z]/ },
};

/** Each source file below `folder` with the source files that it imports, types included, as paths from the root. */
function importsBelow(folder: string): Map<string, readonly string[]> {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path));
  return new Map(files.map((path) => [path, importsOf(path)]));
}

function importsOf(path: string): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(join(ROOT, path), 'utf8'), true, true);
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => normalize(join(dirname(path), name.replace(/\.js$/, '.ts'))))
    .filter((file) => existsSync(join(ROOT, file)));
}

/** The first circle of imports in each group of files that import each other. */
function cycles(imports: Map<string, readonly string[]>): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (path.includes(file) || done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return found;
}

const exportedNames = (path: string): string[] =>
  [...readFileSync(join(ROOT, path), 'utf8').matchAll(/^export (?:abstract )?(?:class|const|function) (\w+)/gm)].map(
    ([, name]) => name!,
  );

test.each(['lib', 'runtime/src'])('no file of %s imports itself, directly or through others', (folder) => {
  expect(cycles(importsBelow(folder))).toEqual([]);
});

test('a circle of imports is found, and its way reported', () => {
  const imports = new Map([
    ['a.ts', ['b.ts']],
    ['b.ts', ['c.ts']],
    ['c.ts', ['b.ts']],
  ]);
  expect(cycles(imports)).toEqual(['b.ts → c.ts → b.ts']);
});

describe('the layers of lib', () => {
  const imports = importsBelow('lib');
  const layerOf = new Map(LAYERS.flatMap((names, layer) => names.map((name) => [name, layer] as const)));
  const top = (path: string) => path.split('/')[1]!;

  test('name every folder and every file at the top', () => {
    expect([...layerOf.keys()].sort()).toEqual([...new Set([...imports.keys()].map(top))].sort());
  });

  test('import nothing from their own layer or a layer above', () => {
    const upward = [...imports].flatMap(([path, imported]) =>
      imported
        .filter((other) => top(other) !== top(path) && layerOf.get(top(other))! >= layerOf.get(top(path))!)
        .map((other) => `${path} imports ${other}`),
    );
    expect(upward).toEqual([]);
  });

  /** Types load nothing. */
  const withoutTypes = (source: string) => source.replaceAll(/^import type [^;]*;$/gm, '');

  test('load of the runtime only its contract, its manifest and its signatures, except for tools that run it', () => {
    const tools = new Set([
      'bench',
      'cli',
      'doctor',
      'evaluate',
      'evidence',
      'gate',
      'init',
      'json',
      'optimize',
      'pack',
      'requests',
      'runtime.ts',
    ]);
    const deep = [...imports.keys()]
      .filter((path) => !tools.has(top(path)))
      .flatMap((path) =>
        ts
          .preProcessFile(withoutTypes(readFileSync(join(ROOT, path), 'utf8')), true, true)
          .importedFiles.map(({ fileName }) => fileName)
          .filter((name) => name.startsWith('@modelship/runtime'))
          .filter((name) => !/^@modelship\/runtime\/(contract|manifest|signature)$/.test(name))
          .map((name) => `${path} imports ${name}`),
      );
    expect(deep).toEqual([]);
  });
});

describe('files of the services', () => {
  const files = [...importsBelow('lib').keys()].filter((path) => /^lib\/\w+\/private\/[\w-]+\/[\w-]+\.ts$/.test(path));
  const byName = new Map<string, string[]>();
  for (const path of files) byName.set(basename(path), [...(byName.get(basename(path)) ?? []), path]);

  test('have a role of their own in the list, or the role of the same name', () => {
    const shared = [...byName].filter(([, paths]) => paths.length > 1).map(([name]) => name);
    expect(Object.keys(ROLES).sort()).toEqual(shared.sort());
  });

  test.each(Object.entries(ROLES).map(([name, { role, exports }]) => ({ name, role, exports })))(
    '$name: $role',
    ({ name, exports }) => {
      const others = byName
        .get(name)!
        .filter((path) => !exportedNames(path).some((exported) => exports.test(exported)));
      expect(others).toEqual([]);
    },
  );

  const services = new Set(files.map(dirname).filter((folder) => !/\/(shared|regions|codebuild)$/.test(folder)));

  test.each([...services])('%s has its limits and its checks', (folder) => {
    const missing = ['limits.ts', 'validation.ts'].filter((name) => !files.includes(`${folder}/${name}`));
    expect(missing).toEqual([]);
  });
});

test('each construct with an id takes a scope, the id and one object of props', () => {
  const found: string[] = [];
  for (const path of importsBelow('lib').keys()) {
    const source = ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node: ts.Node): void => {
      if (ts.isConstructorDeclaration(node)) {
        const [scope, id, , ...more] = node.parameters.map(({ name }) => name.getText());
        if (scope === 'scope' && id === 'id' && more.length > 0) found.push(`${path}: ${node.parent.name?.text}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  expect(found).toEqual([]);
});
