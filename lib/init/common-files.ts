import { json, type Project } from './project.js';
import { readme } from './readme.js';
import { type Cloud, TOOLS } from './targets.js';
import { CDKTN_AS_CDKTF, versionOf } from './versions.js';

const PROVIDERS: Readonly<Record<Cloud, readonly string[]>> = {
  aws: [],
  azure: ['@cdktf/provider-azurerm'],
  google: ['@cdktf/provider-google'],
};

/** Files that repositories of every engine have. */
export function commonFiles(project: Project): Readonly<Record<string, string>> {
  return {
    'package.json': json(packageJson(project)),
    'tsconfig.json': json({
      compilerOptions: {
        target: 'ES2022',
        module: 'node16',
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck: true,
      },
      include: ['src', 'test'],
    }),
    'biome.json': json({
      files: { includes: ['src/**', 'test/**', '*.json', '!package-lock.json'] },
      formatter: { indentStyle: 'space', lineWidth: 120 },
      javascript: { formatter: { quoteStyle: 'single' } },
      json: { formatter: { expand: 'always' } },
    }),
    '.gitignore': 'node_modules/\ncdk.out/\ncdktf.out/\n.terraform/\n*.tfstate*\n',
    'README.md': readme(project),
  };
}

function packageJson({ name, target, engine, modelship }: Project): object {
  const { command, packageName, node } = TOOLS[engine];
  const providers = [...PROVIDERS[target.cloud], ...(target.isKubernetes ? ['@cdktf/provider-kubernetes'] : [])];
  const libraries = engine === 'cdk' ? ['aws-cdk-lib', 'constructs'] : ['cdktf', 'constructs', ...providers];
  const tools = [packageName, '@biomejs/biome', '@types/node', 'tsx', 'typescript'];
  const isFork = engine === 'cdktn';
  return {
    name,
    version: '1.0.0',
    private: true,
    engines: { node: `>=${node}` },
    scripts: {
      check: 'tsc && biome check',
      format: 'biome check --write',
      test: 'node --import tsx --test test/stack.test.ts',
      synth: `${command} synth`,
      deploy: `${command} deploy`,
    },
    dependencies: sorted({ ...versions(libraries), ...modelship, ...(isFork && { cdktf: CDKTN_AS_CDKTF }) }),
    devDependencies: sorted(versions(tools)),
    // Every package that expects `cdktf` gets the fork.
    ...(isFork && {
      overrides: Object.fromEntries([...providers, 'modelship'].map((each) => [each, { cdktf: '$cdktf' }])),
    }),
  };
}

function versions(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, versionOf(name)]));
}

function sorted(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1)));
}
