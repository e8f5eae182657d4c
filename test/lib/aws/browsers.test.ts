import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ContainerModel, ServerlessFront, ServerlessModel } from '../../../lib/aws/index.js';
import { Access } from '../../../lib/serving/index.js';
import { minimal as container, VARIANTS } from './container-variants.js';
import { minimal as serverless } from './serverless-variants.js';

const context = { 'aws:cdk:disable-asset-staging': true };

function synthesized(
  build: (stack: Stack, environment: { [name: string]: string }) => void,
  origins?: string,
): Template {
  const stack = new Stack(new App({ analyticsReporting: false, context }), 'S');
  build(stack, origins === undefined ? {} : { MODELSHIP_CORS_ORIGINS: origins });
  return Template.fromStack(stack);
}

const tokens = Access.jwt({ issuer: 'https://issuer.example.com', audience: ['iris'] });
const restApi = (stack: Stack, environment: { [name: string]: string }) =>
  new ServerlessModel(stack, 'Iris', { ...serverless, access: tokens, environment });

/** Methods of a REST API, each as `verb resource: authorization`. */
function methods(template: Template): string[] {
  const resources = template.findResources('AWS::ApiGateway::Resource');
  return Object.values(template.findResources('AWS::ApiGateway::Method'))
    .map(({ Properties: { HttpMethod, ResourceId, AuthorizationType } }) => {
      const part = resources[ResourceId.Ref]?.Properties.PathPart ?? '/';
      return `${HttpMethod} ${part}: ${AuthorizationType}`;
    })
    .sort();
}

describe('pages in a browser', () => {
  test('ask a REST API without a credential whether they may call, wherever there is something to call', () => {
    const template = synthesized(restApi, 'https://app.example.com');
    expect(methods(template)).toEqual([
      'ANY /: CUSTOM',
      'ANY {proxy+}: CUSTOM',
      'OPTIONS /: NONE',
      'OPTIONS infer: NONE',
      'OPTIONS iris:predict: NONE',
      'OPTIONS {proxy+}: NONE',
      'POST infer: CUSTOM',
      'POST iris:predict: CUSTOM',
    ]);
  });

  test.each([
    ['https://app.example.com', "'https://app.example.com'"],
    ['*', "'*'"],
    // One header names one origin, and API Gateway cannot choose.
    ['https://a.example.com,https://b.example.com', undefined],
  ])('read the errors of a REST API if their origin is %s', (origins, allowed) => {
    const responses = Object.values(
      synthesized(restApi, origins).findResources('AWS::ApiGateway::GatewayResponse'),
    ).filter(({ Properties }) => /^DEFAULT_/.test(Properties.ResponseType));
    const header = 'gatewayresponse.header.Access-Control-Allow-Origin';
    expect(responses.map(({ Properties }) => Properties.ResponseParameters[header])).toEqual(
      allowed === undefined ? [] : [allowed, allowed],
    );
  });

  test.each<[string, (stack: Stack, environment: { [name: string]: string }) => unknown]>([
    [
      'an HTTP API before a function',
      (stack, environment) =>
        new ServerlessModel(stack, 'Iris', {
          ...serverless,
          front: ServerlessFront.httpApi(),
          access: tokens,
          environment,
        }),
    ],
    [
      'the HTTP API before a service',
      (stack, environment) => new ContainerModel(stack, 'Iris', { ...container, environment }),
    ],
  ])('ask %s in the same way', (_what, build) => {
    const routes = (origins?: string) =>
      Object.values(synthesized(build, origins).findResources('AWS::ApiGatewayV2::Route'))
        .filter(({ Properties }) => Properties.RouteKey.startsWith('OPTIONS'))
        .map(({ Properties }) => `${Properties.RouteKey}: ${Properties.AuthorizationType}`);
    expect(routes('*')).toEqual(['OPTIONS /: NONE', 'OPTIONS /{proxy+}: NONE']);
    expect(routes()).toEqual([]);
  });

  test('ask Lambda whether they may call a function URL with a signature', () => {
    const cors = (access: Access, origins?: string) => {
      const front = ServerlessFront.functionUrl();
      const template = synthesized(
        (stack, environment) => new ServerlessModel(stack, 'Iris', { ...serverless, front, access, environment }),
        origins,
      );
      return Object.values(template.findResources('AWS::Lambda::Url'))[0]!.Properties.Cors;
    };
    expect(cors(Access.cloudIdentity(), 'https://a.example.com, https://b.example.com')).toMatchObject({
      AllowOrigins: ['https://a.example.com', 'https://b.example.com'],
      AllowMethods: ['*'],
      AllowHeaders: expect.arrayContaining(['authorization', 'x-amz-date']),
    });
    expect(cors(Access.cloudIdentity())).toBeUndefined();
    expect(cors(Access.anonymous(), '*')).toBeUndefined();
  });

  test('ask the tasks behind a load balancer that validates tokens, where one rule leads to them', () => {
    const rules = (props: (stack: Stack) => object, origins?: string) => {
      const template = synthesized(
        (stack, environment) => new ContainerModel(stack, 'Iris', { ...container, environment, ...props(stack) }),
        origins,
      );
      return Object.values(template.findResources('AWS::ElasticLoadBalancingV2::ListenerRule'))
        .map(({ Properties }) => Properties)
        .sort((a, b) => a.Priority - b.Priority)
        .map(({ Conditions, Actions }) => [Conditions[0].Field, ...Actions.map(({ Type }: { Type: string }) => Type)]);
    };
    const checked = ['path-pattern', 'jwt-validation', 'forward'];
    const jwt = VARIANTS['JWT at the load balancer']!;
    expect(rules(jwt, '*')).toEqual([['http-request-method', 'forward'], checked]);
    expect(rules(jwt)).toEqual([checked]);
    expect(rules((stack) => ({ ...jwt(stack), ...VARIANTS.canary!(stack) }), '*')).toEqual([checked, checked]);
  });

  test('take the first priority only when an upgrade has freed it', () => {
    const template = synthesized(
      (stack, environment) =>
        new ContainerModel(stack, 'Iris', {
          ...container,
          environment,
          ...VARIANTS['JWT at the load balancer']!(stack),
        }),
      '*',
    );
    const rules = Object.entries(template.findResources('AWS::ElasticLoadBalancingV2::ListenerRule'));
    const [main] = rules.find(([, { Properties }]) => Properties.Priority === 2)!;
    const [, preflight] = rules.find(([, { Properties }]) => Properties.Priority === 1)!;
    expect(preflight.DependsOn).toEqual([main]);
  });

  test('ask nothing unless there are origins', () => {
    expect(methods(synthesized(restApi)).filter((method) => method.startsWith('OPTIONS'))).toEqual([]);
  });
});
