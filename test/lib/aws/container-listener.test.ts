import { App, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ListenerCondition,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { describe, expect, test } from 'vitest';
import { ContainerModel } from '../../../lib/aws/index.js';
import { Access, Rollout } from '../../../lib/serving/index.js';
import { faults, make, watched } from './container-support.js';
import { behindExisting, certificate, jwt, minimal } from './container-variants.js';

const ARN = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012';

/** The service behind a listener that another stack made. */
function imported() {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S', {
    env: { account: '123456789012', region: 'eu-west-1' },
  });
  const { vpc } = behindExisting(stack);
  const securityGroup = SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-0123456789abcdef0');
  const listener = ApplicationListener.fromApplicationListenerAttributes(stack, 'Imported', {
    listenerArn: `${ARN}:listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2`,
    securityGroup,
  });
  const loadBalancer = ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(stack, 'ImportedBalancer', {
    loadBalancerArn: `${ARN}:loadbalancer/app/shared/50dc6c495c0c9188`,
    loadBalancerDnsName: 'shared.example.com',
    securityGroupId: 'sg-0123456789abcdef0',
  });
  const service = new ContainerModel(stack, 'Iris', {
    ...minimal,
    vpc,
    access: jwt,
    listener: {
      listener,
      loadBalancer,
      priority: 7,
      conditions: [ListenerCondition.pathPatterns(['/v1/models/iris*'])],
    },
  });
  return { stack, service, template: Template.fromStack(stack) };
}

describe('ContainerModel behind an existing listener', () => {
  test('adds a rule for its domain name, and no load balancer, listener or API', () => {
    const { template, service, stack } = make(behindExisting);
    const made = template();
    made.resourceCountIs('AWS::ElasticLoadBalancingV2::LoadBalancer', 1);
    made.resourceCountIs('AWS::ElasticLoadBalancingV2::Listener', 1);
    made.resourceCountIs('AWS::ApiGatewayV2::Api', 0);
    made.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      ListenerArn: { Ref: Match.stringLikeRegexp('^SharedListener') },
      Priority: 10,
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['iris.example.com'] } }],
      Actions: [Match.objectLike({ Type: 'forward' })],
    });
    expect(service.loadBalancer.accessLogs).toBeUndefined();
    expect(stack.resolve(service.predictUrl)).toBe('http://iris.example.com/v1/models/iris:predict');
  });

  test('lets the load balancer reach the tasks', () => {
    make(behindExisting)
      .template()
      .hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
        GroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IrisSecurityGroup'), 'GroupId'] },
        SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^SharedSecurityGroup'), 'GroupId'] },
        FromPort: 8080,
      });
  });

  test('watches, scales by and reports the requests of its own targets only', () => {
    const { template, service, stack } = make(behindExisting);
    for (const description of [/failed/, /Latency above/]) {
      for (const metric of watched(template(), description).metrics) expect(metric).toContain('Targets');
    }
    const scaling = Object.values(template().findResources('AWS::ApplicationAutoScaling::ScalingPolicy'));
    const metrics = scaling.flatMap(
      ({ Properties: { TargetTrackingScalingPolicyConfiguration: configuration } }) =>
        configuration.CustomizedMetricSpecification?.Metrics ?? [],
    );
    const [requests] = metrics.filter(({ Id }: { Id: string }) => Id === 'requests');
    const names = requests.MetricStat.Metric.Dimensions.map(({ Name }: { Name: string }) => Name).sort();
    expect(names).toEqual(['LoadBalancer', 'TargetGroup']);
    for (const metric of [service.metricRequests(), service.metricErrors(), service.metricLatency()]) {
      expect(Object.keys(stack.resolve(metric.dimensions)).sort()).toEqual(['LoadBalancer', 'TargetGroup']);
    }
  });

  test('takes a listener of another stack, which checks tokens and its own conditions', () => {
    const { template, service, stack } = imported();
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      ListenerArn: Match.stringLikeRegexp('listener/app/shared/'),
      Priority: 7,
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/v1/models/iris*'] } }],
      Actions: [
        Match.objectLike({
          Type: 'jwt-validation',
          JwtValidationConfig: Match.objectLike({
            AdditionalClaims: [{ Format: 'single-string', Name: 'aud', Values: ['iris'] }],
          }),
        }),
        Match.objectLike({ Type: 'forward' }),
      ],
    });
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      SourceSecurityGroupId: 'sg-0123456789abcdef0',
      FromPort: 8080,
    });
    expect(stack.resolve(service.url)).toBe('https://shared.example.com');
    expect(service.loadBalancer.fullName).toBe('app/shared/50dc6c495c0c9188');
  });

  test('names the port of a listener that is not the protocol’s own', () => {
    const { service } = make((stack) => {
      const props = behindExisting(stack);
      return { ...props, listener: { ...props.listener, port: 8443, protocol: ApplicationProtocol.HTTPS } };
    });
    expect(service.url).toBe('https://iris.example.com:8443');
  });

  test('rejects what belongs to the existing load balancer, and what its rule cannot do', () => {
    expect(
      faults((stack) => {
        const { vpc: _vpc, domainName: _name, listener, ...props } = behindExisting(stack);
        return {
          ...props,
          access: undefined,
          rollout: Rollout.canary({ percent: 10, bakeMinutes: 1 }),
          certificate: certificate(stack),
          internetFacing: true,
          listener: { ...listener, priority: 50_001, conditions: [] },
        };
      }),
    ).toEqual(
      expect.arrayContaining([
        'listener.priority: OUT_OF_RANGE',
        'internetFacing: CONFLICT',
        'certificate: CONFLICT',
        'vpc: MISSING',
        'access: CONFLICT',
        'listener: CONFLICT',
        'listener.conditions: OUT_OF_RANGE',
      ]),
    );
    const of = (change: object) => faults((stack) => ({ ...behindExisting(stack), ...change }));
    expect(of({ access: jwt })).toEqual(['listener.protocol: CONFLICT']);
    expect(of({ domainName: undefined })).toEqual(['listener.conditions: MISSING']);
    expect(of({ blueGreenBakeTime: Duration.minutes(5) })).toEqual(['listener: CONFLICT']);
    expect(of({ access: Access.cloudIdentity() })).toEqual(['access: CONFLICT']);
  });
});
