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

  test('a VPC link whose name has more than 128 characters', async () => {
    const create = (Name: string) => call('apigatewayv2', 'create_vpc_link', { Name, SubnetIds: ['subnet-1'] });
    await create('x'.repeat(128));
    await expect(create('x'.repeat(129))).rejects.toThrow(/Invalid name/);
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
    await expect(deploy('update_stack', 'first', 'One', 'Two')).rejects.toThrow(/Version already exists/);
    await deploy('update_stack', 'second', 'One', 'Two');
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
