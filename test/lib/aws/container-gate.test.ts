import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { Access, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { faults, make, only, type Props } from './container-support.js';
import { behindExisting, certificate, jwt, torchScript } from './container-variants.js';

const model = Model.fromDirectory(join(__dirname, '../../../examples/iris/model'));
const rollout = Rollout.canary({ percent: 10, gate: {} });

describe('ContainerModel with a gate', () => {
  const { template: synthesize } = make({ model, rollout });
  const template = synthesize();
  const hook = { 'Fn::GetAtt': [Match.stringLikeRegexp('^IrisGate\\w{8}$'), 'Arn'] };

  test('has ECS invoke a function once tests reach the new version, before production traffic does', () => {
    template.hasResourceProperties('AWS::ECS::Service', {
      DeploymentConfiguration: Match.objectLike({
        Strategy: 'CANARY',
        LifecycleHooks: [
          {
            HookTargetArn: hook,
            LifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'],
            RoleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IrisGateInvokeRole'), 'Arn'] },
          },
        ],
      }),
    });
    template.hasResource('AWS::ECS::Service', {
      // The permission to invoke the function, the function, and its own permissions.
      DependsOn: Match.arrayWith([
        Match.stringLikeRegexp('^IrisGateInvokeRoleDefaultPolicy'),
        Match.stringLikeRegexp('^IrisGate\\w{8}$'),
        Match.stringLikeRegexp('^IrisGateRoleDefaultPolicy'),
      ]),
    });
  });

  test('asks at the port of the load balancer for tests, which is all that the function reaches', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'hook.ecsHandler',
      Timeout: 900,
      Environment: {
        Variables: {
          MODELSHIP_GATE_URL: {
            'Fn::Join': [
              '',
              ['http://', { 'Fn::GetAtt': [Match.stringLikeRegexp('LoadBalancer'), 'DNSName'] }, ':9000'],
            ],
          },
        },
      },
      VpcConfig: {
        SecurityGroupIds: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^IrisGateSecurityGroup'), 'GroupId'] }],
      },
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 9000,
      ToPort: 9000,
      SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IrisGateSecurityGroup'), 'GroupId'] },
    });
    const [rule, ...others] = Object.values(template.findResources('AWS::EC2::SecurityGroupEgress')).filter(
      ({ Properties }) => JSON.stringify(Properties.GroupId).includes('IrisGateSecurityGroup'),
    );
    expect([rule!.Properties.FromPort, rule!.Properties.ToPort, others]).toEqual([9000, 9000, []]);
  });

  test('allows ECS to invoke the function, and the function to write its log and join the network', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyName: Match.stringLikeRegexp('^IrisGateInvokeRoleDefaultPolicy'),
      PolicyDocument: { Statement: [{ Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: hook }] },
    });
    const [policy] = Object.values(
      template.findResources('AWS::IAM::Policy', {
        Properties: { PolicyName: Match.stringLikeRegexp('^IrisGateRoleDefaultPolicy') },
      }),
    );
    const actions = policy!.Properties.PolicyDocument.Statement.filter(
      ({ Effect }: { Effect: string }) => Effect === 'Allow',
    ).flatMap(({ Action }: { Action: string[] }) => Action);
    expect(actions.filter((action: string) => !action.startsWith('ec2:'))).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]);
  });

  test.each<[string, Props, object]>([
    ['at once', { rollout: Rollout.allAtOnce({ gate: {} }) }, { Strategy: 'BLUE_GREEN', BakeTimeInMinutes: 5 }],
    [
      'at once, and later to roll back',
      { rollout: Rollout.allAtOnce({ gate: {} }), blueGreenBakeTime: Duration.minutes(30) },
      { Strategy: 'BLUE_GREEN', BakeTimeInMinutes: 30 },
    ],
    [
      'in steps',
      { rollout: Rollout.linear({ stepPercent: 20, intervalMinutes: 3, gate: {} }) },
      { Strategy: 'LINEAR' },
    ],
  ])('asks before all traffic shifts %s', (_, props, expected) => {
    const service = only(make({ model, ...props }).template(), 'AWS::ECS::Service');
    expect(service.DeploymentConfiguration).toMatchObject({
      ...expected,
      LifecycleHooks: [{ LifecycleStages: ['POST_TEST_TRAFFIC_SHIFT'] }],
    });
  });

  test('verifies the certificate of the load balancer by its domain name', () => {
    const encrypted = make((stack) => ({
      model,
      rollout,
      certificate: certificate(stack),
      domainName: 'iris.example.com',
    })).template();
    encrypted.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          MODELSHIP_GATE_URL: { 'Fn::Join': ['', Match.arrayWith(['https://', ':9000'])] },
          MODELSHIP_GATE_SERVER_NAME: 'iris.example.com',
        },
      },
    });
  });
});

describe('a gate that ECS cannot ask', () => {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-ecs-gates-'));
  const empty = join(folder, 'none.json');
  writeFileSync(empty, '[]');

  test.each<[string, Parameters<typeof faults>[0], string[]]>([
    [
      'behind tokens',
      (stack) => ({ access: jwt, certificate: certificate(stack), domainName: 'iris.example.com' }),
      ['rollout.gate: CONFLICT'],
    ],
    [
      'at a load balancer that faces the internet',
      (stack) => ({
        access: Access.anonymous(),
        internetFacing: true,
        certificate: certificate(stack),
        domainName: 'iris.example.com',
      }),
      ['rollout.gate: CONFLICT'],
    ],
    [
      'with a certificate whose name is not known',
      (stack) => ({ access: Access.anonymous(), certificate: certificate(stack) }),
      ['domainName: MISSING'],
    ],
    [
      'without questions',
      { rollout: Rollout.allAtOnce({ gate: { samples: empty } }) },
      ['rollout.gate.samples: GATE_INVALID'],
    ],
  ])('is rejected: %s', (_, props, expected) => {
    const given = (stack: Parameters<Extract<typeof props, (...args: never[]) => unknown>>[0]) =>
      typeof props === 'function' ? props(stack) : props;
    expect(faults((stack) => ({ model, rollout, ...given(stack) }))).toEqual(expected);
  });

  test('is rejected at a load balancer of other services', () => {
    expect(
      faults((stack) => ({ ...behindExisting(stack), model, rollout: Rollout.allAtOnce({ gate: {} }) })),
    ).toContain('listener: CONFLICT');
  });

  test('is rejected with another server', () => {
    expect(faults({ model: torchScript, image: undefined, server: ModelServer.torchServe(), rollout })).toContain(
      'rollout.gate: CONFLICT',
    );
  });
});
