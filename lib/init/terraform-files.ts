import { json, modelExpression, type Project } from './project.js';
import type { Cloud } from './targets.js';

/** What differs between the clouds that Terraform deploys to. */
interface TerraformCloud {
  readonly entry: string;
  /** Names that every stack of the cloud imports from the entry. @default - none */
  readonly names?: readonly string[];
  /** Import and construction of the provider. */
  readonly providerClass: string;
  readonly providerModule: string;
  readonly provider: string;
  readonly backendClass: string;
  /** Construction of the backend, in a block that reads its settings from the environment. */
  readonly backend: (name: string) => string;
  /** Constants that the props refer to. */
  readonly constants: string;
  readonly props: readonly string[];
}

const CLOUDS: Readonly<Record<Exclude<Cloud, 'aws'>, TerraformCloud>> = {
  azure: {
    entry: 'modelship/azure',
    names: ['AZURERM_FEATURES'],
    providerClass: 'AzurermProvider',
    providerModule: '@cdktf/provider-azurerm/lib/provider',
    // The storage accounts of the model have no keys.
    provider: `new AzurermProvider(this, 'azurerm', { features: AZURERM_FEATURES, storageUseAzuread: true });`,
    backendClass: 'AzurermBackend',
    backend: (name) => `    const storageAccountName = process.env.STATE_STORAGE_ACCOUNT;
    if (storageAccountName) {
      new AzurermBackend(this, {
        storageAccountName,
        containerName: 'tfstate',
        key: '${name}.tfstate',
        useAzureadAuth: true,
      });
    }`,
    constants: `const location = process.env.AZURE_LOCATION ?? 'westeurope';`,
    props: ['location'],
  },
  google: {
    entry: 'modelship/gcp',
    providerClass: 'GoogleProvider',
    providerModule: '@cdktf/provider-google/lib/provider',
    provider: `new GoogleProvider(this, 'google', { project, region });`,
    backendClass: 'GcsBackend',
    backend: (name) => `    const bucket = process.env.STATE_BUCKET;
    if (bucket) new GcsBackend(this, { bucket, prefix: '${name}' });`,
    constants: `const region = process.env.GOOGLE_REGION ?? 'europe-west4';
const project = process.env.GOOGLE_PROJECT;`,
    props: ['region', 'project'],
  },
};

/** Files of a repository for CDKTF or its fork. */
export function terraformFiles(project: Project): Readonly<Record<string, string>> {
  return {
    'cdktf.json': json({
      language: 'typescript',
      app: 'npx tsx src/app.ts',
      projectId: project.name,
      sendCrashReports: 'false',
      terraformProviders: [],
      terraformModules: [],
    }),
    'src/app.ts': app(project),
    'src/stack.ts': stack(project),
    'test/stack.test.ts': test(project),
  };
}

function app({ name }: Project): string {
  return `import { App } from 'cdktf';
import { ModelStack } from './stack';

const app = new App();
new ModelStack(app, '${name}');
app.synth();
`;
}

function stack(project: Project): string {
  const { cloud: name, construct, service, imports = [], props } = project.target;
  const cloud = CLOUDS[name as keyof typeof CLOUDS];
  const all = ['model: this.model', ...cloud.props, ...(props ? [props] : [])];
  return `import { ${cloud.providerClass} } from '${cloud.providerModule}';
import { ${cloud.backendClass}, TerraformOutput, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { Model } from 'modelship';
import { ${[construct, ...(cloud.names ?? []), ...imports].sort().join(', ')} } from '${cloud.entry}';

${cloud.constants}

/** Serves the model on ${service}. Only callers with \`grantInvoke\` may invoke it. */
export class ModelStack extends TerraformStack {
  readonly model = ${modelExpression(project)};
  readonly endpoint: ${construct};

  constructor(scope: Construct, id: string) {
    super(scope, id);
    ${cloud.provider}
    // Without a backend, the state is a file in this folder.
${cloud.backend(project.name)}
    this.endpoint = new ${construct}(this, 'Model', {
${all.map((prop) => `      ${prop},\n`).join('')}    });
    new TerraformOutput(this, 'url', { value: this.endpoint.predictUrl, staticId: true });
  }
}
`;
}

function test({ target }: Project): string {
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, Testing } from 'cdktf';
import { ModelStack } from '../src/stack';

const stack = new ModelStack(new App(), 'test');
const template = Testing.synth(stack);

test('creates one endpoint', () => {
  assert.equal(Object.keys(JSON.parse(template).resource.${target.resource}).length, 1);
});

test('deploys the model that is checked in', () => {
  assert.ok(template.includes(stack.model.digest));
});
`;
}
