import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AwsImage,
  BatchCompute,
  BatchModel,
  ContainerModel,
  ManagedEndpointModel,
  ServerlessModel,
} from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { AwsConstraints } from '../../support/aws-calls.js';
import { writePackage } from '../../support/packages.js';
import { VARIANTS as BATCH } from './batch-variants.js';
import { VARIANTS as CONTAINER, minimal as container } from './container-variants.js';
import { VARIANTS as ENDPOINT, minimal as endpoint } from './managed-endpoint-variants.js';
import { oversizedPolicies } from './policy-sizes.js';
import { REGIONS_OF_PARTITIONS } from './regions-of-partitions.js';
import { VARIANTS as SERVERLESS } from './serverless-variants.js';

/** The region is a random one, which may lack a service. */
const context = { 'aws:cdk:disable-asset-staging': true, 'modelship:checkRegions': false };

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

/** An image in ECR of the stack's region, which SageMaker demands. */
const imageOf = (stack: Stack) => AwsImage.fromEcr(Repository.fromRepositoryName(stack, 'Runtime', 'runtime'), '1');

/** Each construct, in `scope`, of a package with so many files. */
const CONSTRUCTS: Readonly<Record<string, (scope: Construct, stack: Stack, files: number) => void>> = {
  'ServerlessModel that reads the model from S3': (scope, stack, files) =>
    new ServerlessModel(scope, 'Prediction', { ...SERVERLESS.tokens!(stack), model: packageOf(files, 300) }),
  'ServerlessModel behind an HTTP API': (scope, stack, files) =>
    new ServerlessModel(scope, 'Prediction', { ...SERVERLESS['HTTP API']!(stack), model: packageOf(files) }),
  ContainerModel: (scope, stack, files) =>
    new ContainerModel(scope, 'Prediction', { ...container, ...CONTAINER.canary!(stack), model: packageOf(files) }),
  ManagedEndpointModel: (scope, stack, files) =>
    new ManagedEndpointModel(scope, 'Prediction', {
      ...endpoint,
      ...ENDPOINT['inference component that scales to zero']!(stack),
      model: packageOf(files),
      image: imageOf(stack),
    }),
  BatchModel: (scope, stack, files) =>
    new BatchModel(scope, 'Prediction', {
      ...BATCH['by a transform job']!(stack),
      compute: BatchCompute.transform({ model: packageOf(files), image: imageOf(stack) }),
    }),
};

const DEEP = [
  'Recommendations',
  'SimilarProducts',
  'Inference',
  'RealTime',
  'Endpoint1234567890',
  'Nested1234567890',
  'Nested234567890123456',
];

describe('at any depth of the construct tree, with any number of files, in any region', () => {
  let constraints: AwsConstraints;

  beforeAll(() => {
    constraints = new AwsConstraints();
  });
  afterAll(() => constraints.stop());

  test.each(Object.entries(CONSTRUCTS))(
    '%s has no policy and no name that AWS refuses',
    async (_name, build) => {
      const stackNames = fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,100}$/);
      const paths = fc.array(fc.stringMatching(/^[A-Z][A-Za-z0-9]{2,39}$/), { maxLength: 8 });
      const files = fc.integer({ min: 1, max: 2000 });
      const regions = fc.constantFrom(undefined, ...REGIONS_OF_PARTITIONS);
      await fc.assert(
        fc.asyncProperty(stackNames, paths, files, regions, async (stackName, ids, count, region) => {
          const app = new App({ analyticsReporting: false, context });
          const stack = new Stack(app, stackName, { env: { region } });
          build(
            ids.reduce<Construct>((outer, id) => new Construct(outer, id), stack),
            stack,
            count,
          );
          expect(oversizedPolicies(stack)).toEqual([]);
          expect(await constraints.faults(Template.fromStack(stack).toJSON())).toEqual([]);
        }),
        { numRuns: 2, examples: [['Production', DEEP, 2000, undefined]] },
      );
    },
    240_000,
  );

  test('the constraints refuse a name that is too long', async () => {
    const Link = { Type: 'AWS::ApiGatewayV2::VpcLink', Properties: { Name: 'x'.repeat(129), SubnetIds: ['subnet-1'] } };
    expect(await constraints.faults({ Resources: { Link } })).toEqual([
      'Link, a AWS::ApiGatewayV2::VpcLink: #/Name: 129 characters, allowed are 1 to 128',
    ]);
  });
});
