import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Repository } from 'aws-cdk-lib/aws-ecr';
import { Cluster, Secret } from 'aws-cdk-lib/aws-ecs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { describe, expect, test } from 'vitest';
import { AwsImage, ContainerCapacity, ContainerModel } from '../../../lib/aws/index.js';
import { ImageSource, ModelServer } from '../../../lib/serving/index.js';
import { make, type Props } from './container-support.js';
import { VARIANTS } from './container-variants.js';
import { text } from './granted-actions.js';
import { IMAGE, model } from './managed-endpoint-variants.js';

describe('ContainerModel', () => {
  test('makes a VPC without a way to the internet, with the endpoints a task needs', () => {
    const { template } = make();
    template().resourceCountIs('AWS::EC2::NatGateway', 0);
    template().resourceCountIs('AWS::EC2::InternetGateway', 0);
    const endpoints = Object.values(template().findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
      text(Properties.ServiceName).replace(/^.*\{AWS::Region\}\./, ''),
    );
    expect(endpoints.sort()).toEqual(['ecr.api', 'ecr.dkr', 'logs', 's3']);
  });

  test('has endpoints of both services that keep secrets, if there are some', () => {
    const { template } = make((stack) => ({
      secrets: {
        TOKEN: Secret.fromSsmParameter(
          StringParameter.fromSecureStringParameterAttributes(stack, 'Token', { parameterName: '/token' }),
        ),
      },
    }));
    const endpoints = Object.values(template().findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
      text(Properties.ServiceName).replace(/^.*\{AWS::Region\}\./, ''),
    );
    expect(endpoints).toEqual(expect.arrayContaining(['secretsmanager', 'ssm']));
  });

  test.each([
    ['which its name says', () => ImageSource.fromRegistry(IMAGE)],
    [
      'which its repository says',
      (stack: Stack) =>
        AwsImage.fromEcr(
          Repository.fromRepositoryArn(stack, 'Repository', 'arn:aws:ecr:eu-west-1:123456789012:repository/modelship'),
          'latest',
        ),
    ],
  ])('makes a NAT gateway if the image is in ECR of another region, %s', (_what, image) => {
    for (const [region, gateways] of [
      ['eu-west-1', 0],
      ['us-east-1', 1],
    ] as const) {
      const stack = new Stack(new App({ analyticsReporting: false }), 'S', { env: { region } });
      new ContainerModel(stack, 'Iris', { model, image: image(stack) });
      Template.fromStack(stack).resourceCountIs('AWS::EC2::NatGateway', gateways);
    }
  });

  test.each<[string, Props]>([
    ['the image is outside ECR', { image: ImageSource.fromRegistry('ghcr.io/modelship/runtime:1') }],
    ['the server fetches the weights', VARIANTS['TensorFlow Serving']!(new Stack())],
  ])('makes a NAT gateway if %s', (_why, props) => {
    make(props).template().resourceCountIs('AWS::EC2::NatGateway', 1);
  });

  test.each([
    ['a hub', 'Qwen/Qwen3-0.6B', 1],
    ['a bucket', 's3://weights/qwen/', 1],
    ['the image, which is in ECR', '/opt/qwen', 0],
  ])('has a way to the internet only if a server fetches weights: from %s', (_what, source, gateways) => {
    const { template } = make({
      image: undefined,
      server: ModelServer.vllm({ source, image: IMAGE }),
      capacity: ContainerCapacity.gpu(),
    });
    template().resourceCountIs('AWS::EC2::NatGateway', gateways);
  });

  test('uses a cluster and a VPC that are there', () => {
    const { template } = make((stack) => {
      const vpc = new Vpc(stack, 'Vpc');
      return { vpc, cluster: new Cluster(stack, 'Cluster', { vpc }) };
    });
    template().resourceCountIs('AWS::ECS::Cluster', 1);
    template().resourceCountIs('AWS::EC2::VPC', 1);
  });
});
