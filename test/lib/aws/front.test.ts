import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ServerlessFront, ServerlessModel } from '../../../lib/aws/index.js';
import { Access } from '../../../lib/serving/index.js';
import { faults, granted, make, model, type Props } from './serverless-support.js';

const httpApi = ServerlessFront.httpApi();
const functionUrl = ServerlessFront.functionUrl();
const tokens = Access.jwt({ issuer: 'https://issuer.example.com', audience: ['a', 'b'] });
const join = (...parts: unknown[]) => ({ 'Fn::Join': ['', parts] });

describe('ServerlessModel behind an HTTP API', () => {
  const template = make({ front: httpApi }).template();

  test('asks for IAM signatures on every path, and calls the alias', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route')).map(
      ({ Properties }) => Properties,
    );
    expect(routes.map(({ RouteKey }) => RouteKey).sort()).toEqual(['ANY /', 'ANY /{proxy+}']);
    for (const { AuthorizationType } of routes) expect(AuthorizationType).toBe('AWS_IAM');
    template.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: { Ref: Match.stringLikeRegexp('^IrisAliaslive') },
      PayloadFormatVersion: '2.0',
      TimeoutInMillis: 29_000,
    });
  });

  test('answers in one piece, as an HTTP API takes it', () => {
    template.hasResourceProperties('AWS::Lambda::Function', { Handler: '/opt/modelship/lambda.handler' });
  });

  test('throttles, and logs who asked for 90 days', () => {
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200, DetailedMetricsEnabled: true },
      AccessLogSettings: { Format: Match.stringLikeRegexp('"requestId"') },
    });
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
  });

  test('makes nothing of a REST API, and no setting of the account', () => {
    for (const type of ['RestApi', 'Account']) template.resourceCountIs(`AWS::ApiGateway::${type}`, 0);
  });

  test('checks tokens by itself, without a function', () => {
    const withTokens = make({ front: httpApi, access: tokens }).template();
    withTokens.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'JWT',
      JwtConfiguration: { Issuer: 'https://issuer.example.com', Audience: ['a', 'b'] },
    });
    withTokens.allResourcesProperties('AWS::ApiGatewayV2::Route', { AuthorizationType: 'JWT' });
    withTokens.resourceCountIs('AWS::Lambda::Function', 1);
  });

  test('is open to anyone only when asked to be', () => {
    make({ front: httpApi, access: Access.anonymous() })
      .template()
      .allResourcesProperties('AWS::ApiGatewayV2::Route', { AuthorizationType: 'NONE' });
  });

  test('grants the invocation of this API and nothing else', () => {
    expect(granted({ front: httpApi })).toEqual([
      {
        Action: 'execute-api:Invoke',
        Effect: 'Allow',
        Resource: join(
          'arn:',
          { Ref: 'AWS::Partition' },
          ':execute-api:',
          { Ref: 'AWS::Region' },
          ':',
          { Ref: 'AWS::AccountId' },
          ':',
          { Ref: expect.stringMatching(/^IrisHttpApi/) },
          '/$default/*/*',
        ),
      },
    ]);
  });

  test('watches its own stage', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ExtendedStatistic: 'p99',
      Namespace: 'AWS/ApiGateway',
      MetricName: 'Latency',
      Dimensions: Match.arrayWith([{ Name: 'Stage', Value: '$default' }]),
      Threshold: 23_200,
    });
  });

  test('has the model at the root of its address', () => {
    const { stack, endpoint } = make({ front: httpApi });
    expect(JSON.stringify(stack.resolve(endpoint.predictUrl))).toMatch(
      /amazonaws.*"\/v1\/models\/iris:predict"|\/\/?v1\/models\/iris:predict/,
    );
    expect(endpoint.front.kind).toBe('httpApi');
  });
});

describe('ServerlessModel behind a function URL', () => {
  const template = make({ front: functionUrl, timeoutSeconds: 900 }).template();

  test('asks for IAM signatures, is of the alias, and streams', () => {
    template.hasResourceProperties('AWS::Lambda::Url', {
      AuthType: 'AWS_IAM',
      InvokeMode: 'RESPONSE_STREAM',
      Qualifier: 'live',
      Cors: Match.absent(),
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: '/opt/modelship/lambda.streamingHandler',
      Timeout: 900,
    });
  });

  test('lets nobody in by the policy of the function', () => {
    template.resourceCountIs('AWS::Lambda::Permission', 0);
  });

  test('has no API at all', () => {
    for (const type of ['ApiGateway::RestApi', 'ApiGatewayV2::Api']) template.resourceCountIs(`AWS::${type}`, 0);
  });

  test('grants the invocation by the URL and by no other way', () => {
    const alias = { Ref: expect.stringMatching(/^IrisAliaslive/) };
    expect(granted({ front: functionUrl })).toEqual([
      {
        Action: 'lambda:InvokeFunctionUrl',
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
        Effect: 'Allow',
        Resource: alias,
      },
      {
        Action: 'lambda:InvokeFunction',
        Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': true } },
        Effect: 'Allow',
        Resource: alias,
      },
    ]);
  });

  test('is open to anyone only when asked to be', () => {
    const open = make({ front: functionUrl, access: Access.anonymous() }).template();
    open.hasResourceProperties('AWS::Lambda::Url', { AuthType: 'NONE' });
    open.hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunctionUrl',
      Principal: '*',
      FunctionUrlAuthType: 'NONE',
    });
  });

  test('watches the metrics of the URL', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      ExtendedStatistic: 'p99',
      Namespace: 'AWS/Lambda',
      MetricName: 'UrlRequestLatency',
      Threshold: 900 * 0.8 * 1000,
    });
    expect(JSON.stringify(template.findResources('AWS::CloudWatch::Alarm'))).toContain('Url5xxCount');
  });
});

test.each([ServerlessFront.restApi(), httpApi, functionUrl])('$kind has the metrics that callers ask for', (front) => {
  const { endpoint } = make({ front });
  const metrics = [endpoint.metricRequests(), endpoint.metricErrors(), endpoint.metricLatency()];
  expect(metrics.map(({ statistic }) => statistic)).toEqual(['Sum', 'Sum', 'Average']);
  expect(endpoint.metricThrottles().namespace).toBe('AWS/Lambda');
});

// CloudWatch adds up the REST APIs of one name, wherever in the account they are.
test.each([
  { front: ServerlessFront.restApi(), type: 'AWS::ApiGateway::RestApi' },
  { front: httpApi, type: 'AWS::ApiGatewayV2::Api' },
])('$front.kind has a name of its own', ({ front, type }) => {
  const { stack, endpoint, template } = make({ front });
  new ServerlessModel(stack, 'Other', { model, front });
  const names = Object.values(template().findResources(type)).map(({ Properties }) => Properties.Name as string);
  expect(new Set(names).size).toBe(2);
  if (endpoint.front.kind === 'restApi')
    expect(endpoint.metricRequests().dimensions).toMatchObject({ ApiName: names[0] });
});

test.each<[string, Props, object]>([
  [
    'a REST API',
    { apiGatewayLogRole: false },
    { subject: '$context.authorizer.principalId', apiKeyId: '$context.identity.apiKeyId' },
  ],
  ['an HTTP API', { front: httpApi, access: tokens }, { subject: '$context.authorizer.claims.sub' }],
])('the access log of %s names callers by IAM, token and key, in lines that are JSON', (_, props, callers) => {
  const resources = Object.values<{ Type: string; Properties: Record<string, { Format: string }> }>(
    make(props).template().toJSON().Resources,
  );
  const [stage] = resources.filter(({ Type }) => Type.endsWith('::Stage'));
  const { Format } = stage!.Properties.AccessLogSetting ?? stage!.Properties.AccessLogSettings!;
  const fields = JSON.parse(Format);
  expect(fields).toMatchObject({ ...callers, userArn: '$context.identity.userArn' });
  // Messages may hold quotes; every other variable is a number, a name or a time.
  expect(Format).not.toMatch(/error\.message|authorizer\.error/);
});

test('the access log of an HTTP API is in a group that the account’s policy for deliveries names once for all', () => {
  const groups = Object.values(make({ front: httpApi }).template().findResources('AWS::Logs::LogGroup'));
  expect(groups.map(({ Properties }) => Properties.LogGroupName).filter(Boolean)).toEqual([
    expect.stringMatching(/^\/aws\/vendedlogs\/apis\/[\w-]+$/),
  ]);
});

describe('ServerlessModel refuses', () => {
  test.each<[string, Props, string]>([
    ['keys at an HTTP API', { front: httpApi, access: Access.apiKey() }, 'access: UNSUPPORTED'],
    ['keys at a function URL', { front: functionUrl, access: Access.apiKey() }, 'access: UNSUPPORTED'],
    ['tokens at a function URL', { front: functionUrl, access: tokens }, 'access: UNSUPPORTED'],
    ['half a minute at an HTTP API', { front: httpApi, timeoutSeconds: 30 }, 'timeoutSeconds: OUT_OF_RANGE'],
    ['more than 15 minutes', { front: functionUrl, timeoutSeconds: 901 }, 'timeoutSeconds: OUT_OF_RANGE'],
    [
      'a throttle at a function URL',
      { front: functionUrl, throttle: { requestsPerSecond: 5 } },
      'throttle: UNSUPPORTED',
    ],
    [
      'the role for logs without a REST API',
      { front: httpApi, apiGatewayLogRole: true },
      'apiGatewayLogRole: CONFLICT',
    ],
  ])('%s', (_, props, fault) => {
    expect(faults(props)).toEqual([fault]);
  });

  test('keys at an HTTP API, and says what knows keys', () => {
    expect(() => make({ front: httpApi, access: Access.apiKey() })).toThrow(
      'got Access.apiKey(); ServerlessFront.httpApi() supports Access.cloudIdentity(), .jwt() and .anonymous(). Use ServerlessFront.restApi()',
    );
  });

  test.each([
    [httpApi, tokens],
    [httpApi, Access.anonymous()],
    [functionUrl, Access.anonymous()],
  ])('a grant by IAM where IAM is not asked', (front, access) => {
    expect(() => granted({ front, access })).toThrow(/does not use IAM/);
  });
});
