import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Secret as EcsSecret } from 'aws-cdk-lib/aws-ecs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { describe, expect, test } from 'vitest';
import {
  EndpointMode,
  EndpointModelData,
  ManagedEndpointModel,
  type ManagedEndpointModelProps,
  ServerlessModel,
} from '../../../lib/aws/index.js';
import { ModelServer } from '../../../lib/serving/index.js';
import { minimal } from './container-variants.js';
import { faultsOf } from './faults.js';
import { text } from './granted-actions.js';

const { model, image } = minimal;
const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:models-AbCdEf';

const newStack = () =>
  new Stack(new App({ analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } }), 'S');

function secretsOf(stack: Stack) {
  return {
    KEY: EcsSecret.fromSecretsManager(Secret.fromSecretCompleteArn(stack, 'Secret', ARN), 'key'),
    TOKEN: EcsSecret.fromSsmParameter(
      StringParameter.fromSecureStringParameterAttributes(stack, 'Token', { parameterName: '/models/token' }),
    ),
  };
}

const endpoint = (stack: Stack, props: Partial<ManagedEndpointModelProps> = {}) =>
  new ManagedEndpointModel(stack, 'Iris', { model, image, secrets: secretsOf(stack), ...props });

/** What a stack's only role for models may read, by action. */
function reads(template: Template): Record<string, string> {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'));
  const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  const actionsOf = ({ Action }: { Action: string | string[] }) => [Action].flat();
  return Object.fromEntries(
    statements.flatMap((statement) => actionsOf(statement).map((action) => [action, text(statement.Resource)])),
  );
}

describe.each([
  ['ServerlessModel', (stack: Stack) => new ServerlessModel(stack, 'Iris', { model, secrets: secretsOf(stack) })],
  ['ManagedEndpointModel', (stack: Stack) => endpoint(stack)],
])('%s with secrets', (_name, make) => {
  const stack = newStack();
  make(stack);
  const template = Template.fromStack(stack);

  test('names their ARNs in the environment, and no value', () => {
    const functions = Object.values(template.findResources('AWS::Lambda::Function'));
    const models = Object.values(template.findResources('AWS::SageMaker::Model'));
    const environments = [
      ...functions.map(({ Properties }) => Properties.Environment?.Variables),
      ...models.map(({ Properties }) => Properties.PrimaryContainer.Environment),
    ];
    const [environment] = environments.filter((variables) => variables?.MODELSHIP_SECRETS);
    expect(text(environment.MODELSHIP_SECRETS)).toMatch(
      /^\{"KEY":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:models-AbCdEf:key::","TOKEN":".*parameter\/models\/token"\}$/,
    );
    expect(JSON.stringify(template.toJSON())).not.toContain('{{resolve:secretsmanager');
  });

  test('may read these only', () => {
    const allowed = reads(template);
    expect(allowed['secretsmanager:GetSecretValue']).toBe(ARN);
    expect(allowed['ssm:GetParameter']).toMatch(/parameter\/models\/token$/);
  });
});

describe('secrets', () => {
  test('end the network isolation of an endpoint, unless they are absent', () => {
    const stack = newStack();
    endpoint(stack);
    Template.fromStack(stack).hasResourceProperties('AWS::SageMaker::Model', { EnableNetworkIsolation: false });
    const without = newStack();
    endpoint(without, { secrets: undefined });
    Template.fromStack(without).hasResourceProperties('AWS::SageMaker::Model', { EnableNetworkIsolation: true });
  });

  test('are rejected where the containers cannot read them', () => {
    const of = (props: Partial<ManagedEndpointModelProps>) => faultsOf(() => endpoint(newStack(), props));
    expect(of({ networkIsolation: true })).toEqual(['networkIsolation: CONFLICT']);
    expect(
      of({
        image: undefined,
        server: ModelServer.triton(),
        mode: EndpointMode.realTime({ instanceType: 'ml.g5.xlarge' }),
      }),
    ).toEqual(['secrets: UNSUPPORTED_SERVER']);
    expect(
      of({
        image: undefined,
        mode: EndpointMode.realTime({ instanceType: 'ml.m5.large' }),
        modelData: EndpointModelData.fromModelPackage('arn:aws:sagemaker:eu-west-1:123456789012:model-package/iris/3'),
      }),
    ).toEqual(['secrets: UNSUPPORTED_SERVER']);
  });

  test.each(['ServerlessModel', 'ManagedEndpointModel'])('have names and values that %s accepts', (kind) => {
    const secrets = { '1bad': 'text', MODELSHIP_SECRETS: 'text', A_B: 'text' } as never;
    const environment = { A_B: 'plain' };
    const faults = faultsOf(() =>
      kind === 'ServerlessModel'
        ? new ServerlessModel(newStack(), 'Iris', { model, secrets, environment })
        : endpoint(newStack(), { secrets, environment }),
    );
    expect(faults).toEqual(
      expect.arrayContaining([
        'secrets.1bad: BAD_TEXT',
        'secrets.A_B: WRONG_TYPE',
        'secrets.A_B: CONFLICT',
        'secrets.MODELSHIP_SECRETS: RESERVED_VARIABLE',
      ]),
    );
  });
});
