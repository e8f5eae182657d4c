import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Construct } from 'constructs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchModel, ContainerModel, ManagedEndpointModel, ServerlessModel } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { writePackage } from '../../support/packages.js';
import { VARIANTS as BATCH } from './batch-variants.js';
import { VARIANTS as CONTAINER, minimal as container } from './container-variants.js';
import { VARIANTS as ENDPOINT, minimal as endpoint } from './managed-endpoint-variants.js';
import { oversizedPolicies } from './policy-sizes.js';
import { REGIONS_OF_PARTITIONS } from './regions-of-partitions.js';
import { VARIANTS as SERVERLESS, minimal as serverless } from './serverless-variants.js';

const context = { 'aws:cdk:disable-asset-staging': true };

/** A package with weights in files of their own, as ONNX has them for large models. */
function packageOf(files: number, mebibytes = 1): Model {
  const weights = Array.from({ length: files }, (_, index) => [
    `weights/model.layers.${index}.attention.bin`,
    `${index}`,
  ]);
  const content = { 'model.onnx': 'graph', 'samples.json': '[]', ...Object.fromEntries(weights) };
  const model = Model.fromDirectory(writePackage({ name: 'sharded', content }));
  Object.defineProperty(model, 'sizeBytes', { value: mebibytes * 2 ** 20 });
  return model;
}

describe('policies stay within the quotas of IAM', () => {
  const regions = fc.constantFrom(undefined, ...REGIONS_OF_PARTITIONS);
  const files = fc.integer({ min: 1, max: 2000 });

  test('however many files the package of a service on ECS has', () => {
    fc.assert(
      fc.property(files, regions, (count, region) => {
        const stack = new Stack(new App({ analyticsReporting: false, context }), 'S', { env: { region } });
        new ContainerModel(stack, 'Iris', { ...container, model: packageOf(count) });
        expect(oversizedPolicies(stack)).toEqual([]);
      }),
      { numRuns: 2, examples: [[2000, undefined]] },
    );
  }, 240_000);

  test('however many files the package of a function has that reads it from S3', () => {
    fc.assert(
      fc.property(files, regions, (count, region) => {
        const stack = new Stack(new App({ analyticsReporting: false, context }), 'S', { env: { region } });
        new ServerlessModel(stack, 'Iris', { model: packageOf(count, 300) });
        expect(oversizedPolicies(stack)).toEqual([]);
      }),
      { numRuns: 2, examples: [[2000, undefined]] },
    );
  }, 240_000);
});

/**
 * Characters of the names that templates give, by resource and property: `min` and `max` of the members of botocore's
 * models, whose shapes for API Gateway v2 carry the length in their name, `StringWithLengthBetween1And128`.
 */
const NAME_LENGTHS: Readonly<Record<string, number>> = {
  'AWS::ApiGatewayV2::Api.Name': 128,
  'AWS::ApiGatewayV2::Authorizer.Name': 128,
  'AWS::ApiGatewayV2::VpcLink.Name': 128,
  'AWS::ApiGateway::RestApi.Name': 1024,
  'AWS::ApplicationAutoScaling::ScalingPolicy.PolicyName': 256,
  'AWS::IAM::Policy.PolicyName': 128,
  'AWS::Lambda::Alias.Name': 128,
  'AWS::Logs::LogGroup.LogGroupName': 512,
  'AWS::SageMaker::Endpoint.EndpointName': 63,
  'AWS::SageMaker::InferenceComponent.InferenceComponentName': 63,
  'AWS::StepFunctions::StateMachine.StateMachineName': 80,
};

const DEEP: Readonly<Record<string, (scope: Construct, stack: Stack) => void>> = {
  ServerlessModel: (scope, stack) =>
    new ServerlessModel(scope, 'Prediction', { ...serverless, ...SERVERLESS.tokens!(stack) }),
  'ServerlessModel, HTTP API': (scope, stack) =>
    new ServerlessModel(scope, 'Prediction', { ...serverless, ...SERVERLESS['HTTP API']!(stack) }),
  ContainerModel: (scope, stack) =>
    new ContainerModel(scope, 'Prediction', { ...container, ...CONTAINER.canary!(stack) }),
  ManagedEndpointModel: (scope, stack) =>
    new ManagedEndpointModel(scope, 'Prediction', {
      ...endpoint,
      ...ENDPOINT['inference component that scales to zero']!(stack),
    }),
  BatchModel: (scope, stack) => new BatchModel(scope, 'Prediction', BATCH['by a transform job']!(stack)),
};

describe.each(Object.entries(DEEP))('%s, at any depth of the construct tree', (_name, build) => {
  test('has no name that its service refuses', () => {
    const path = fc.array(fc.stringMatching(/^[A-Z][A-Za-z0-9]{2,39}$/), { maxLength: 8 });
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,100}$/), path, (stackName, ids) => {
        const stack = new Stack(new App({ analyticsReporting: false, context }), stackName);
        const scope = ids.reduce<Construct>((outer, id) => new Construct(outer, id), stack);
        build(scope, stack);
        const { Resources } = Template.fromStack(stack).toJSON();
        for (const { Type, Properties } of Object.values<{ Type: string; Properties?: object }>(Resources)) {
          for (const [property, value] of Object.entries(Properties ?? {})) {
            const limit = NAME_LENGTHS[`${Type}.${property}`];
            if (limit && typeof value === 'string')
              expect(`${value}`.length, `${Type} ${value}`).toBeLessThanOrEqual(limit);
          }
        }
      }),
      {
        numRuns: 4,
        examples: [
          [
            'Production',
            [
              'Recommendations',
              'SimilarProducts',
              'Inference',
              'RealTime',
              'Endpoint1234567890',
              'Nested1234567890',
              'Nested234567890123456',
            ],
          ],
        ],
      },
    );
  });
});
