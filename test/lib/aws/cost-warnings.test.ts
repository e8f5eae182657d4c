import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, App, Lazy, Stack } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { expect, test } from 'vitest';
import {
  ContainerCapacity,
  ContainerModel,
  type ContainerModelProps,
  EndpointMode,
  ManagedEndpointModel,
  type ManagedEndpointModelProps,
  ServerlessModel,
} from '../../../lib/aws/index.js';
import { Access, ImageSource, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { minimal as service } from './container-variants.js';
import { minimal as endpoint } from './managed-endpoint-variants.js';
import { minimal as serverless } from './serverless-variants.js';
import { warningIds } from './warning-ids.js';

type Make = (stack: Stack) => Construct;

const container =
  (props: (stack: Stack) => Partial<ContainerModelProps>): Make =>
  (stack) =>
    new ContainerModel(stack, 'Iris', { ...service, ...props(stack) });
const managed =
  (props: Partial<ManagedEndpointModelProps>): Make =>
  (stack) =>
    new ManagedEndpointModel(stack, 'Iris', { ...endpoint, ...props });
const lambda =
  (minReplicas?: number): Make =>
  (stack) =>
    new ServerlessModel(stack, 'Iris', { ...serverless, minReplicas });

function warnings(make: Make, ...acknowledged: string[]): string[] {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  const made = make(stack);
  for (const id of acknowledged) Annotations.of(made).acknowledgeWarning(id);
  return warningIds(stack);
}

const CANARY = Rollout.canary({ percent: 10, bakeMinutes: 10 });

const CASES: readonly (readonly [what: string, make: Make, ids: readonly string[]])[] = [
  [
    'a canary of a tenth of one instance',
    managed({ rollout: CANARY }),
    ['modelship:idleInstance', 'modelship:partOfAnInstance'],
  ],
  ['a canary of one of ten', managed({ rollout: CANARY, minReplicas: 10 }), ['modelship:idleInstance']],
  [
    'batches of a quarter of two',
    managed({ rollingUpdate: { batchPercent: 25 }, minReplicas: 2 }),
    ['modelship:idleInstance', 'modelship:partOfAnInstance'],
  ],
  ['a function that scales to zero', lambda(), []],
  ['environments that are kept warm', lambda(2), ['modelship:provisionedConcurrency']],
  [
    'as many as are known at deployment',
    lambda(Lazy.number({ produce: () => 2 })),
    ['modelship:provisionedConcurrency'],
  ],
  ['a service and its network', container(() => ({})), ['modelship:idleEndpoints', 'modelship:idleService']],
  [
    'a service in a network that is there',
    container((stack) => ({ vpc: new Vpc(stack, 'Vpc') })),
    ['modelship:idleService'],
  ],
  [
    'a network with a way to the internet',
    container(() => ({ image: ImageSource.fromRegistry('ghcr.io/a/b:1') })),
    ['modelship:idleService', 'modelship:natGateway'],
  ],
  [
    'tasks with GPUs',
    container(() => ({ capacity: ContainerCapacity.managedGpu() })),
    ['modelship:idleEndpoints', 'modelship:idleGpu'],
  ],
  [
    'a server whose answers would stream, behind an API that does not',
    container((stack) => ({
      vpc: new Vpc(stack, 'Vpc'),
      image: undefined,
      server: ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B' }),
      capacity: ContainerCapacity.managedGpu(),
    })),
    ['modelship:bufferedStream', 'modelship:idleGpu'],
  ],
  [
    'the same behind a load balancer alone',
    container((stack) => ({
      vpc: new Vpc(stack, 'Vpc'),
      image: undefined,
      server: ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B' }),
      capacity: ContainerCapacity.managedGpu(),
      access: Access.anonymous(),
    })),
    ['modelship:idleGpu'],
  ],
  ['an instance that always runs', managed({}), ['modelship:idleInstance']],
  [
    'a GPU that always runs',
    managed({ mode: EndpointMode.realTime({ instanceType: 'ml.g5.xlarge' }) }),
    ['modelship:idleGpu'],
  ],
  ['an endpoint without instances', managed({ mode: EndpointMode.serverless() }), []],
  [
    'executions that are kept warm',
    managed({ mode: EndpointMode.serverless(), minReplicas: 1 }),
    ['modelship:provisionedConcurrency'],
  ],
  [
    'copies that scale to zero, for which requests fail meanwhile',
    managed({ mode: EndpointMode.inferenceComponents(), minReplicas: 0 }),
    ['modelship:failsWhileWaking'],
  ],
];

test.each(CASES)('%s', (_what, make, ids) => {
  expect(warnings(make)).toEqual(ids);
});

test('a warning that is acknowledged is not shown, and others are', () => {
  const service = container(() => ({}));
  expect(warnings(service, 'modelship:idleService')).toEqual(['modelship:idleEndpoints']);
});

test('the documentation lists every id and no other', () => {
  const docs = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'aws.md'), 'utf8');
  const listed = [...docs.matchAll(/^\| `(modelship:\w+)` \|/gm)].map(([, id]) => id!);
  // The one that depends on this machine is tested with images.
  const ids = [...CASES.flatMap(([, , shown]) => shown), 'modelship:emulatedBuild'];
  expect(listed.sort()).toEqual([...new Set(ids)].sort());
});
