import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { BatchCompute, BatchModel, EndpointMode, ManagedEndpointModel } from '../../../lib/aws/index.js';
import { ImageSource } from '../../../lib/serving/index.js';
import { faultsOf } from './faults.js';
import { bucket, IMAGE, minimal, model, secondModel } from './managed-endpoint-variants.js';

function configOf(mode: EndpointMode) {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  new ManagedEndpointModel(stack, 'Iris', { ...minimal, mode });
  const [config] = Object.values(Template.fromStack(stack).findResources('AWS::SageMaker::EndpointConfig'));
  const { ProductionVariants, ShadowProductionVariants = [] } = config!.Properties;
  return [...ProductionVariants, ...ShadowProductionVariants].map(
    ({ InferenceAmiVersion }: { InferenceAmiVersion?: string }) => InferenceAmiVersion,
  );
}

const CUDA_12 = 'al2-ami-sagemaker-inference-gpu-3-1';
const CUDA_13 = 'al2023-ami-sagemaker-inference-gpu-4-1';

describe('instances of an endpoint', () => {
  test.each(['ml.g4dn.xlarge', 'ml.g5.xlarge', 'ml.p4d.24xlarge', 'ml.p4de.24xlarge'])(
    'have a driver for CUDA 12, which SageMaker does not give %s by itself',
    (instanceType) => {
      expect(configOf(EndpointMode.realTime({ instanceType }))).toEqual([CUDA_12]);
      expect(configOf(EndpointMode.inferenceComponents({ instanceType }))).toEqual([CUDA_12]);
    },
  );

  test.each(['ml.c7g.large', 'ml.g6.xlarge', 'ml.p5.48xlarge', 'ml.inf2.xlarge'])(
    'have the host of SageMaker’s choice otherwise: %s',
    (instanceType) => {
      expect(configOf(EndpointMode.realTime({ instanceType }))).toEqual([undefined]);
    },
  );

  test('have the one that is asked for, in every variant', () => {
    const options = { instanceType: 'ml.g5.xlarge', inferenceAmiVersion: CUDA_13 };
    const variants = [{ name: 'Second', model: secondModel }];
    expect(configOf(EndpointMode.realTime({ ...options, variants }))).toEqual([CUDA_13, CUDA_13]);
    const shadow = { name: 'Shadow', model: secondModel };
    expect(configOf(EndpointMode.realTime({ ...options, shadow }))).toEqual([CUDA_13, CUDA_13]);
  });

  test('follow the type of each variant', () => {
    const variants = [{ name: 'Second', model: secondModel, instanceType: 'ml.c7g.large' }];
    expect(configOf(EndpointMode.realTime({ instanceType: 'ml.g5.xlarge', variants }))).toEqual([CUDA_12, undefined]);
  });

  test('are refused what is no name of an image', () => {
    const mode = EndpointMode.realTime({ inferenceAmiVersion: 'gpu 3' });
    expect(faultsOf(() => configOf(mode))).toEqual(['mode.inferenceAmiVersion: BAD_TEXT']);
  });
});

test.each([
  ['ml.g5.xlarge', undefined, 'al2-ami-sagemaker-batch-gpu-535'],
  ['ml.g5.xlarge', 'al2-ami-sagemaker-batch-gpu-470', 'al2-ami-sagemaker-batch-gpu-470'],
  ['ml.m5.large', undefined, undefined],
])('a transform job on %s, asked for %s, has %s', (instanceType, transformAmiVersion, expected) => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  const image = ImageSource.fromRegistry(IMAGE);
  const compute = BatchCompute.transform({ model, image, instanceType, transformAmiVersion });
  new BatchModel(stack, 'Batch', { compute, inputBucket: bucket(stack) });
  const definition = JSON.stringify(Template.fromStack(stack).findResources('AWS::StepFunctions::StateMachine'));
  expect(/TransformAmiVersion\\":\\"([\w-]+)/.exec(definition)?.[1]).toBe(expected);
});
