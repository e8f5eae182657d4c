import { json, modelExpression, type Project } from './project.js';

/** Files of a repository for the AWS CDK. */
export function cdkFiles(project: Project): Readonly<Record<string, string>> {
  return {
    'cdk.json': json({ app: 'npx tsx src/app.ts' }),
    'src/app.ts': app(project),
    'src/stack.ts': stack(project),
    'test/stack.test.ts': test(project),
  };
}

function app({ name }: Project): string {
  return `import { App } from 'aws-cdk-lib';
import { ModelStack } from './stack';

const app = new App();
new ModelStack(app, '${name}', {
  // The account and the region of the credentials that deploy.
  env: { account: process.env.CDK_DEFAULT_ACCOUNT, region: process.env.CDK_DEFAULT_REGION },
});
`;
}

function stack(project: Project): string {
  const { construct, service } = project.target;
  return `import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Model } from 'modelship';
import { ${construct} } from 'modelship/aws';

/** Serves the model on ${service}. Only callers with \`grantInvoke\` may invoke it. */
export class ModelStack extends Stack {
  readonly model = ${modelExpression(project)};
  readonly endpoint: ${construct};

  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    this.endpoint = new ${construct}(this, 'Model', { model: this.model });
    new CfnOutput(this, 'url', { value: this.endpoint.predictUrl });
  }
}
`;
}

function test({ target }: Project): string {
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ModelStack } from '../src/stack';

const stack = new ModelStack(new App(), 'Test');
const template = Template.fromStack(stack);

test('creates one endpoint', () => {
  template.resourceCountIs('${target.resource}', 1);
});

test('deploys the model that is checked in', () => {
  assert.ok(JSON.stringify(template.toJSON()).includes(stack.model.digest));
});
`;
}
