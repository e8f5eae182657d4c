import type { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { Access } from '../../../lib/serving/index.js';
import { make, only } from './container-support.js';
import { certificate, jwt, VARIANTS } from './container-variants.js';
import { text } from './granted-actions.js';

describe('ContainerModel', () => {
  test('is reached by API Gateway alone, which asks for IAM and throttles', () => {
    const { template, service, stack } = make({ throttle: { requestsPerSecond: 7 } });
    expect(only(template(), 'AWS::ElasticLoadBalancingV2::LoadBalancer').Scheme).toBe('internal');
    const routes = Object.values(template().findResources('AWS::ApiGatewayV2::Route')).map(
      ({ Properties }) => `${Properties.RouteKey} ${Properties.AuthorizationType}`,
    );
    expect(routes.sort()).toEqual(['ANY / AWS_IAM', 'ANY /{proxy+} AWS_IAM']);
    const stage = only(template(), 'AWS::ApiGatewayV2::Stage');
    // HTTP APIs know no `resourcePath`.
    expect(JSON.parse(stage.AccessLogSettings.Format)).toMatchObject({ path: '$context.path' });
    expect(stage.DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 7,
      ThrottlingBurstLimit: 7,
    });
    const balancerGroup = stack.resolve(service.connections.securityGroups[0]!.securityGroupId);
    const rules = template().findResources('AWS::EC2::SecurityGroupIngress', {
      Properties: { GroupId: balancerGroup },
    });
    expect(Object.values(rules).map(({ Properties }) => Properties.SourceSecurityGroupId)).toEqual([
      stack.resolve((service.api!.node.findChild('SecurityGroup') as SecurityGroup).securityGroupId),
    ]);
  });

  test('allows bursts of whole requests', () => {
    const { template } = make({ throttle: { requestsPerSecond: 0.5 } });
    expect(only(template(), 'AWS::ApiGatewayV2::Stage').DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 0.5,
      ThrottlingBurstLimit: 1,
    });
  });

  test('lets a role call the API and nothing else', () => {
    const { stack, service, template } = make();
    const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    service.grantInvoke(role);
    const [policy] = Object.values(
      template().findResources('AWS::IAM::Policy', { Properties: { Roles: [stack.resolve(role.roleName)] } }),
    );
    const [statement] = policy!.Properties.PolicyDocument.Statement;
    expect(statement.Action).toBe('execute-api:Invoke');
    expect(text(statement.Resource)).toMatch(/execute-api:.*:\{IrisApi\w+\}\/\$default\/\*\/\*$/);
  });

  test('says why nobody can be granted anything if IAM does not rule', () => {
    const { stack, service } = make({ access: Access.anonymous() });
    const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    expect(() => service.grantInvoke(role)).toThrow(/Access\.cloudIdentity\(\)/);
  });

  test('lets nobody in by the network unless asked', () => {
    const { template } = make({ access: Access.anonymous() });
    const rules = Object.values(template().findResources('AWS::EC2::SecurityGroup')).flatMap(
      ({ Properties }) => Properties.SecurityGroupIngress ?? [],
    );
    expect(rules).toEqual([]);
    template().resourceCountIs('AWS::ApiGatewayV2::Api', 0);
  });

  test('has the load balancer check issuer and audience of a JWT', () => {
    const { template, service } = make((stack) => ({
      access: jwt,
      certificate: certificate(stack),
      domainName: 'iris.example.com',
    }));
    const { Actions: actions } = only(template(), 'AWS::ElasticLoadBalancingV2::ListenerRule');
    expect(actions[0]).toMatchObject({
      Type: 'jwt-validation',
      JwtValidationConfig: {
        Issuer: 'https://example.auth0.com/',
        JwksEndpoint: 'https://example.auth0.com/.well-known/jwks.json',
        AdditionalClaims: [{ Format: 'single-string', Name: 'aud', Values: ['iris'] }],
      },
    });
    expect(service.predictUrl).toBe('https://iris.example.com/v1/models/iris:predict');
  });

  test('lets the load balancer fetch the keys of the issuer of JWTs, and nothing else from outside', () => {
    const balancerEgress = (props: Parameters<typeof make>[0]) => {
      const { template, service, stack } = make(props);
      const group = stack.resolve(service.connections.securityGroups[0]!.securityGroupId)['Fn::GetAtt'][0];
      const { SecurityGroupEgress: rules = [] } =
        template().findResources('AWS::EC2::SecurityGroup')[group]!.Properties;
      return rules.filter(({ CidrIp }: { CidrIp: string }) => CidrIp === '0.0.0.0/0');
    };
    expect(balancerEgress(VARIANTS['JWT at the load balancer']!)).toMatchObject([
      { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 },
    ]);
    expect(balancerEgress({ access: Access.anonymous() })).toEqual([]);
  });
});
