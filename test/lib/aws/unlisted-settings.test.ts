import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { CfnRestApi } from 'aws-cdk-lib/aws-apigateway';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { expect, test } from 'vitest';
import { ContainerModel, ManagedEndpointModel, ServerlessModel } from '../../../lib/aws/index.js';
import { minimal } from './container-variants.js';

// The changes that docs/aws.md shows for settings without a prop reach the template.
const newStack = () =>
  new Stack(new App({ analyticsReporting: false, context: { 'aws:cdk:disable-asset-staging': true } }), 'S');

test('provisioned concurrency follows its utilization, and an API loses its default host name', () => {
  const stack = newStack();
  const { alias, front } = new ServerlessModel(stack, 'Iris', { model: minimal.model, minReplicas: 1 });
  alias.addAutoScaling({ minCapacity: 1, maxCapacity: 10 }).scaleOnUtilization({ utilizationTarget: 0.7 });
  expect(front.kind).toBe('restApi');
  if (front.kind === 'restApi') (front.api.node.defaultChild as CfnRestApi).disableExecuteApiEndpoint = true;
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
    MinCapacity: 1,
    MaxCapacity: 10,
    ScalableDimension: 'lambda:function:ProvisionedConcurrency',
  });
  template.hasResourceProperties('AWS::ApiGateway::RestApi', { DisableExecuteApiEndpoint: true });
});

test('tasks have sidecars', () => {
  const stack = newStack();
  const { task } = new ContainerModel(stack, 'Iris', minimal);
  task.definition.addContainer('Collector', { image: ContainerImage.fromRegistry('collector:1'), essential: false });
  Template.fromStack(stack).hasResourceProperties('AWS::ECS::TaskDefinition', {
    ContainerDefinitions: Match.arrayWith([Match.objectLike({ Name: 'Collector', Essential: false })]),
  });
});

test('variants of an endpoint have what CloudFormation takes', () => {
  const stack = newStack();
  const { endpointConfig } = new ManagedEndpointModel(stack, 'Iris', { model: minimal.model, image: minimal.image });
  const CapacityReservationConfig = { CapacityReservationPreference: 'capacity-reservations-only' };
  endpointConfig.addPropertyOverride('ProductionVariants.0.CapacityReservationConfig', CapacityReservationConfig);
  endpointConfig.addPropertyOverride('ProductionVariants.0.EnableSSMAccess', true);
  Template.fromStack(stack).hasResourceProperties('AWS::SageMaker::EndpointConfig', {
    ProductionVariants: [
      Match.objectLike({ InstanceType: 'ml.c7g.large', CapacityReservationConfig, EnableSSMAccess: true }),
    ],
  });
});
