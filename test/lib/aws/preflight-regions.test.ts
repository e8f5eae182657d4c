import { Lazy, type Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, test } from 'vitest';
import {
  AwsImage,
  ContainerCapacity,
  ContainerModelData,
  EndpointMode,
  ServerlessFront,
  ServerlessModel,
  ServerlessModelData,
} from '../../../lib/aws/index.js';
import { EC2_REGIONS, TYPE_LACKING } from '../../../lib/aws/private/regions/availability.js';
import { familyRegions, words } from '../../../lib/aws/private/regions/instance-families.js';
import { Access, ModelServer } from '../../../lib/serving/index.js';
import { faultsOf } from './faults.js';
import { bucket, model, secondModel } from './managed-endpoint-variants.js';
import {
  type Context,
  container,
  type Make,
  managed,
  serverless,
  stackIn,
  told,
  transform,
} from './regions-support.js';
import { s3Files } from './s3-files.js';

const gpu = (instanceType?: string) => ({ capacity: ContainerCapacity.gpu({ instanceType }) });
const realTime = (instanceType?: string) => ({ mode: EndpointMode.realTime({ instanceType }) });
const components = (instanceType?: string) => ({ mode: EndpointMode.inferenceComponents({ instanceType }) });
const vllm = { server: ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B' }), image: undefined };
const variants = EndpointMode.realTime({
  variants: [
    { name: 'Small', model: secondModel },
    { name: 'Large', model: secondModel, instanceType: 'ml.g6.xlarge' },
  ],
});
const shadow = EndpointMode.realTime({ shadow: { name: 'Shadow', model: secondModel, instanceType: 'ml.g6.xlarge' } });
const asynchronous: Make = (stack) =>
  managed({ mode: EndpointMode.asynchronous({ outputBucket: bucket(stack), instanceType: 'ml.g5.2xlarge' }) })(stack);

describe('an instance type that the region lacks is refused, and told what is there', () => {
  test.each<[string, string, Make, string]>([
    [
      'for tasks',
      'eu-west-3',
      container(gpu('g5.xlarge')),
      'got g5.xlarge, and EC2 has no g5 in eu-west-3; take g6.xlarge or g4dn.xlarge',
    ],
    [
      'for tasks, by default',
      'eu-south-1',
      container(gpu()),
      'the default is g5.xlarge, and EC2 has no g5 in eu-south-1; take g4dn.xlarge',
    ],
    [
      'for tasks on ECS Managed Instances',
      'ap-southeast-1',
      container({ capacity: ContainerCapacity.managedGpu() }),
      'the default is g5.xlarge, and EC2 has no g5 in ap-southeast-1; take g4dn.xlarge',
    ],
    ['of a size that others lack', 'eu-west-3', container(gpu('g5.48xlarge')), 'take g6.* or g4dn.*,'],
    ['that is large', 'eu-central-1', container(gpu('p5.48xlarge')), 'take p4d.*, p4de.* or g4dn.*,'],
    [
      'for GPUs, where there are none',
      'ca-west-1',
      container(gpu()),
      'use ContainerCapacity.fargate(), without a GPU, or go to ca-central-1,',
    ],
    [
      'for a server that needs one',
      'ca-west-1',
      container({ ...vllm, ...gpu() }),
      'no g5 in ca-west-1; go to ca-central-1,',
    ],
  ])('%s', (_what, region, make, message) => {
    const [fault, ...others] = told(() => make(stackIn(region)));
    expect(fault).toContain(`capacity.instanceType: REGION_LACKS_INSTANCES: `);
    expect(fault).toContain(message);
    expect(others).toEqual([]);
  });

  test.each<[string, string, Make, string]>([
    [
      'real time',
      'af-south-1',
      managed(realTime('ml.c8g.large')),
      'mode.instanceType: REGION_LACKS_INSTANCES: got ml.c8g.large, and EC2 has no c8g in af-south-1; take ml.c7g.large or ml.c6g.large,',
    ],
    [
      'asynchronous',
      'eu-south-1',
      asynchronous,
      'mode.instanceType: REGION_LACKS_INSTANCES: got ml.g5.2xlarge, and EC2 has no g5 in eu-south-1; take ml.g4dn.2xlarge,',
    ],
    [
      'inference components',
      'ap-southeast-1',
      managed(components('ml.g5.xlarge')),
      'mode.instanceType: REGION_LACKS_INSTANCES: got ml.g5.xlarge',
    ],
    [
      'a variant',
      'eu-west-1',
      managed({ mode: variants }),
      'mode.variants.1.instanceType: REGION_LACKS_INSTANCES: got ml.g6.xlarge',
    ],
    [
      'a shadow',
      'eu-west-1',
      managed({ mode: shadow }),
      'mode.shadow.instanceType: REGION_LACKS_INSTANCES: got ml.g6.xlarge',
    ],
    [
      'accelerators that nothing stands in for',
      'eu-west-1',
      managed(realTime('ml.trn1.2xlarge')),
      'use another instance family, or go to ',
    ],
    [
      'a batch transform job',
      'us-west-1',
      transform({ instanceType: 'ml.g5.xlarge' }),
      'compute.instanceType: REGION_LACKS_INSTANCES: got ml.g5.xlarge, and EC2 has no g5 in us-west-1; take ml.g4dn.xlarge, or go to us-east-1, us-east-2, us-west-2,',
    ],
  ])('in SageMaker: %s', (_what, region, make, message) => {
    const [fault, ...others] = told(() => make(stackIn(region)));
    expect(fault).toContain(message);
    expect(others).toEqual([]);
  });

  test('and goes by regions that have the service, too', () => {
    const [fault] = told(() => managed(realTime('ml.p4de.24xlarge'))(stackIn('eu-west-1')));
    // Tel Aviv has such instances, and no endpoints.
    expect(familyRegions('p4de')).toContain('il-central-1');
    expect(fault).toMatch(/go to eu-central-1, ap-northeast-1, ap-southeast-1, us-east-1 or us-west-2\. /);
  });
});

describe('what CloudFormation lacks in the region is refused, and told what does without', () => {
  const codeBuild = { image: AwsImage.fromCodeBuild() };
  const onFunction = (stack: Stack) => {
    const vpc = new Vpc(stack, 'Vpc');
    const modelData = ServerlessModelData.fromS3Files(s3Files(stack, vpc).accessPoint, 'iris/1');
    return new ServerlessModel(stack, 'Iris', { model, vpc, modelData });
  };
  const onTasks = (stack: Stack) => {
    const vpc = new Vpc(stack, 'Vpc');
    const modelData = ContainerModelData.fromS3Files(s3Files(stack, vpc).accessPoint, 'iris/1');
    return container({ vpc, modelData })(stack);
  };

  test.each<[string, string, Make, string]>([
    [
      'endpoints',
      'eu-central-2',
      managed(),
      'mode: REGION_LACKS_RESOURCE: CloudFormation has no AWS::SageMaker::Endpoint in eu-central-2; use ContainerModel or ServerlessModel, or go to eu-central-1, eu-north-1,',
    ],
    [
      'serverless endpoints',
      'il-central-1',
      managed({ mode: EndpointMode.serverless() }),
      'mode: REGION_LACKS_RESOURCE: ',
    ],
    [
      'inference components',
      'eu-west-3',
      managed(components()),
      'AWS::SageMaker::InferenceComponent in eu-west-3; use EndpointMode.realTime() or .asynchronous(), or ',
    ],
    [
      'batch transform',
      'ca-west-1',
      transform({}),
      'compute: REGION_LACKS_RESOURCE: CloudFormation has no AWS::SageMaker::Model in ca-west-1; use BatchCompute.serverless() or .container(), or ',
    ],
    [
      'function URLs',
      'eu-south-2',
      serverless(ServerlessFront.functionUrl()),
      'front: REGION_LACKS_RESOURCE: CloudFormation has no AWS::Lambda::Url in eu-south-2; use ServerlessFront.restApi(), or ',
    ],
    [
      'function URLs in China',
      'cn-northwest-1',
      serverless(ServerlessFront.functionUrl()),
      'use ServerlessFront.restApi(), or go to cn-north-1. ',
    ],
    [
      'HTTP APIs',
      'ap-southeast-6',
      serverless(ServerlessFront.httpApi()),
      'front: REGION_LACKS_RESOURCE: CloudFormation has no AWS::ApiGatewayV2::Api in ap-southeast-6; use ServerlessFront.restApi(), or ',
    ],
    [
      'the API before tasks',
      'ap-east-2',
      container(),
      'access: REGION_LACKS_RESOURCE: CloudFormation has no AWS::ApiGatewayV2::Api in ap-east-2; use Access.jwt() or .anonymous(), with the load balancer alone, or ',
    ],
    [
      'S3 Files for functions',
      'me-central-1',
      onFunction,
      'modelData: REGION_LACKS_RESOURCE: CloudFormation has no AWS::S3Files::AccessPoint in me-central-1; use ServerlessModelData.fromFileSystem() or .fromBucket(), or ',
    ],
    ['S3 Files for tasks', 'me-south-1', onTasks, 'use ContainerModelData.fromFileSystem() or .fromBucket(), or '],
    [
      'builds of images',
      'ca-west-1',
      container(codeBuild),
      'image: REGION_LACKS_RESOURCE: CloudFormation has no AWS::CodeBuild::Project in ca-west-1; use AwsImage.fromAsset() or .fromEcr(), or go to ca-central-1,',
    ],
  ])('%s', (_what, region, make, message) => {
    const [fault, ...others] = told(() => make(stackIn(region)));
    expect(fault).toContain(message);
    expect(others).toEqual([]);
  });

  test('with no other region, where accounts of the partition have none', () => {
    const [fault] = told(() => managed(components())(stackIn('us-gov-west-1')));
    expect(fault).toMatch(/use EndpointMode\.realTime\(\) or \.asynchronous\(\)\. This list is as of /);
  });

  test('for images that a job or an endpoint takes, too', () => {
    const found = [managed(codeBuild), transform(codeBuild)].flatMap((make) =>
      faultsOf(() => make(stackIn('ca-west-1'))),
    );
    expect(found).toContain('image: REGION_LACKS_RESOURCE');
    expect(found).toContain('compute.image: REGION_LACKS_RESOURCE');
  });

  test('is all that is told of an endpoint: no instance helps', () => {
    expect(faultsOf(() => managed(realTime('ml.g5.xlarge'))(stackIn('eu-central-2')))).toEqual([
      'mode: REGION_LACKS_RESOURCE',
    ]);
  });
});

test('everything is told at once', () => {
  const props = { ...gpu('g5.xlarge'), image: AwsImage.fromCodeBuild(), minReplicas: 0, throttle: undefined };
  expect(faultsOf(() => container(props)(stackIn('ca-west-1')))).toEqual([
    'minReplicas: OUT_OF_RANGE',
    'capacity.instanceType: REGION_LACKS_INSTANCES',
    'image: REGION_LACKS_RESOURCE',
  ]);
});

describe('nothing is refused', () => {
  const lacking = managed(realTime('ml.trn1.2xlarge'));

  test.each<[string, Make, string | undefined, Context?]>([
    ['where the region is known at deployment only', lacking, undefined],
    ['in a region that is newer than what is known', lacking, 'eu-east-7'],
    ['in a region of which EC2’s offerings are not known', lacking, 'cn-north-1'],
    ['of a family of which nothing is known', managed(realTime('ml.x99.large')), 'eu-west-1'],
    ['of a family that EC2 retires and SageMaker keeps', managed(realTime('ml.p3.2xlarge')), 'eu-south-1'],
    ['of a type that is a token', managed(realTime(Lazy.string({ produce: () => 'ml.trn1.2xlarge' }))), 'eu-west-1'],
    ['of what is there', managed(realTime('ml.g5.xlarge')), 'eu-west-1'],
    ['of a network without the API before it', container({ access: Access.anonymous() }), 'ap-east-2'],
    ['of a REST API', serverless(ServerlessFront.restApi()), 'ap-southeast-6'],
    ['that AWS has brought since, says the context', lacking, 'eu-west-1', { 'modelship:checkRegions': false }],
    ['that AWS has brought since, says the command line', lacking, 'eu-west-1', { 'modelship:checkRegions': 'false' }],
  ])('%s', (_what, make, region, context) => {
    expect(told(() => make(stackIn(region, context)))).toEqual([]);
  });

  test('by the context unless it says so', () => {
    const stack = stackIn('eu-west-1', { 'modelship:checkRegions': 'true' });
    expect(faultsOf(() => lacking(stack))).toEqual(['mode.instanceType: REGION_LACKS_INSTANCES']);
  });

  test('of what SageMaker runs on by default, wherever it has endpoints', () => {
    const regions = words(EC2_REGIONS);
    const lacks = words(TYPE_LACKING['AWS::SageMaker::Endpoint']);
    for (const family of ['c7g', 'm5']) {
      expect(regions.filter((region) => !lacks.includes(region) && !familyRegions(family)!.includes(region))).toEqual(
        [],
      );
    }
  });
});
