import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { AccountPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test, vi } from 'vitest';
import {
  ContainerModel,
  EndpointMode,
  type HttpFront,
  type IModelEndpoint,
  ManagedEndpointModel,
  type RestFront,
  ServerlessFront,
  ServerlessModel,
  type ServerlessModelAttributes,
} from '../../../lib/aws/index.js';
import { minimal } from './container-variants.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('../azure/small-runtime.js'));

const { model, image } = minimal;
const ENV = { account: '123456789012', region: 'eu-west-1' };
const stackOf = (id: string) => new Stack(new App({ analyticsReporting: false }), id, { env: ENV });
const FIGURES = ['metricRequests', 'metricErrors', 'metricLatency'] as const;

/** What a role may do after a grant by an endpoint that was imported into another stack. */
function granted(make: (stack: Stack) => IModelEndpoint): object[] {
  const stack = stackOf('Callers');
  const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  make(stack).grantInvoke(role);
  const [policy] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  return JSON.parse(
    JSON.stringify(policy!.Properties.PolicyDocument.Statement).replaceAll(
      /\{"Fn::Join":\["",\["arn:",\{"Ref":"AWS::Partition"\},"([^"]*)"\]\]\}/g,
      '"arn:aws$1"',
    ),
  );
}

/** What CloudWatch is asked for. Some metrics of CDK name the account and the region, which are those of the stack. */
function seen(stack: Stack, metric: Metric): object {
  const { account = ENV.account, region = ENV.region, ...figures } = stack.resolve(metric.toMetricConfig().metricStat);
  return { account, region, ...figures };
}

/** Whether the metrics of an imported endpoint are those of the endpoint itself, as CDK names and measures them. */
function expectSameMetrics(stack: Stack, endpoint: IModelEndpoint, imported: IModelEndpoint): void {
  for (const figure of FIGURES) expect(seen(stack, imported[figure]())).toEqual(seen(stack, endpoint[figure]()));
  expect(imported.metricLatency({ statistic: 'p90' }).statistic).toBe('p90');
  expect(stack.resolve(imported.url)).toEqual(stack.resolve(endpoint.url));
}

const invoke = (Resource: string) => [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource }];
const url = 'https://abc.example/';

describe('ServerlessModel', () => {
  const imported = (attributes: Partial<ServerlessModelAttributes>) => (stack: Stack) =>
    ServerlessModel.fromServerlessModelAttributes(stack, 'Iris', { url, functionName: 'iris', ...attributes });

  test.each<[string, ServerlessFront, (endpoint: ServerlessModel) => Partial<ServerlessModelAttributes>]>([
    ['a REST API', ServerlessFront.restApi(), ({ front }) => ({ restApi: (front as RestFront).api })],
    ['an HTTP API', ServerlessFront.httpApi(), ({ front }) => ({ httpApiId: (front as HttpFront).api.apiId })],
    ['a function URL', ServerlessFront.functionUrl(), () => ({})],
  ])('behind %s has the metrics of the endpoint', (_, front, attributes) => {
    const stack = stackOf('Models');
    const endpoint = new ServerlessModel(stack, 'Iris', { model: minimal.model, front });
    const other = ServerlessModel.fromServerlessModelAttributes(stack, 'Imported', {
      url: endpoint.url,
      functionName: endpoint.function.functionName,
      ...attributes(endpoint),
    });
    expectSameMetrics(stack, endpoint, other);
  });

  test('behind a REST API allows its stage', () => {
    const restApi = { restApiId: 'abc', restApiName: 'Iris' };
    expect(granted(imported({ restApi }))).toEqual(invoke('arn:aws:execute-api:eu-west-1:123456789012:abc/prod/*/*'));
  });

  test('behind an HTTP API allows its stage', () => {
    expect(granted(imported({ httpApiId: 'abc' }))).toEqual(
      invoke('arn:aws:execute-api:eu-west-1:123456789012:abc/$default/*/*'),
    );
  });

  test('behind a function URL allows the alias', () => {
    const Resource = 'arn:aws:lambda:eu-west-1:123456789012:function:iris:live';
    expect(granted(imported({}))).toEqual([
      {
        Action: 'lambda:InvokeFunctionUrl',
        Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
        Effect: 'Allow',
        Resource,
      },
      {
        Action: 'lambda:InvokeFunction',
        Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': true } },
        Effect: 'Allow',
        Resource,
      },
    ]);
  });

  test('behind a queue allows messages, and counts them', () => {
    const queueArn = 'arn:aws:sqs:eu-west-1:123456789012:iris';
    expect(granted(imported({ queueArn }))).toEqual([
      expect.objectContaining({ Action: expect.arrayContaining(['sqs:SendMessage']), Resource: queueArn }),
    ]);
    const endpoint = imported({ queueArn })(stackOf('Callers'));
    expect(endpoint.metricRequests()).toMatchObject({ namespace: 'AWS/SQS', metricName: 'NumberOfMessagesSent' });
    expect(() => endpoint.metricLatency()).toThrow('Callers/Iris: a queue has no metric for errors and latency');
  });

  test('has one front', () => {
    expect(() => imported({ httpApiId: 'abc', queueArn: 'arn:aws:sqs:eu-west-1:1:q' })(stackOf('Callers'))).toThrow(
      /^Callers\/Iris: got httpApiId and queueArn, but an endpoint has one front\./,
    );
  });
});

describe('ContainerModel', () => {
  const attributes = { url, loadBalancerFullName: 'app/iris/50dc6c495c0c9188' };

  test('has the metrics of the endpoint', () => {
    const stack = stackOf('Models');
    const endpoint = new ContainerModel(stack, 'Iris', minimal);
    const imported = ContainerModel.fromContainerModelAttributes(stack, 'Imported', {
      url: endpoint.url,
      loadBalancerFullName: endpoint.loadBalancer.fullName,
      httpApiId: endpoint.api!.api.apiId,
    });
    expectSameMetrics(stack, endpoint, imported);
  });

  test('allows the API, and fails without one', () => {
    const make = (httpApiId?: string) => (stack: Stack) =>
      ContainerModel.fromContainerModelAttributes(stack, 'Iris', { ...attributes, httpApiId });
    expect(granted(make('abc'))).toEqual(invoke('arn:aws:execute-api:eu-west-1:123456789012:abc/$default/*/*'));
    expect(() => granted(make())).toThrow('Callers/Iris: grantInvoke() needs the attribute `httpApiId`');
  });
});

describe('ManagedEndpointModel', () => {
  const buckets = (stack: Stack) => ({ outputBucket: Bucket.fromBucketName(stack, 'Bucket', 'answers') });

  test.each<[string, (stack: Stack) => EndpointMode]>([
    ['realTime', () => EndpointMode.realTime()],
    ['asynchronous', (stack) => EndpointMode.asynchronous(buckets(stack))],
    ['inferenceComponents', () => EndpointMode.inferenceComponents()],
  ])('has the metrics and the grants of the endpoint in the mode %s', (_, modeOf) => {
    const stack = stackOf('Models');
    const mode = modeOf(stack);
    const endpoint = new ManagedEndpointModel(stack, 'Iris', { model, image, mode, endpointName: 'iris' });
    const imported = ManagedEndpointModel.fromManagedEndpointModelAttributes(stack, 'Imported', {
      endpointName: 'iris',
      mode,
    });
    expectSameMetrics(stack, endpoint, imported);
    for (const [id, by] of [
      ['First', endpoint],
      ['Second', imported],
    ] as const) {
      by.grantInvoke(new Role(stack, id, { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));
    }
    const policies = Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
    const actions = (id: string) =>
      policies
        .find(([name]) => name.startsWith(id))![1]
        .Properties.PolicyDocument.Statement.map(({ Action }: { Action: unknown }) => Action);
    expect(actions('Second')).toEqual(actions('First'));
  });

  test('allows the endpoint, and its streams and keys where told', () => {
    const make = (attributes: (stack: Stack) => object) => (stack: Stack) =>
      ManagedEndpointModel.fromManagedEndpointModelAttributes(stack, 'Iris', {
        endpointName: 'iris',
        ...attributes(stack),
      });
    const Resource = 'arn:aws:sagemaker:eu-west-1:123456789012:endpoint/iris';
    expect(granted(make(() => ({})))).toEqual([{ Action: 'sagemaker:InvokeEndpoint', Effect: 'Allow', Resource }]);
    expect(granted(make(() => ({ streams: true })))).toEqual([
      {
        Action: ['sagemaker:InvokeEndpoint', 'sagemaker:InvokeEndpointWithResponseStream'],
        Effect: 'Allow',
        Resource,
      },
    ]);
    expect(granted(make(() => ({ mode: EndpointMode.inferenceComponents() })))).toEqual([
      {
        Action: 'sagemaker:InvokeEndpoint',
        Effect: 'Allow',
        Resource: [Resource, 'arn:aws:sagemaker:eu-west-1:123456789012:inference-component/iris'],
      },
    ]);
    const adapters = (stack: Stack) => [
      { name: 'legal', bucket: Bucket.fromBucketName(stack, 'Files', 'adapters'), key: 'legal.tar.gz' },
    ];
    const component = 'arn:aws:sagemaker:eu-west-1:123456789012:inference-component';
    expect(
      granted(make((stack) => ({ mode: EndpointMode.inferenceComponents({ adapters: adapters(stack) }) }))),
    ).toEqual([
      {
        Action: 'sagemaker:InvokeEndpoint',
        Effect: 'Allow',
        Resource: [Resource, `${component}/iris`, `${component}/legal`],
      },
    ]);
    const key = 'arn:aws:kms:eu-west-1:123456789012:key/k';
    const asynchronous = granted(
      make((stack) => ({
        mode: EndpointMode.asynchronous(buckets(stack)),
        encryptionKey: Key.fromKeyArn(stack, 'Key', key),
      })),
    );
    expect(asynchronous).toContainEqual({ Action: 'kms:Decrypt', Effect: 'Allow', Resource: key });
  });

  test('fails for a principal without an identity policy', () => {
    const endpoint = ManagedEndpointModel.fromManagedEndpointModelAttributes(stackOf('Callers'), 'Iris', {
      endpointName: 'iris',
    });
    expect(() => endpoint.grantInvoke(new AccountPrincipal('210987654321'))).toThrow(/has no effect on this principal/);
  });
});
