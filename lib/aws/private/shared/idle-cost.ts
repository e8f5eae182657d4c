import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { CfnAlarm, CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnEIP, CfnNatGateway, CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import { CfnLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct, IConstruct } from 'constructs';
import { describeIdleCost, type IdlePart, idleCost } from '../../../cost/idle-cost.js';

/** Reports the idle cost of a construct at synthesis: its running compute plus the fixed cost of its resources. */
export function annotateIdleCost(scope: Construct, running: readonly IdlePart[]): void {
  const cost = idleCost([...running, ...scope.node.findAll().flatMap(partsOf)]);
  if (cost.monthlyUsd > 0 || cost.unpriced.length > 0)
    Annotations.of(scope).addInfoV2('modelship:idleCost', describeIdleCost(cost, 'aws'));
}

/** Returns the fixed monthly or hourly cost items of a resource. */
function partsOf(resource: IConstruct): IdlePart[] {
  if (resource instanceof CfnDashboard) return [{ what: 'dashboard', price: 'aws.cw.dashboard' }];
  if (resource instanceof CfnAlarm) return [{ what: 'alarms', price: 'aws.cw.alarm', quantity: metricsOf(resource) }];
  if (resource instanceof CfnLoadBalancer) {
    const addresses = resource.scheme === 'internet-facing' ? countOf(resource.subnets) : 0;
    return [
      { what: 'load balancer', price: 'aws.alb.hour' },
      { what: 'public addresses', price: 'aws.ipv4.hour', quantity: addresses },
    ];
  }
  if (resource instanceof CfnNatGateway) return [{ what: 'NAT gateway', price: 'aws.nat.hour' }];
  if (resource instanceof CfnEIP) return [{ what: 'public addresses', price: 'aws.ipv4.hour' }];
  if (resource instanceof CfnVPCEndpoint && resource.vpcEndpointType === 'Interface') {
    return [{ what: 'interface endpoints', price: 'aws.vpce.hour', quantity: countOf(resource.subnetIds) }];
  }
  if (resource instanceof CfnWebACL) {
    return [
      { what: 'firewall', price: 'aws.waf.acl' },
      { what: 'firewall', price: 'aws.waf.rule', quantity: countOf(resource.rules) },
    ];
  }
  return [];
}

/** Returns the product of the factors, or NaN if a factor is a token. */
export function product(...factors: readonly number[]): number {
  return factors.some((factor) => Token.isUnresolved(factor)) ? Number.NaN : factors.reduce((all, each) => all * each);
}

const countOf = (list: unknown) => (Array.isArray(list) ? list.length : 1);

/** Counts the billed metrics of an alarm. AWS bills an alarm on an expression per metric in the expression. */
function metricsOf(alarm: CfnAlarm): number {
  const metrics: unknown = Stack.of(alarm).resolve(alarm.metrics);
  if (!Array.isArray(metrics)) return 1;
  return metrics.filter((metric) => 'metricStat' in metric).length;
}
