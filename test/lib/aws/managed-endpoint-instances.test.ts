import { CfnParameter, Size, type Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { EndpointMode } from '../../../lib/aws/index.js';
import { hasLocalStorage } from '../../../lib/aws/private/sagemaker/limits.js';
import { ImageArchitecture, ModelServer } from '../../../lib/serving/index.js';
import { grantedActions } from './granted-actions.js';
import { faults, make, only, type Props } from './managed-endpoint-support.js';
import { IMAGE, savedModel, secondModel } from './managed-endpoint-variants.js';

const configOf = (props: Props) => only(make(props).template(), 'AWS::SageMaker::EndpointConfig');
const on = (instanceType: string) => EndpointMode.realTime({ instanceType });
const key = (stack: Stack) => new Key(stack, 'Key');
const amd64 = ModelServer.custom({ image: IMAGE });
const arm64 = ModelServer.custom({ image: IMAGE, architectures: [ImageArchitecture.ARM64] });
const both = ModelServer.custom({ image: IMAGE, architectures: [ImageArchitecture.ARM64, ImageArchitecture.AMD64] });

describe('the instances of a ManagedEndpointModel', () => {
  test.each<[string, ModelServer, EndpointMode | undefined, string]>([
    ['an image for Intel and AMD', amd64, undefined, 'ml.c7i.large'],
    ['an image for Arm', arm64, undefined, 'ml.c7g.large'],
    ['an image for both', both, undefined, 'ml.c7g.large'],
    ['copies of an image for Intel and AMD', amd64, EndpointMode.inferenceComponents(), 'ml.c7i.xlarge'],
  ])('have processors for the image by default: %s', (_what, server, mode, type) => {
    expect(configOf({ image: undefined, server, mode }).ProductionVariants[0].InstanceType).toBe(type);
  });

  test('have processors for TensorFlow Serving by default, asynchronous too', () => {
    const image = '763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference:2.19.0-cpu';
    const server = ModelServer.tensorflowServing({ image });
    const config = configOf((stack) => ({
      model: savedModel,
      image: undefined,
      server,
      mode: EndpointMode.asynchronous({ outputBucket: new Bucket(stack, 'B') }),
    }));
    expect(config.ProductionVariants[0].InstanceType).toBe('ml.c7i.large');
  });

  test.each<[string, Props, string[]]>([
    [
      'Arm for an image for Intel and AMD',
      { image: undefined, server: amd64, mode: on('ml.c7g.large') },
      ['mode.instanceType: WRONG_ARCHITECTURE'],
    ],
    [
      'Intel for an image for Arm',
      { image: undefined, server: arm64, mode: on('ml.c7i.large') },
      ['mode.instanceType: WRONG_ARCHITECTURE'],
    ],
    [
      'Arm for variants and a shadow of an image for Intel and AMD',
      {
        image: undefined,
        server: amd64,
        mode: EndpointMode.realTime({
          variants: [
            { name: 'A', model: secondModel },
            { name: 'B', model: secondModel, instanceType: 'ml.m7g.large' },
          ],
        }),
      },
      ['mode.variants.1.instanceType: WRONG_ARCHITECTURE'],
    ],
    [
      'a serverless endpoint for an image for Arm',
      { image: undefined, server: arm64, mode: EndpointMode.serverless() },
      ['mode: WRONG_ARCHITECTURE'],
    ],
    ['a GPU that the runtime does not use', { image: undefined, mode: on('ml.g5.xlarge') }, ['image: NO_GPU_RUNTIME']],
    [
      'a GPU for a shadow of the runtime',
      {
        image: undefined,
        mode: EndpointMode.realTime({ shadow: { name: 'S', model: secondModel, instanceType: 'ml.g4dn.xlarge' } }),
      },
      ['image: NO_GPU_RUNTIME'],
    ],
    [
      'a size for disks that come with the instance',
      { mode: EndpointMode.realTime({ instanceType: 'ml.m5d.large', volumeSize: Size.gibibytes(100) }) },
      ['mode.volumeSize: LOCAL_STORAGE'],
    ],
    [
      'a key where some disks come with the instance',
      (stack) => ({
        encryptionKey: key(stack),
        mode: EndpointMode.realTime({ variants: [{ name: 'B', model: secondModel, instanceType: 'ml.r5d.large' }] }),
      }),
      ['encryptionKey: LOCAL_STORAGE'],
    ],
  ])('are refused: %s', (_what, props, expected) => {
    expect(faults(props)).toEqual(expected);
  });

  test('may have a GPU for an image that is given', () => {
    expect(faults({ mode: on('ml.g5.xlarge') })).toEqual([]);
  });

  test('may be known at deployment only', () => {
    const type = (stack: Stack) => new CfnParameter(stack, 'Type').valueAsString;
    const config = configOf((stack) => ({
      image: undefined,
      server: amd64,
      encryptionKey: key(stack),
      mode: EndpointMode.realTime({ instanceType: type(stack), volumeSize: Size.gibibytes(50) }),
    }));
    expect(config).toMatchObject({
      ProductionVariants: [{ InstanceType: { Ref: 'Type' }, VolumeSizeInGB: 50 }],
    });
    expect(config.KmsKeyId).toBeDefined();
  });

  test('with disks of their own get no key, which the captured data still have', () => {
    const config = configOf((stack) => ({
      encryptionKey: key(stack),
      dataCapture: { bucket: new Bucket(stack, 'B') },
      mode: on('ml.g5.xlarge'),
    }));
    expect(config.KmsKeyId).toBeUndefined();
    expect(config.DataCaptureConfig.KmsKeyId).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] });
  });

  test('of a serverless endpoint have no disks, so that the key encrypts the logs alone', () => {
    const template = make((stack) => ({ encryptionKey: key(stack), mode: EndpointMode.serverless() })).template();
    expect(only(template, 'AWS::SageMaker::EndpointConfig').KmsKeyId).toBeUndefined();
    expect(only(template, 'AWS::Logs::LogGroup').KmsKeyId).toBeDefined();
  });

  test('with disks of their own need no right to a key', () => {
    const keyActions = (instanceType: string) =>
      grantedActions(make((stack) => ({ encryptionKey: key(stack), mode: on(instanceType) })).stack).filter((action) =>
        action.startsWith('kms:'),
      );
    expect(keyActions('ml.c7g.large')).not.toEqual([]);
    expect(keyActions('ml.g5.xlarge')).toEqual([]);
  });

  test('are known to have disks of their own by family', () => {
    const families = (list: string) => list.split(' ').map((family) => `ml.${family}.xlarge`);
    const local =
      'c5d c6gd dl1 g4dn g5 g6 g6e g7e m5d m6gd p3dn p4d p4de p5 p5e p5en p6-b200 p6-b300 p6e-gb200 r5d r6gd r7gd trn1 trn1n trn2';
    const network =
      'c4 c5 c6g c6gn c6i c6in c7g c7i c8g g5g inf1 inf2 m4 m5 m6g m6i m7i m8g p2 p3 r5 r6g r6i r7i r8g t2';
    expect(families(local).filter((type) => !hasLocalStorage(type))).toEqual([]);
    expect(families(network).filter(hasLocalStorage)).toEqual([]);
  });
});
