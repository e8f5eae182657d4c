import { Annotations, Stack, Token } from 'aws-cdk-lib';
import { CfnRestApi } from 'aws-cdk-lib/aws-apigateway';
import { CfnApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { CfnAlarm, CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnEIP, CfnNatGateway, CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import { CfnLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct, IConstruct } from 'constructs';
import type { Usage } from '../../../cost/bill.js';
import {
  describeMonthlyCost,
  hasCost,
  type IdlePart,
  monthlyCost,
  type PricedResources,
  runsAllMonth,
  STATED_GIGABYTES,
  STATED_LOAD,
} from '../../../cost/monthly-cost.js';
import { loadBalancer } from '../../../cost/services.js';

/**
 * Reports the cost of a construct at synthesis, without requests and with the stated load: its compute, plus the cost of
 * its other resources.
 */
export function annotateMonthlyCost(scope: Construct, compute: PricedResources): void {
  const others = scope.node.findAll().map((resource) => ({ idle: partsOf(resource), atLoad: usageOf(resource) }));
  const cost = monthlyCost([compute, ...others]);
  if (hasCost(cost)) Annotations.of(scope).addInfoV2('modelship:idleCost', describeMonthlyCost(cost, 'aws'));
}

/** Returns the usage of a resource that costs more with requests, at the stated load. */
function usageOf(resource: IConstruct): Usage[] | undefined {
  const { requests } = STATED_LOAD;
  if (resource instanceof CfnRestApi) return [{ what: 'REST API', price: 'aws.apigw.rest', units: requests }];
  if (resource instanceof CfnApi) return [{ what: 'HTTP API', price: 'aws.apigw.http', units: requests }];
  if (resource instanceof CfnLoadBalancer) {
    return [...runsAllMonth(partsOf(resource)), ...loadBalancer(0, STATED_GIGABYTES)];
  }
  if (resource instanceof CfnWebACL) {
    return [...runsAllMonth(partsOf(resource)), { what: 'firewall', price: 'aws.waf.request', units: requests }];
  }
  // The queue of requests, not its dead-letter queue. Each message is sent, received and deleted.
  if (resource instanceof CfnQueue && resource.redrivePolicy) {
    return [{ what: 'queue', price: 'aws.sqs', units: 3 * requests }];
  }
  return undefined;
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
