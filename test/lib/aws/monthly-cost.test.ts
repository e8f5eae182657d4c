import { App, Lazy, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, test } from 'vitest';
import {
  ContainerCapacity,
  ContainerModel,
  type ContainerModelProps,
  EndpointMode,
  ManagedEndpointModel,
  type ManagedEndpointModelProps,
  ServerlessFront,
  ServerlessModel,
  type ServerlessModelProps,
  WebAcl,
} from '../../../lib/aws/index.js';
import { ImageSource, Rollout } from '../../../lib/serving/index.js';
import { minimal as container } from './container-variants.js';
import { minimal as endpoint } from './managed-endpoint-variants.js';
import { minimal as serverless } from './serverless-variants.js';

/** What synthesis says of the cost. */
function told(build: (stack: Stack) => void): string | undefined {
  const context = { 'aws:cdk:disable-asset-staging': true };
  const stack = new Stack(new App({ analyticsReporting: false, context }), 'S');
  build(stack);
  const [info] = Annotations.fromStack(stack).findInfo('*', Match.stringLikeRegexp('modelship:idleCost'));
  return info && String(info.entry.data);
}

/** US dollars a month, and those of each part. */
function cost(build: (stack: Stack) => void) {
  const text = told(build)!;
  const [, sum] = /about \$([\d.]+) a month/.exec(text)!;
  const parts = [...text.matchAll(/(?:: |, )([a-zA-Z ]+) \$([\d.]+)/g)].map(([, what, usd]) => [what, Number(usd)]);
  return { sum: Number(sum), parts: Object.fromEntries(parts) };
}

const lambda =
  (props: Partial<ServerlessModelProps> = {}) =>
  (stack: Stack) =>
    new ServerlessModel(stack, 'Iris', { ...serverless, ...props });
const ecs =
  (props: (stack: Stack) => Partial<ContainerModelProps> = () => ({})) =>
  (stack: Stack) =>
    new ContainerModel(stack, 'Iris', { ...container, ...props(stack) });
const sageMaker =
  (props: Partial<ManagedEndpointModelProps> = {}) =>
  (stack: Stack) =>
    new ManagedEndpointModel(stack, 'Iris', { ...endpoint, ...props });

/** US dollars of a month with a million requests of 100 ms, beyond those without requests. */
function costOfRequests(build: (stack: Stack) => void): number {
  const text = told(build)!;
  const found = /; (?:about \$([\d.]+)|the same) with 1 million requests of 100 ms/.exec(text)!;
  return found[1] === undefined ? 0 : Number(found[1]) - cost(build).sum;
}

describe('what a million requests of 100 ms add is told at synth', () => {
  // Sums by hand, in us-east-1.
  test.each([
    // 100,000 s of 1769 MiB at 0.0000133334 a GB-second, 0.2 of requests, and 3.5 of the REST API.
    ['a function', lambda(), 2.3 + 0.2 + 3.5],
    ['a function behind an HTTP API', lambda({ front: ServerlessFront.httpApi() }), 2.3 + 0.2 + 1],
    ['a function with its own URL', lambda({ front: ServerlessFront.functionUrl() }), 2.3 + 0.2],
    // 0.0000077778 a GB-second in environments that are kept.
    ['a function that is kept warm', lambda({ minReplicas: 1 }), 1.34 + 0.2 + 3.5],
    ['a firewall', lambda({ webAcl: WebAcl.managed() }), 2.3 + 0.2 + 3.5 + 0.6],
    // 1 of the HTTP API, and 1.91 GB through the load balancer at 0.008.
    ['a service', ecs(), 1 + 0.02],
    ['an endpoint', sageMaker(), 0],
    // 100,000 s of 2 GB at 0.00002.
    ['a serverless endpoint', sageMaker({ mode: EndpointMode.serverless() }), 4],
  ])('%s', (_name, build, usd) => {
    expect(costOfRequests(build)).toBeCloseTo(usd, 1);
  });
});

// Sums by hand, in us-east-1: an hour is 1/730 of a month.
describe('what a construct costs without requests is told at synth', () => {
  test('a function: a dashboard, and alarms on four metrics', () => {
    expect(cost(lambda())).toEqual({ sum: 3.4, parts: { dashboard: 3, alarms: 0.4 } });
  });

  test('a function with a canary: alarms on three more metrics', () => {
    const rollout = Rollout.canary({ percent: 10 });
    expect(cost(lambda({ rollout })).parts).toEqual({ dashboard: 3, alarms: 0.7 });
  });

  test('a function that is kept warm, behind a firewall', () => {
    // 1769 MiB at 0.0000033334 a GB-second for 2,628,000 seconds; a web ACL of 5 with 4 rules of 1.
    expect(cost(lambda({ minReplicas: 1, webAcl: WebAcl.managed() })).parts).toMatchObject({
      'provisioned concurrency': 15.13,
      firewall: 9,
    });
  });

  test('a service in a VPC of its own', () => {
    // 1 vCPU at 0.03238 and 2 GB at 0.00356, 0.0225, and 3 endpoints in 2 zones at 0.01, each for 730 hours.
    expect(cost(ecs()).parts).toMatchObject({
      tasks: 28.84,
      'load balancer': 16.43,
      'interface endpoints': 43.8,
      dashboard: 3,
    });
  });

  test('a service whose VPC reaches the internet', () => {
    const image = ImageSource.fromRegistry('ghcr.io/a/b:1');
    // 0.045 and one address at 0.005.
    expect(cost(ecs(() => ({ image }))).parts).toMatchObject({ 'NAT gateway': 32.85, 'public addresses': 3.65 });
  });

  test('a service in a VPC that exists', () => {
    const { parts } = cost(ecs((stack) => ({ vpc: new Vpc(stack, 'Vpc') })));
    expect(Object.keys(parts).sort()).toEqual(['alarms', 'dashboard', 'load balancer', 'tasks']);
  });

  test('a service on a GPU', () => {
    // 1.006 an hour; 100 GB at 0.08; 7 metrics at 0.3.
    expect(cost(ecs(() => ({ capacity: ContainerCapacity.gpu() }))).parts).toMatchObject({
      instances: 734.38,
      disks: 8,
      monitoring: 2.1,
    });
    // And 12 % of the instance.
    expect(cost(ecs(() => ({ capacity: ContainerCapacity.managedGpu() }))).parts).toMatchObject({
      'management of instances': 88.13,
    });
  });

  test('an endpoint', () => {
    // 0.087 an hour, and alarms on three metrics.
    expect(cost(sageMaker())).toEqual({ sum: 66.81, parts: { instances: 63.51, dashboard: 3, alarms: 0.3 } });
    expect(cost(sageMaker({ minReplicas: 2, maxReplicas: 4 })).parts).toMatchObject({ instances: 127.02 });
    expect(cost(sageMaker({ mode: EndpointMode.serverless() })).parts).not.toHaveProperty('instances');
  });

  test('names what has no price, or is known at deployment only', () => {
    const mode = EndpointMode.realTime({ instanceType: 'ml.c9g.large' });
    expect(told(sageMaker({ mode }))).toContain('and the price of instances, which is not known here');
    const minReplicas = Lazy.number({ produce: () => 2 });
    expect(told(lambda({ minReplicas }))).toContain('and the price of provisioned concurrency, which is not known');
  });

  test('says how old the prices are, and of which region', () => {
    expect(told(lambda())).toMatch(/list prices of us-east-1 as of \d{4}-\d\d-\d\d/);
  });
});
