import { Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { EndpointMode, EndpointModelData, type PipelineContainer } from '../../../lib/aws/index.js';
import { ImageSource } from '../../../lib/serving/index.js';
import { grantedActions } from './granted-actions.js';
import { faults, make, only } from './managed-endpoint-support.js';
import { IMAGE, secondModel, VARIANTS } from './managed-endpoint-variants.js';

const image = ImageSource.fromRegistry(IMAGE);
const ARN = 'arn:aws:sagemaker:eu-west-1:123456789012:model-package/iris/3';
const registered = (arn = ARN) => EndpointModelData.fromModelPackage(arn);
const m5 = { instanceType: 'ml.m5.large' };

test.each(['many models', 'model from the registry'])('predictCommand does not guess a request to %s', (variant) => {
  expect(make(VARIANTS[variant]!).endpoint.predictCommand).toBeUndefined();
});

describe('a version of the model registry', () => {
  test('brings its own image and files', () => {
    const { stack, template } = make(VARIANTS['model from the registry']!);
    expect(only(template(), 'AWS::SageMaker::Model').PrimaryContainer).toEqual({
      ModelPackageName: ARN,
      Environment: {},
    });
    expect(grantedActions(stack).filter((action) => /^(ecr|s3):/.test(action))).toEqual([]);
  });

  test('takes the variables of the endpoint, and may have a GPU', () => {
    const environment = { THRESHOLD: '0.7' };
    const mode = EndpointMode.realTime({ instanceType: 'ml.g5.xlarge' });
    const props = { image: undefined, modelData: registered(), mode, environment };
    expect(only(make(props).template(), 'AWS::SageMaker::Model').PrimaryContainer.Environment).toEqual(environment);
  });

  test.each([
    ['needs its instance type', { modelData: registered() }, ['mode.instanceType: MISSING']],
    [
      'is one model',
      {
        modelData: registered(),
        mode: EndpointMode.realTime({ ...m5, variants: [{ name: 'B', model: secondModel }] }),
      },
      ['modelData: UNSUPPORTED_MODEL_DATA'],
    ],
    [
      'is named by its ARN',
      { modelData: registered('iris/3'), mode: EndpointMode.realTime(m5) },
      ['modelData.modelPackageArn: BAD_TEXT'],
    ],
    ['runs without instances too', { modelData: registered(), mode: EndpointMode.serverless() }, []],
  ])('%s', (_what, props, expected) => {
    expect(faults(props)).toEqual(expected);
  });
});

describe('an inference pipeline', () => {
  test('runs the containers in their order, with the archive of each', () => {
    const { stack, template } = make(VARIANTS.pipeline!);
    const { Containers, PrimaryContainer } = only(template(), 'AWS::SageMaker::Model');
    expect(PrimaryContainer).toBeUndefined();
    expect(Containers).toMatchObject([
      { Image: IMAGE, ModelDataUrl: { 'Fn::Join': ['', expect.arrayContaining(['/features.tar.gz'])] } },
      { Image: IMAGE, Environment: { MODELSHIP_TIMEOUT_SECONDS: '60' } },
      { Image: IMAGE, Environment: { LABELS: 'a,b' } },
    ]);
    expect(Containers[1].ModelDataUrl).toBeDefined();
    expect(Containers[2].ModelDataUrl).toBeUndefined();
    expect(grantedActions(stack)).toContainEqual(expect.stringMatching(/^s3:GetObject on .*\/features\.tar\.gz$/));
  });

  const steps = (count: number): PipelineContainer[] => Array.from({ length: count }, () => ({ image }));
  test.each<[string, EndpointModelData, EndpointMode | undefined, string[]]>([
    ['with the model alone', EndpointModelData.pipeline({}), undefined, ['modelData: OUT_OF_RANGE']],
    ['without options', EndpointModelData.pipeline(undefined as never), undefined, ['modelData: MISSING']],
    ['with 16 containers', EndpointModelData.pipeline({ after: steps(15) }), undefined, ['modelData: OUT_OF_RANGE']],
    [
      'without instances',
      EndpointModelData.pipeline({ before: steps(1) }),
      EndpointMode.serverless(),
      ['modelData: UNSUPPORTED_MODEL_DATA'],
    ],
    [
      'with a key of no bucket',
      EndpointModelData.pipeline({ before: [{ image, key: 'a.tar.gz' }] }),
      undefined,
      ['modelData.before.0.key: MISSING'],
    ],
    [
      'without an image',
      EndpointModelData.pipeline({ before: [{} as never] }),
      undefined,
      ['modelData.before.0.image: MISSING'],
    ],
    ['without options', EndpointModelData.pipeline(undefined as never), undefined, ['modelData: MISSING']],
    [
      'with a misspelled option',
      EndpointModelData.pipeline({ before: steps(1), afterwards: [] } as never),
      undefined,
      ['modelData.afterwards: UNKNOWN_PROP'],
    ],
    [
      'with an object instead of a list',
      EndpointModelData.pipeline({ before: {} as never }),
      undefined,
      ['modelData.before: WRONG_TYPE'],
    ],
    [
      'with options of a container that have the wrong type',
      EndpointModelData.pipeline({
        before: [{ image, bucket: 'models', key: 4, environment: 'A=1', enviroment: {} } as never],
      }),
      undefined,
      [
        'modelData.before.0.enviroment: UNKNOWN_PROP',
        'modelData.before.0.bucket: WRONG_TYPE',
        'modelData.before.0.key: WRONG_TYPE',
        'modelData.before.0.environment: WRONG_TYPE',
      ],
    ],
  ])('is refused %s', (_what, modelData, mode, expected) => {
    expect(faults({ modelData, mode })).toEqual(expected);
  });

  test('is refused with an image that SageMaker cannot pull', () => {
    const elsewhere = { image: ImageSource.fromRegistry('ghcr.io/a/b:1') };
    expect(faults({ modelData: EndpointModelData.pipeline({ before: [elsewhere] }) })).toEqual([
      'modelData.before.0.image: NOT_IN_ECR',
    ]);
  });
});

describe('LoRA adapters', () => {
  test('share the copies of the model, and callers may ask for each', () => {
    const { stack, endpoint, template } = make(VARIANTS['LoRA adapters']!);
    endpoint.grantInvoke(new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
    template().hasResourceProperties('AWS::SageMaker::InferenceComponent', {
      InferenceComponentName: 'legal',
      Specification: {
        BaseInferenceComponentName: endpoint.endpointName,
        Container: { ArtifactUrl: Match.objectLike({ 'Fn::Join': Match.anyValue() }) },
        ComputeResourceRequirements: Match.absent(),
      },
      RuntimeConfig: Match.absent(),
      VariantName: Match.absent(),
    });
    expect(grantedActions(stack, 'Caller')).toEqual([
      expect.stringMatching(/^sagemaker:InvokeEndpoint on \{Iris[0-9A-F]{8}\}$/),
      expect.stringMatching(/^sagemaker:InvokeEndpoint on \{IrisAdapterlegal.*InferenceComponentArn\}$/),
      expect.stringMatching(/^sagemaker:InvokeEndpoint on \{IrisComponent.*InferenceComponentArn\}$/),
    ]);
  });

  test('have names of their own, a bucket and a key', () => {
    const bucket = new Bucket(new Stack(), 'Bucket');
    const adapter = { name: 'a', bucket, key: 'a.tar.gz' };
    const withAdapters = (...adapters: object[]) =>
      faults({ mode: EndpointMode.inferenceComponents({ adapters: adapters as never }) });
    expect(withAdapters(adapter, { ...adapter, key: 'b.tar.gz' }, { ...adapter, name: 'b_' })).toEqual([
      'mode.adapters.2.name: BAD_TEXT',
      'mode.adapters: DUPLICATE',
    ]);
    expect(withAdapters(adapter, { name: 'b', bucket: 'models' })).toEqual([
      'mode.adapters.1.bucket: WRONG_TYPE',
      'mode.adapters.1.key: MISSING',
    ]);
  });
});
