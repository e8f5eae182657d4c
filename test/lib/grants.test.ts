import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { AccountPrincipal, type IGrantable, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { TerraformVariable } from 'cdktf';
import { describe, expect, test, vi } from 'vitest';
import { ServerlessFront, ServerlessModel, type ServerlessModelProps } from '../../lib/aws/index.js';
import { Access } from '../../lib/serving/index.js';
import { minimal } from './aws/container-variants.js';
import { ENDPOINTS } from './endpoints.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('./azure/small-runtime.js'));

const ACCOUNT = new AccountPrincipal('210987654321');
const SERVICE = new ServicePrincipal('events.amazonaws.com');

describe('on AWS, a principal without an identity policy', () => {
  function granted(front: ServerlessFront, grantee: IGrantable, props: Partial<ServerlessModelProps> = {}) {
    const stack = new Stack(new App({ analyticsReporting: false }), 'S', {
      env: { account: '123456789012', region: 'eu-west-1' },
    });
    const endpoint = new ServerlessModel(stack, 'Iris', { model: minimal.model, front, ...props });
    const grant = endpoint.grantInvoke(grantee);
    return { grant, template: Template.fromStack(stack) };
  }
  const statement = (rest: object) =>
    Match.objectLike({ Statement: Match.arrayWith([Match.objectLike({ Effect: 'Allow', ...rest })]) });
  const byAccount = {
    Principal: { AWS: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':210987654321:root')])] } },
  };

  test.each(['SageMaker', 'ECS'] as const)('gets nothing on %s, which is an error', (name) => {
    const { endpoint } = ENDPOINTS[name]();
    for (const principal of [ACCOUNT, SERVICE]) {
      expect(() => endpoint.grantInvoke(principal)).toThrow(
        /^S\/Iris: grantInvoke\(\) has no effect on this principal.* Pass a role, user or group/,
      );
    }
  });

  test('gets nothing on an HTTP API, which is an error', () => {
    expect(() => granted(ServerlessFront.httpApi(), ACCOUNT)).toThrow(/has no effect on this principal/);
  });

  test('is an account in the resource policy of a REST API', () => {
    const { grant, template } = granted(ServerlessFront.restApi(), ACCOUNT);
    expect(grant.success).toBe(true);
    template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      Policy: statement({ Action: 'execute-api:Invoke', Resource: 'execute-api:/*', ...byAccount }),
    });
  });

  test('makes a new deployment, without which API Gateway keeps the earlier policy', () => {
    const deployments = [undefined, ACCOUNT].map((account) => {
      const role = Role.fromRoleArn(new Stack(), 'Caller', 'arn:aws:iam::123456789012:role/caller');
      const { template } = granted(ServerlessFront.restApi(), account ?? role);
      return Object.keys(template.findResources('AWS::ApiGateway::Deployment'));
    });
    expect(deployments[0]).toHaveLength(1);
    expect(deployments[1]).not.toEqual(deployments[0]);
  });

  test('leaves preflight requests of browsers allowed', () => {
    const { template } = granted(ServerlessFront.restApi(), ACCOUNT, {
      environment: { MODELSHIP_CORS_ORIGINS: 'https://app.example' },
    });
    template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      Policy: statement({ Principal: { AWS: '*' }, Resource: 'execute-api:/*/OPTIONS/*' }),
    });
  });

  test('is a role of another account in the resource policy of a REST API', () => {
    const role = Role.fromRoleArn(
      new Stack(undefined, 'Other', { env: { account: '123456789012' } }),
      'Caller',
      'arn:aws:iam::210987654321:role/caller',
    );
    const { template } = granted(ServerlessFront.restApi(), role);
    template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      Policy: statement({ Principal: { AWS: 'arn:aws:iam::210987654321:role/caller' } }),
    });
  });

  test('is an account with a permission for a function URL', () => {
    const { template } = granted(ServerlessFront.functionUrl(), ACCOUNT);
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunctionUrl',
      FunctionUrlAuthType: 'AWS_IAM',
      Principal: '210987654321',
    });
    // Since October 2025 callers of a URL need this action, too.
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction',
      InvokedViaFunctionUrl: true,
      Principal: '210987654321',
    });
  });

  test.each([
    [ACCOUNT, byAccount],
    [SERVICE, { Principal: { Service: 'events.amazonaws.com' } }],
  ])('sends to a queue by the policy of the queue', (principal, expected) => {
    const bucket = Bucket.fromBucketName(new Stack(), 'Answers', 'answers');
    const { template } = granted(ServerlessFront.queue({ outputBucket: bucket }), principal);
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: statement({ Action: Match.arrayWith(['sqs:SendMessage']), ...expected }),
    });
  });

  test('is no service at a REST API, because services sign with a role', () => {
    expect(() => granted(ServerlessFront.restApi(), SERVICE)).toThrow(
      /grantInvoke\(\) got the service principal events\.amazonaws\.com.* Pass the role/,
    );
  });
});

const PRINCIPAL = '11111111-1111-1111-1111-111111111111';

describe.each(['Functions', 'Container Apps', 'AKS', 'Azure ML'] as const)('on %s', (name) => {
  test.each(['app@example.com', 'allUsers', '', '1111'])('a caller is an object id, not %j', (id) => {
    const { endpoint } = ENDPOINTS[name]();
    expect(() => endpoint.grantInvoke('Caller', id)).toThrow(
      `stack/Iris: grantInvoke() got ${JSON.stringify(id)}. Pass the object id of a user, group or service principal`,
    );
  });

  test('an object id and a token pass', () => {
    const { endpoint, stack } = ENDPOINTS[name]();
    endpoint.grantInvoke('Caller', PRINCIPAL);
    endpoint.grantInvoke('Other', new TerraformVariable(stack, 'caller', {}).stringValue);
  });
});

test.each([
  ['Functions', Access.anonymous()],
  ['AKS', Access.jwt({ issuer: 'https://issuer.example', audience: ['a'] })],
  ['Azure ML', Access.apiKey()],
] as const)('a grant on %s has no effect with $kind', (name, access) => {
  expect(() => ENDPOINTS[name]({ access }).endpoint.grantInvoke('Caller', PRINCIPAL)).toThrow(
    /^stack\/Iris: grantInvoke\(\) has no effect with this access; it requires Access\.cloudIdentity\(\)/,
  );
});

describe.each(['Cloud Run', 'Vertex AI'] as const)('on %s', (name) => {
  test.each([
    'caller@example.com',
    'serviceaccount:caller@project.iam.gserviceaccount.com',
    'serviceAccount:caller',
    'user: a@example.com',
    'group:https://example.com',
    'domain:example',
    'principal:iam.googleapis.com/x',
    'arn:aws:iam::123456789012:role/caller',
    PRINCIPAL,
    '',
  ])('a caller is an IAM member, not %j', (member) => {
    expect(() => ENDPOINTS[name]().endpoint.grantInvoke(member)).toThrow(
      `stack/Iris: grantInvoke() got ${JSON.stringify(member)}. Pass an IAM member: \`serviceAccount:EMAIL\``,
    );
  });

  test.each(['allUsers', 'allAuthenticatedUsers'])('%s is refused', (member) => {
    expect(() => ENDPOINTS[name]().endpoint.grantInvoke(member)).toThrow(
      new RegExp(`got "${member}", which is anyone on the internet\\. .*Access\\.anonymous\\(\\)`),
    );
  });

  // https://cloud.google.com/iam/docs/principal-identifiers
  test('members of every kind pass', () => {
    const { endpoint, stack } = ENDPOINTS[name]();
    for (const member of [
      'user:alice@example.com',
      'serviceAccount:caller@project.iam.gserviceaccount.com',
      'serviceAccount:caller@project.example.com.iam.gserviceaccount.com',
      'serviceAccount:123456789012-compute@developer.gserviceaccount.com',
      'serviceAccount:project.svc.id.goog[web/caller]',
      'serviceAccount:example.com:project.svc.id.goog[web/caller]',
      'group:admins@example.com',
      'domain:example.com',
      'principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/subject/a',
      'principalSet://iam.googleapis.com/locations/global/workforcePools/pool/group/a',
      'principalSet://cloudresourcemanager.googleapis.com/projects/1/type/ServiceAccount',
      'projectEditor:project',
      new TerraformVariable(stack, 'caller', {}).stringValue,
    ]) {
      endpoint.grantInvoke(member);
    }
  });
});

test.each([Access.anonymous(), Access.jwt({ issuer: 'https://issuer.example', audience: ['a'] })])(
  'a grant on Cloud Run has no effect with $kind',
  (access) => {
    expect(() => ENDPOINTS['Cloud Run']({ access }).endpoint.grantInvoke('user:alice@example.com')).toThrow(
      `stack/Iris: grantInvoke() has no effect with Access.${access.kind}(). Cloud Run checks IAM only with Access.cloudIdentity()`,
    );
  },
);

test.each(['user:alice@example.com', 'Web', '', 'a'.repeat(64)])(
  'a caller on GKE is a namespace, not %j',
  (namespace) => {
    expect(() => ENDPOINTS.GKE().endpoint.grantInvoke(namespace)).toThrow(
      `stack/Iris: grantInvoke() got ${JSON.stringify(namespace)}. Pass the name of a namespace in the cluster`,
    );
  },
);

describe.each(['Lambda', 'ECS', 'SageMaker'] as const)('on %s', (name) => {
  test.each([
    ['arn:aws:iam::123456789012:role/caller', '"arn:aws:iam::123456789012:role/caller" (a string)'],
    [undefined, 'undefined'],
    [new Stack(), 'a Stack'],
  ])('a caller is a principal of IAM, not %s', (grantee, got) => {
    expect(() => ENDPOINTS[name]().endpoint.grantInvoke(grantee as unknown as IGrantable)).toThrow(
      `S/Iris: grantInvoke() got ${got}. Pass an IGrantable, such as a role, user or group.`,
    );
  });
});

test('takes a role on AWS', () => {
  const { endpoint } = ENDPOINTS.SageMaker();
  const role = new Role(Stack.of(endpoint), 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  expect(endpoint.grantInvoke(role).success).toBe(true);
});
