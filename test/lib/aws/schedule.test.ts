import { App, Lazy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import {
  ContainerCapacity,
  ContainerModel,
  EndpointMode,
  ManagedEndpointModel,
  ServerlessModel,
} from '../../../lib/aws/index.js';
import type { ReplicaSchedule } from '../../../lib/serving/index.js';
import { minimal } from './container-variants.js';
import { faultsOf } from './faults.js';

const CONSTRUCTS = { ServerlessModel, ContainerModel, ManagedEndpointModel };

function make(kind: keyof typeof CONSTRUCTS, props: object | ((stack: Stack) => object)): Template {
  const context = { 'aws:cdk:disable-asset-staging': true };
  const stack = new Stack(new App({ analyticsReporting: false, context }), 'S');
  const { model, image } = minimal;
  const least = kind === 'ServerlessModel' ? { model } : { model, image };
  new CONSTRUCTS[kind](stack, 'Iris', { ...least, ...(typeof props === 'function' ? props(stack) : props) });
  return Template.fromStack(stack);
}

const faults = (kind: keyof typeof CONSTRUCTS, props: object) => faultsOf(() => make(kind, props));

/** Limits of the only scalable target, and of each of its scheduled actions. */
function limits(template: Template) {
  const [target] = Object.values(template.findResources('AWS::ApplicationAutoScaling::ScalableTarget'));
  const { MinCapacity, MaxCapacity, ScheduledActions } = target!.Properties;
  const actions: { ScalableTargetAction: { MinCapacity: number; MaxCapacity: number } }[] = ScheduledActions;
  return [
    [MinCapacity, MaxCapacity],
    ...actions.map(({ ScalableTargetAction: action }) => [action.MinCapacity, action.MaxCapacity]),
  ];
}

const day: ReplicaSchedule = { cron: '0 8 * * 1-5', minReplicas: 2, maxReplicas: 6 };
const night: ReplicaSchedule = { cron: '0 20 * * 1-5', minReplicas: 0, maxReplicas: 0 };

// The examples of Application Auto Scaling's guide, in the notation of crontab(5).
test.each([
  ['0 8 * * *', 'cron(0 8 * * ? *)'],
  ['15 12 * * *', 'cron(15 12 * * ? *)'],
  ['0 18 * * MON-FRI', 'cron(0 18 ? * MON-FRI *)'],
  ['0 8 1 * *', 'cron(0 8 1 * ? *)'],
  ['*/10 * * * 1-5', 'cron(0/10 * ? * MON-FRI *)'],
  ['*/5 8-17 * * 1-5', 'cron(0/5 8-17 ? * MON-FRI *)'],
  ['0 9 * */3 */2', 'cron(0 9 ? 1/3 SUN/2 *)'],
  ['0 9 * * 5-7', 'cron(0 9 ? * FRI-SAT,SUN *)'],
])('%s is %s for Application Auto Scaling', (cron, expected) => {
  make('ContainerModel', { schedule: [{ cron, minReplicas: 2 }] }).hasResourceProperties(
    'AWS::ApplicationAutoScaling::ScalableTarget',
    { ScheduledActions: [Match.objectLike({ Schedule: expected })] },
  );
});

describe('ContainerModel', () => {
  test('has the limits of an entry, and its own where that sets none', () => {
    const schedule = [day, night, { cron: '0 6 * * 6', maxReplicas: 3 }];
    expect(limits(make('ContainerModel', { schedule }))).toEqual([
      [1, 4],
      [2, 6],
      [0, 0],
      [1, 3],
    ]);
  });

  test('scales by time though the number of tasks is fixed otherwise', () => {
    const template = make('ContainerModel', { maxReplicas: 1, schedule: [{ ...day, timeZone: 'Europe/Berlin' }] });
    expect(limits(template)).toEqual([
      [1, 1],
      [2, 6],
    ]);
    template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: Match.absent() });
  });

  test('has GPU instances for the most tasks, and none when there are no tasks', () => {
    make('ContainerModel', { capacity: ContainerCapacity.gpu(), schedule: [day, night] }).hasResourceProperties(
      'AWS::AutoScaling::AutoScalingGroup',
      { MinSize: '0', MaxSize: '12' },
    );
  });
});

describe('ServerlessModel', () => {
  test('provisions exactly the concurrency of an entry', () => {
    const template = make('ServerlessModel', {
      minReplicas: 1,
      schedule: [
        { ...day, maxReplicas: undefined },
        { ...night, maxReplicas: undefined },
      ],
    });
    expect(limits(template)).toEqual([
      [1, 1],
      [2, 2],
      [0, 0],
    ]);
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ScalableDimension: 'lambda:function:ProvisionedConcurrency',
      ResourceId: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':live$')])] },
    });
  });

  test('cannot change its maximum', () => {
    expect(faults('ServerlessModel', { schedule: [day] })).toEqual(['schedule.0.maxReplicas: UNSUPPORTED']);
  });
});

describe('ManagedEndpointModel', () => {
  test('wakes an asynchronous endpoint that a schedule stops', () => {
    const template = make('ManagedEndpointModel', (stack: Stack) => ({
      mode: EndpointMode.asynchronous({ outputBucket: new Bucket(stack, 'Bucket') }),
      minReplicas: 1,
      schedule: [{ cron: '0 20 * * *', minReplicas: 0 }],
    }));
    expect(limits(template)).toEqual([
      [1, 1],
      [0, 1],
    ]);
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', 2);
  });

  test('has instances for the most copies of an inference component', () => {
    make('ManagedEndpointModel', {
      mode: EndpointMode.inferenceComponents(),
      schedule: [day, { cron: night.cron, minReplicas: 0 }],
    }).hasResourceProperties('AWS::SageMaker::EndpointConfig', {
      ProductionVariants: [{ ManagedInstanceScaling: { MinInstanceCount: 0, MaxInstanceCount: 6 } }],
    });
  });

  test('keeps the number of instances in a deployment', () => {
    make('ManagedEndpointModel', { schedule: [day] }).hasResourceProperties('AWS::SageMaker::Endpoint', {
      RetainAllVariantProperties: true,
    });
  });

  test('provisions the executions of a serverless endpoint', () => {
    const mode = EndpointMode.serverless();
    const template = make('ManagedEndpointModel', {
      mode,
      minReplicas: 1,
      schedule: [{ cron: '0 8 * * *', minReplicas: 5 }],
    });
    expect(limits(template)).toEqual([
      [1, 1],
      [5, 5],
    ]);
    expect(faults('ManagedEndpointModel', { mode, minReplicas: 1, schedule: [night] })).toEqual([
      'schedule.0.minReplicas: OUT_OF_RANGE',
      'schedule.0.maxReplicas: UNSUPPORTED',
    ]);
  });

  test('needs provisioned concurrency of a serverless endpoint at all times', () => {
    const schedule = [{ cron: '0 8 * * *', minReplicas: 5 }];
    const mode = EndpointMode.serverless();
    expect(faults('ManagedEndpointModel', { mode, schedule })).toEqual(['schedule: MISSING']);
    expect(faults('ManagedEndpointModel', { mode, schedule, minReplicas: 0 })).toEqual(['schedule: MISSING']);
    expect(faults('ManagedEndpointModel', { mode, schedule, minReplicas: Lazy.number({ produce: () => 1 }) })).toEqual(
      [],
    );
  });

  test('keeps at least one instance for requests in real time', () => {
    expect(faults('ManagedEndpointModel', { schedule: [night] })).toEqual([
      'schedule.0.minReplicas: OUT_OF_RANGE',
      'schedule.0.maxReplicas: OUT_OF_RANGE',
    ]);
  });
});

test.each<[string, unknown, string[]]>([
  ['no list', day, ['schedule: WRONG_TYPE']],
  ['a text', ['0 8 * * *'], ['schedule.0: WRONG_TYPE']],
  ['a time zone under another name', [{ ...day, timezone: 'Europe/Berlin' }], ['schedule.0.timezone: UNKNOWN_PROP']],
  ['a limit as text', [{ cron: '0 8 * * *', minReplicas: '2' }], ['schedule.0.minReplicas: WRONG_TYPE']],
  ['no time', [{ minReplicas: 2 }], ['schedule.0.cron: MISSING']],
  ['six fields', [{ cron: '0 8 * * ? *', minReplicas: 2 }], ['schedule.0.cron: BAD_TEXT']],
  ['two kinds of days', [{ cron: '0 8 1 * MON', minReplicas: 2 }], ['schedule.0.cron: CONFLICT']],
  ['a zone of no map', [{ ...day, timeZone: 'Europe/Atlantis' }], ['schedule.0.timeZone: BAD_TEXT']],
  ['nothing that changes', [{ cron: '0 8 * * *' }], ['schedule.0: MISSING']],
  ['more than the maximum', [{ cron: '0 8 * * *', minReplicas: 5 }], ['schedule.0.minReplicas: MIN_OVER_MAX']],
  [
    'times known at deployment only',
    [{ cron: Lazy.string({ produce: () => '' }), minReplicas: 2 }],
    ['schedule.0.cron: UNRESOLVED_TOKEN'],
  ],
  ['an entry known at deployment only', [Lazy.any({ produce: () => day })], ['schedule.0: UNRESOLVED_TOKEN']],
  ['a list known at deployment only', Lazy.any({ produce: () => [day] }), ['schedule: UNRESOLVED_TOKEN']],
])('a schedule is refused with %s', (_what, schedule, expected) => {
  expect(faults('ContainerModel', { schedule })).toEqual(expected);
});

test('limits may be known at deployment only', () => {
  const minReplicas = Lazy.number({ produce: () => 3 });
  expect(limits(make('ContainerModel', { schedule: [{ cron: '0 8 * * *', minReplicas }] }))).toEqual([
    [1, 4],
    [3, 4],
  ]);
});
