import { expect, test } from 'vitest';
import type { Answer } from '../../support/aws-calls.js';
import { alarms, call, codeDeploy, variants } from './deployed-variants.js';

/** The one of a serverless variant. */
const restApi = (variant: string) => variants.only('serverless', variant, 'AWS::ApiGateway::RestApi');

/** How each method of a REST API lets callers in. */
async function methods(variant: string): Promise<Answer[]> {
  const { items } = await call('apigateway', 'get_resources', { restApiId: await restApi(variant), limit: 100 });
  return items.flatMap(({ resourceMethods = {} }: Answer) => Object.values(resourceMethods));
}

/** What AWS shows of the variants of ServerlessModel. */
export function checkServerless(): void {
  test('a queue, with its dead letters, calls the function', async () => {
    const queues = await Promise.all(
      (await variants.those('serverless', 'queue', 'AWS::SQS::Queue')).map(async (QueueUrl) => {
        const { Attributes } = await call('sqs', 'get_queue_attributes', { QueueUrl, AttributeNames: ['All'] });
        return Attributes;
      }),
    );
    const [queue] = queues.filter(({ RedrivePolicy }) => RedrivePolicy);
    const [letters] = queues.filter(({ RedrivePolicy }) => !RedrivePolicy);
    expect(JSON.parse(queue.RedrivePolicy)).toEqual({ deadLetterTargetArn: letters.QueueArn, maxReceiveCount: 3 });
    expect(Number(queue.VisibilityTimeout)).toBe(6 * 29);
    const { Configuration } = await variants.functionOf('queue');
    const { EventSourceMappings } = await call('lambda', 'list_event_source_mappings');
    expect(EventSourceMappings).toEqual([
      expect.objectContaining({
        EventSourceArn: queue.QueueArn,
        FunctionArn: expect.stringContaining(Configuration.FunctionArn),
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        State: 'Enabled',
      }),
    ]);
  });

  test('a firewall stands before the stage, and before no other', async () => {
    const stage = (id: string) => ({ ResourceArn: `arn:aws:apigateway:eu-west-1::/restapis/${id}/stages/prod` });
    const firewallOf = async (variant: string) =>
      (await call('wafv2', 'get_web_acl_for_resource', stage(await restApi(variant)))).WebACL;
    expect((await firewallOf('firewall')).Rules.map(({ Name }: Answer) => Name)).toContain('RequestsOfOneAddress');
    expect(await firewallOf('default')).toBeUndefined();
  });

  test.each([
    ['default', { authorizationType: 'AWS_IAM', apiKeyRequired: false }],
    ['keys', { authorizationType: 'NONE', apiKeyRequired: true }],
    ['tokens', { authorizationType: 'CUSTOM', authorizerId: expect.any(String) }],
    ['anonymous', { authorizationType: 'NONE', apiKeyRequired: false }],
  ])('a REST API lets callers in as it should: %s', async (variant, access) => {
    const found = await methods(variant);
    expect(found).toHaveLength(4);
    for (const method of found) expect(method).toMatchObject(access);
  });

  test('a key has its quota', async () => {
    const [usagePlanId, keyId] = await Promise.all(
      ['UsagePlan', 'ApiKey'].map((kind) => variants.only('serverless', 'keys', `AWS::ApiGateway::${kind}`)),
    );
    expect(await call('apigateway', 'get_usage_plan', { usagePlanId })).toMatchObject({
      apiStages: [{ apiId: await restApi('keys'), stage: 'prod' }],
      throttle: { rateLimit: 5, burstLimit: 10 },
      quota: { limit: 1000, period: 'DAY' },
    });
    const { items } = await call('apigateway', 'get_usage_plan_keys', { usagePlanId });
    expect(items.map(({ id }: Answer) => id)).toEqual([keyId]);
  });

  test('an HTTP API asks for tokens of the issuer', async () => {
    const ApiId = await variants.only('serverless', 'HTTP API, tokens', 'AWS::ApiGatewayV2::Api');
    const AuthorizerId = await variants.only('serverless', 'HTTP API, tokens', 'AWS::ApiGatewayV2::Authorizer');
    const authorizer = await call('apigatewayv2', 'get_authorizer', { ApiId, AuthorizerId });
    expect(authorizer.JwtConfiguration).toEqual({ Audience: ['iris'], Issuer: 'https://issuer.example.com' });
    const { Items } = await call('apigatewayv2', 'get_routes', { ApiId });
    expect(Items).toHaveLength(2);
    for (const route of Items) expect(route).toMatchObject({ AuthorizationType: 'JWT', AuthorizerId });
  });

  test.each(['network', 'file system', 'S3 Files'])('a function is in its VPC: %s', async (variant) => {
    const { VpcConfig } = (await variants.functionOf(variant)).Configuration;
    expect(VpcConfig.SubnetIds.sort()).toEqual(
      (await variants.those('serverless', variant, 'AWS::EC2::Subnet')).sort(),
    );
    const groups = await variants.those('serverless', variant, 'AWS::EC2::SecurityGroup');
    expect(groups).toEqual(expect.arrayContaining(VpcConfig.SecurityGroupIds));
  });

  test('a function has the file system that holds its model', async () => {
    const { Configuration } = await variants.functionOf('file system');
    const point = await variants.only('serverless', 'file system', 'AWS::EFS::AccessPoint');
    expect(Configuration.FileSystemConfigs).toEqual([
      { Arn: expect.stringContaining(`:access-point/${point}`), LocalMountPath: '/mnt/models' },
    ]);
    expect(Configuration.Environment.Variables.MODELSHIP_MODEL).toBe('/mnt/models/iris/1');
  });

  test('a function of an image that is in its repository, and one of the layer', async () => {
    const { Code, Configuration } = await variants.functionOf('image');
    expect(Configuration).toMatchObject({ PackageType: 'Image' });
    expect(Code.ImageUri).toContain('cdk-hnb659fds-container-assets-123456789012-eu-west-1:');
    expect((await variants.functionOf('default')).Configuration.Layers).toHaveLength(1);
  });

  test.each([
    ['canary', { type: 'TimeBasedCanary', timeBasedCanary: { canaryPercentage: 10, canaryInterval: 10 } }],
    ['linear, function URL', { type: 'TimeBasedLinear', timeBasedLinear: { linearPercentage: 20, linearInterval: 5 } }],
  ])('CodeDeploy moves the alias, and alarms take it back: %s', async (variant, trafficRoutingConfig) => {
    const { group } = await codeDeploy(variant);
    const { deploymentConfigName, alarmConfiguration, autoRollbackConfiguration } = group;
    const { deploymentConfigInfo } = await call('codedeploy', 'get_deployment_config', { deploymentConfigName });
    expect(deploymentConfigInfo.trafficRoutingConfig).toEqual(trafficRoutingConfig);
    expect(autoRollbackConfiguration.events).toContain('DEPLOYMENT_STOP_ON_ALARM');
    const watched = alarmConfiguration.alarms.map(({ name }: Answer) => name).sort();
    expect(watched.length).toBeGreaterThan(2);
    expect(await alarms(watched)).toEqual(watched);
  });
}
