import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type IRole, Role } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { ContainerModel, ManagedEndpointModel, ServerlessModel } from '../../../lib/aws/index.js';
import { minimal } from './container-variants.js';

const { model, image } = minimal;

/** Constructs with the roles of a team that manages them elsewhere. */
const CONSTRUCTS: Readonly<Record<string, (stack: Stack, role: (name: string) => IRole) => unknown>> = {
  ServerlessModel: (stack, role) => new ServerlessModel(stack, 'Iris', { model, role: role('Function') }),
  ContainerModel: (stack, role) =>
    new ContainerModel(stack, 'Iris', { model, image, taskRole: role('Task'), executionRole: role('Execution') }),
  ManagedEndpointModel: (stack, role) =>
    new ManagedEndpointModel(stack, 'Iris', { model, image, role: role('Endpoint') }),
};

function make(kind: string, mutable: boolean): Template {
  const context = { 'aws:cdk:disable-asset-staging': true };
  const stack = new Stack(new App({ analyticsReporting: false, context }), 'S');
  CONSTRUCTS[kind]!(stack, (name) =>
    Role.fromRoleArn(stack, name, `arn:aws:iam::123456789012:role/${name}`, { mutable }),
  );
  return Template.fromStack(stack);
}

/** Services whose roles a template makes, without those of flow logs. */
const services = (template: Template) =>
  Object.values(template.findResources('AWS::IAM::Role'))
    .map(({ Properties }) => Properties.AssumeRolePolicyDocument.Statement[0].Principal.Service)
    .filter((service) => service !== 'vpc-flow-logs.amazonaws.com');

describe.each([
  ['ServerlessModel', ['Function'], 'logs:PutLogEvents'],
  ['ContainerModel', ['Execution', 'Task'], 's3:GetObject'],
  ['ManagedEndpointModel', ['Endpoint'], 's3:GetObject'],
])('%s with existing roles', (kind, names, action) => {
  test('makes none, and adds what it needs to them', () => {
    const template = make(kind, true);
    expect(services(template)).toEqual([]);
    const policies = Object.values(template.findResources('AWS::IAM::Policy')).map(({ Properties }) => Properties);
    const own = policies.filter(({ Roles }) => names.includes(Roles[0]));
    expect(own.map(({ Roles }) => Roles[0]).sort()).toEqual(names);
    expect(JSON.stringify(own)).toContain(action);
  });

  test('leaves immutable ones alone', () => {
    expect(JSON.stringify(make(kind, false).findResources('AWS::IAM::Policy'))).not.toContain(action);
  });
});
