import { createHash, createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, AwsCalls } from '../support/aws-calls.js';
import { Moto } from '../support/moto.js';

// The local AWS endpoint refuses what AWS refuses by its quotas, so that a deployment against it shows what would fail.
let moto: Moto;
let calls: AwsCalls;

beforeAll(async () => {
  moto = await Moto.start();
  calls = new AwsCalls({ ...process.env, ...moto.env });
});
afterAll(async () => {
  await calls.stop();
  await moto.stop();
});

const call = (service: string, operation: string, parameters: object): Promise<Answer> =>
  calls.call(service, operation, parameters);

/** A policy that names so many objects. */
function policyOf(objects: number): string {
  const Resource = Array.from(
    { length: objects },
    (_, index) => `arn:aws:s3:::cdk-hnb659fds-assets-123456789012-eu-west-1/models/iris/${'0a'.repeat(32)}/${index}`,
  );
  const Statement = [{ Effect: 'Allow', Action: 's3:GetObject', Resource }];
  return JSON.stringify({ Version: '2012-10-17', Statement }, null, 2);
}

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

describe('the local AWS endpoint refuses', () => {
  test('inline policies of a role with more than 10,240 characters together, without white space', async () => {
    const RoleName = 'Task';
    await call('iam', 'create_role', { RoleName, AssumeRolePolicyDocument: TRUST });
    const put = (PolicyName: string, objects: number) =>
      call('iam', 'put_role_policy', { RoleName, PolicyName, PolicyDocument: policyOf(objects) });
    await put('First', 40);
    await expect(put('Second', 40)).rejects.toThrow(/Maximum policy size of 10240/);
    await put('First', 50);
    await expect(put('First', 80)).rejects.toThrow(/Maximum policy size of 10240/);
  });

  test('a managed policy with more than 6,144 characters', async () => {
    const create = (PolicyName: string, objects: number) =>
      call('iam', 'create_policy', { PolicyName, PolicyDocument: policyOf(objects) });
    await create('Small', 30);
    await expect(create('Large', 50)).rejects.toThrow(/PolicySize/);
  });

  test('a load balancer with two subnets in a zone, or in one zone', async () => {
    const { Vpc } = await call('ec2', 'create_vpc', { CidrBlock: '10.1.0.0/16' });
    const subnet = async (zone: string, net: number) => {
      const parameters = { VpcId: Vpc.VpcId, AvailabilityZone: zone, CidrBlock: `10.1.${net}.0/24` };
      return (await call('ec2', 'create_subnet', parameters)).Subnet.SubnetId;
    };
    const [a, b, other] = [await subnet('us-east-1a', 1), await subnet('us-east-1b', 2), await subnet('us-east-1a', 3)];
    const create = (Name: string, Subnets: string[]) => call('elbv2', 'create_load_balancer', { Name, Subnets });
    await expect(create('twice', [a, b, other])).rejects.toThrow(/multiple subnets in the same Availability Zone/);
    await expect(create('alone', [a])).rejects.toThrow(/At least two subnets/);
    await create('right', [a, b]);
  });

  test('a request schema of more than 400 KB', async () => {
    const { id: restApiId } = await call('apigateway', 'create_rest_api', { name: 'api' });
    const create = (name: string, length: number) =>
      call('apigateway', 'create_model', {
        restApiId,
        name,
        contentType: 'application/json',
        schema: JSON.stringify({ description: 'x'.repeat(length) }),
      });
    await create('Small', 400_000);
    await expect(create('Large', 410_000)).rejects.toThrow(/Model size/);
  });

  // By botocore's models, whose shapes for API Gateway v2 have the length in their names.
  test.each<[string, string, object, RegExp]>([
    [
      'apigatewayv2',
      'create_vpc_link',
      { Name: 'x'.repeat(129), SubnetIds: ['subnet-1'] },
      /Name: 129 characters, allowed are 1 to 128/,
    ],
    ['iam', 'create_role', { RoleName: 'x'.repeat(65), AssumeRolePolicyDocument: TRUST }, /65 characters/],
    [
      'sagemaker',
      'create_endpoint',
      { EndpointName: 'a_b', EndpointConfigName: 'config' },
      /EndpointName: a_b does not match/,
    ],
    ['logs', 'create_log_group', { logGroupName: 'a b' }, /logGroupName: a b does not match/],
    [
      'elbv2',
      'create_target_group',
      { Name: 'targets', HealthCheckPath: `/${'x'.repeat(1024)}` },
      /HealthCheckPath: 1025 characters/,
    ],
  ])('names and values that %s does not allow: %s', async (service, operation, parameters, fault) => {
    await expect(call(service, operation, parameters)).rejects.toThrow(fault);
  });

  test('properties that a schema of CloudFormation or the service does not allow, as they are when resolved', async () => {
    const Resources = {
      Link: {
        Type: 'AWS::ApiGatewayV2::VpcLink',
        Properties: { Name: { 'Fn::Join': ['-', ['x'.repeat(127), { Ref: 'AWS::Region' }]] }, SubnetIds: ['subnet-1'] },
      },
    };
    const create = call('cloudformation', 'create_stack', {
      StackName: 'long-names',
      TemplateBody: JSON.stringify({ Resources }),
    });
    await expect(create).rejects.toThrow(/Properties validation failed for resource Link with message: #\/Name: 137/);
  });

  describe('requests by their signature', () => {
    const date = '20260101T000000Z';
    const key = (...scope: string[]) =>
      scope.reduce<Buffer>((secret, part) => hmac(secret, part), Buffer.from('AWS4testing'));
    const hmac = (secret: Buffer, text: string) => createHmac('sha256', secret).update(text).digest();
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

    /** Asks for `path` with a signature for a canonical request with `canonicalPath`. */
    function ask(path: string, canonicalPath: string) {
      const { host } = new URL(moto.url);
      const scope = ['20260101', 'us-east-1', 'lambda', 'aws4_request'];
      const canonical = ['POST', canonicalPath, '', `host:${host}`, `x-amz-date:${date}`, '', 'host;x-amz-date'];
      const request = [...canonical, sha256('{}')].join('\n');
      const text = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(request)].join('\n');
      const signature = hmac(key(...scope), text).toString('hex');
      const credential = `Credential=testing/${scope.join('/')}`;
      const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host;x-amz-date, Signature=${signature}`;
      return fetch(`${moto.url}${path}`, {
        method: 'POST',
        headers: { 'x-amz-date': date, authorization },
        body: '{}',
      });
    }

    test('refuses those without one, or with a key that is not there', async () => {
      const unsigned = await fetch(moto.url, { method: 'POST', headers: { 'x-amz-target': 'SageMaker.ListModels' } });
      expect(unsigned.status).toBe(403);
      expect(await unsigned.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
      const other = new AwsCalls({ ...process.env, ...moto.env, AWS_ACCESS_KEY_ID: 'AKIAOTHER' });
      await expect(other.call('sts', 'get_caller_identity')).rejects.toThrow(/InvalidClientTokenId|403/);
      await other.stop();
    });

    // https://github.com/curl/curl/issues/18423: curl before 8.14 signs the path as it is.
    test('refuses a colon in the path unless it is signed as %3A', async () => {
      const path = '/v1/models/iris:predict';
      const raw = await ask(path, path);
      expect(raw.status).toBe(403);
      expect(await raw.json()).toMatchObject({ __type: 'SignatureDoesNotMatch' });
      expect((await ask(path, path.replace(':', '%3A'))).status).not.toBe(403);
    });
  });

  test('more log groups of generated names than the account’s policy for deliveries holds', async () => {
    const { ApiId } = await call('apigatewayv2', 'create_api', { Name: 'api', ProtocolType: 'HTTP' });
    let stages = 0;
    const create = (group: string) =>
      call('apigatewayv2', 'create_stage', {
        ApiId,
        StageName: `stage${stages++}`,
        AccessLogSettings: { DestinationArn: `arn:aws:logs:us-east-1:123456789012:log-group:${group}`, Format: '{}' },
      });
    const generated = async () => {
      for (let index = 0; index < 60; index++) await create(`Stack-IrisApiAccessLogs${index}-AbCdEfGhIjKl`);
    };
    await expect(generated()).rejects.toThrow(/Policy document length breaking/);
    for (let index = 0; index < 60; index++) await create(`/aws/vendedlogs/apis/Stack-Iris-${index}`);
  });

  test('an access log of a REST API while the account has no role for it', async () => {
    const { id: restApiId } = await call('apigateway', 'create_rest_api', { name: 'logged' });
    const { items } = await call('apigateway', 'get_resources', { restApiId });
    const method = { restApiId, resourceId: items[0].id, httpMethod: 'GET' };
    await call('apigateway', 'put_method', { ...method, authorizationType: 'NONE' });
    await call('apigateway', 'put_integration', { ...method, type: 'MOCK' });
    await call('apigateway', 'create_deployment', { restApiId, stageName: 'prod' });
    const value = 'arn:aws:logs:us-east-1:123456789012:log-group:logs';
    const patchOperations = [{ op: 'replace', path: '/accessLogSettings/destinationArn', value }];
    const update = call('apigateway', 'update_stage', { restApiId, stageName: 'prod', patchOperations });
    await expect(update).rejects.toThrow(/CloudWatch Logs role ARN must be set/);
  });

  test('a model of SageMaker in one zone, or of an image whose manifest is OCI’s', async () => {
    const repositoryName = 'runtime';
    await call('ecr', 'create_repository', { repositoryName });
    const docker = 'application/vnd.docker.distribution.manifest.v2+json';
    for (const [imageTag, mediaType] of [
      ['oci', 'application/vnd.oci.image.manifest.v1+json'],
      ['docker', docker],
    ]) {
      const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType, config: { digest: imageTag }, layers: [] });
      await call('ecr', 'put_image', { repositoryName, imageTag, imageManifest });
    }
    const create = (tag: string, more: object = {}) =>
      call('sagemaker', 'create_model', {
        ModelName: `model-${tag}`,
        ExecutionRoleArn: 'arn:aws:iam::123456789012:role/Role',
        PrimaryContainer: { Image: `123456789012.dkr.ecr.us-east-1.amazonaws.com/runtime:${tag}` },
        ...more,
      });
    await expect(create('oci')).rejects.toThrow(/Unsupported manifest media type/);
    const { Subnets } = await call('ec2', 'describe_subnets', {});
    const VpcConfig = { Subnets: [Subnets[0].SubnetId], SecurityGroupIds: ['sg-1'] };
    await expect(create('docker', { VpcConfig })).rejects.toThrow(/two subnets in different Availability Zones/);
    await create('docker');
  });

  test('a version of a function that has not changed since the last one', async () => {
    const StackName = 'versions';
    const templateOf = (description: string, versions: readonly string[]) => {
      const served = {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Description: description,
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Code: { ZipFile: 'exports.handler = () => {};' },
          Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        },
      };
      const Version = { Type: 'AWS::Lambda::Version', Properties: { FunctionName: { Ref: 'Function' } } };
      const Role = { Type: 'AWS::IAM::Role', Properties: { AssumeRolePolicyDocument: JSON.parse(TRUST) } };
      const published = Object.fromEntries(versions.map((id) => [id, { ...Version, DeletionPolicy: 'Retain' }]));
      return JSON.stringify({ Resources: { Role, Function: served, ...published } });
    };
    const deploy = (operation: string, description: string, ...versions: string[]) =>
      call('cloudformation', operation, { StackName, TemplateBody: templateOf(description, versions) });
    await deploy('create_stack', 'first', 'One');
    const status = async () => (await call('cloudformation', 'describe_stacks', { StackName })).Stacks[0].StackStatus;
    await deploy('update_stack', 'first', 'One', 'Two');
    expect(await status()).toBe('UPDATE_ROLLBACK_COMPLETE');
    const { StackEvents: events } = await call('cloudformation', 'describe_stack_events', { StackName });
    expect(JSON.stringify(events)).toMatch(/Version already exists/);
    await deploy('update_stack', 'second', 'One', 'Two');
    expect(await status()).toBe('UPDATE_COMPLETE');
  });

  test('a private REST API without a resource policy', async () => {
    const create = async (name: string, more: object = {}) => {
      const endpointConfiguration = { types: ['PRIVATE'] };
      const { id: restApiId } = await call('apigateway', 'create_rest_api', { name, endpointConfiguration, ...more });
      const { items } = await call('apigateway', 'get_resources', { restApiId });
      const method = { restApiId, resourceId: items[0].id, httpMethod: 'GET' };
      await call('apigateway', 'put_method', { ...method, authorizationType: 'NONE' });
      await call('apigateway', 'put_integration', { ...method, type: 'MOCK' });
      return call('apigateway', 'create_deployment', { restApiId, stageName: 'prod' });
    };
    await expect(create('open')).rejects.toThrow(/doesn't have a resource policy/);
    await create('closed', { policy: JSON.stringify({ Version: '2012-10-17', Statement: [] }) });
  });
});
