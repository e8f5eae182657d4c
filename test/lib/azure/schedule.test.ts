import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Testing } from 'cdktf';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  AksCluster,
  type AzureServingProps,
  ContainerModel,
  ManagedEndpointModel,
  ServerlessHost,
  ServerlessModel,
} from '../../../lib/azure/index.js';
import { recurrences } from '../../../lib/azure/private/ml/autoscale.js';
import { windowsTimeZone } from '../../../lib/azure/private/ml/time-zones.js';
import { type CronTrigger, cronScaling } from '../../../lib/azure/private/shared/cron-triggers.js';
import { minutesOfWeek, parseCron } from '../../../lib/serving/cron.js';
import type { ReplicaSchedule } from '../../../lib/serving/schedule.js';
import { azureStack, faultsOf, IMAGE, model, type Resource, Template } from './support.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

const WEEK = 7 * 24 * 60;
const OFFICE: ReplicaSchedule[] = [
  { cron: '0 8 * * MON-FRI', timeZone: 'Europe/Berlin', minReplicas: 4 },
  { cron: '30 18 * * *', timeZone: 'Europe/Berlin', minReplicas: 1 },
];
const BASE: AzureServingProps = { model: model(), location: 'westeurope', minReplicas: 2, maxReplicas: 5 };
const OFFICE_TRIGGER = {
  timezone: 'Europe/Berlin',
  start: '0 8 * * 1,2,3,4,5',
  end: '30 18 * * 1,2,3,4,5',
  desiredReplicas: '4',
};

const make = {
  functions: (props: Partial<AzureServingProps>, stack = azureStack()) =>
    new ServerlessModel(stack, 'Iris', { ...BASE, ...props }),
  containerApps: (props: Partial<AzureServingProps>, stack = azureStack()) =>
    new ServerlessModel(stack, 'Iris', { ...BASE, ...props, host: ServerlessHost.containerApps({ image: IMAGE }) }),
  aks: (props: Partial<AzureServingProps>, stack = azureStack()) =>
    new ContainerModel(stack, 'Iris', { ...BASE, image: IMAGE, ...props }),
  ml: (props: Partial<AzureServingProps>, stack = azureStack()) =>
    new ManagedEndpointModel(stack, 'Iris', { ...BASE, image: IMAGE, ...props }),
};

function synthesized(target: keyof typeof make, props: Partial<AzureServingProps>): Template {
  const stack = azureStack();
  make[target](props, stack);
  return new Template(stack);
}

/** Replicas that KEDA keeps at a minute of the week. A trigger is active if its next end comes before its next start. */
function keda(minReplicas: number, triggers: readonly CronTrigger[], minute: number): number {
  const next = (cron: string) =>
    Math.min(...minutesOfWeek(parseCron(cron)!).map((each) => (each - minute - 1 + WEEK) % WEEK));
  const active = triggers.filter(({ start, end }) => next(end) < next(start));
  return Math.max(minReplicas, ...active.map(({ desiredReplicas }) => Number(desiredReplicas)));
}

/** Minimum of the entry whose time was the last one up to a minute of the week. */
function lastEntry(schedule: readonly ReplicaSchedule[], base: number, minute: number): number {
  const since = schedule.map(({ cron }) =>
    Math.min(...minutesOfWeek(parseCron(cron)!).map((each) => (minute - each + WEEK) % WEEK)),
  );
  return schedule[since.lastIndexOf(Math.min(...since))]!.minReplicas ?? base;
}

describe('cron triggers of KEDA', () => {
  const entry = fc.record({
    cron: fc
      .tuple(
        fc.constantFrom('0', '30', '*/30'),
        fc.constantFrom('8', '18', '0,12', '*/6'),
        fc.constantFrom('*', 'MON-FRI', 'SAT,SUN', 'FRI-MON'),
      )
      .map(([minute, hour, days]) => `${minute} ${hour} * * ${days}`),
    minReplicas: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
  });

  test('keep the replicas of the last entry at every minute', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (schedule) => {
        const { minReplicas, triggers } = cronScaling(schedule as ReplicaSchedule[], { min: 2, max: 5 });
        for (let minute = 0; minute < WEEK; minute += 15) {
          expect(keda(minReplicas, triggers, minute)).toBe(lastEntry(schedule as ReplicaSchedule[], 2, minute));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('share one trigger for the same hours of several days', () => {
    expect(cronScaling(OFFICE, { min: 2, max: 5 })).toEqual({ minReplicas: 1, triggers: [OFFICE_TRIGGER] });
  });

  test('are none without a schedule', () => {
    expect(cronScaling([], { min: 2, max: 5 })).toEqual({ minReplicas: 2, triggers: [] });
  });
});

describe('Container Apps', () => {
  test('has a cron rule beside the HTTP rule', () => {
    const { template } = synthesized('containerApps', { schedule: OFFICE }).one('azurerm_container_app');
    expect(template).toMatchObject({
      min_replicas: 1,
      max_replicas: 5,
      http_scale_rule: [{ name: 'http' }],
      custom_scale_rule: [{ custom_rule_type: 'cron', metadata: OFFICE_TRIGGER }],
    });
  });

  test('has no cron rule without a schedule', () => {
    const { template } = synthesized('containerApps', {}).one('azurerm_container_app');
    expect(template).not.toHaveProperty('custom_scale_rule');
  });
});

describe('AKS', () => {
  test('scales by CPU and time with KEDA, which needs no metrics for it', () => {
    const stack = azureStack();
    make.aks({ schedule: OFFICE }, stack);
    const folder = join(Testing.fullSynth(stack), 'stacks', 'stack');
    const { resource } = JSON.parse(readFileSync(join(folder, 'cdk.tf.json'), 'utf8'));
    const release = Object.values<Resource>(resource.helm_release).find(({ name }) => /scaling/.test(name))!;
    const files = readdirSync(join(folder, release.chart, 'templates'));
    expect(files).toEqual(['scaled-object.yaml']);
    const { spec } = JSON.parse(readFileSync(join(folder, release.chart, 'templates', files[0]!), 'utf8'));
    expect(spec).toMatchObject({
      minReplicaCount: 1,
      maxReplicaCount: 5,
      triggers: [{ type: 'cpu' }, { type: 'cron', metadata: OFFICE_TRIGGER }],
    });
    expect(resource).not.toHaveProperty('kubernetes_horizontal_pod_autoscaler_v2');
  });

  test('refuses an existing cluster, which may lack KEDA', () => {
    const existing = AksCluster.existing({ id: 'x', oidcIssuerUrl: 'x', kubernetesProvider: {} as never });
    expect(
      () => new ContainerModel(azureStack(), 'Iris', { ...BASE, image: IMAGE, cluster: existing, schedule: OFFICE }),
    ).toThrow(/schedule: .*Create a ScaledObject of KEDA with cron triggers/);
  });
});

describe('Azure ML', () => {
  test('has a profile for each time of the day, in the time zone of Windows', () => {
    const { profile } = synthesized('ml', { schedule: OFFICE }).one('azurerm_monitor_autoscale_setting');
    expect(profile.map(({ capacity, recurrence }: Resource) => [capacity, recurrence])).toEqual([
      [{ minimum: 2, default: 2, maximum: 5 }, undefined],
      [
        { minimum: 4, default: 4, maximum: 5 },
        {
          timezone: 'W. Europe Standard Time',
          days: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'],
          hours: [8],
          minutes: [0],
        },
      ],
      [
        { minimum: 1, default: 1, maximum: 5 },
        {
          timezone: 'W. Europe Standard Time',
          days: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'],
          hours: [18],
          minutes: [30],
        },
      ],
    ]);
    for (const { rule } of profile) expect(rule).toEqual(profile[0].rule);
  });

  test('scales by time if the limits are equal at other times', () => {
    const schedule = [{ cron: '0 8 * * *', maxReplicas: 6 }];
    const template = synthesized('ml', { minReplicas: 1, maxReplicas: undefined, schedule });
    expect(template.one('azurerm_monitor_autoscale_setting').profile).toHaveLength(2);
  });

  test('has the maximum of each time', () => {
    const schedule = [
      { cron: '0 8 * * *', maxReplicas: 9 },
      { cron: '0 20 * * *', minReplicas: 1, maxReplicas: 1 },
    ];
    expect(recurrences(schedule, { min: 2, max: 5 }).map(({ replicas }) => replicas)).toEqual([
      { min: 2, max: 9 },
      { min: 1, max: 1 },
    ]);
  });

  test.each([
    ['UTC', 'UTC'],
    ['America/New_York', 'Eastern Standard Time'],
    ['Asia/Kolkata', 'India Standard Time'],
    ['Pacific/Marquesas', undefined],
  ])('%s is %s', (zone, expected) => {
    expect(windowsTimeZone(zone)).toBe(expected);
  });

  test('another time zone is one with the same time', () => {
    const winter = Date.UTC(2026, 0, 1);
    expect(windowsTimeZone('Europe/Amsterdam', winter)).toMatch(/Europe/);
    expect(windowsTimeZone('Australia/Eucla', winter)).toBeUndefined();
  });
});

const WEEKLY: [string, ReplicaSchedule[], string[]][] = [
  ['days of the month', [{ cron: '0 8 1 * *', minReplicas: 2 }], ['schedule.0.cron UNSUPPORTED']],
  ['months', [{ cron: '0 8 * JAN *', minReplicas: 2 }], ['schedule.0.cron UNSUPPORTED']],
  [
    'two time zones',
    [
      { cron: '0 8 * * *', minReplicas: 2 },
      { cron: '0 9 * * *', timeZone: 'Europe/Berlin', minReplicas: 2 },
    ],
    ['schedule.1.timeZone CONFLICT'],
  ],
  ['a minimum above the maximum', [{ cron: '0 8 * * *', minReplicas: 6 }], ['schedule.0.minReplicas MIN_OVER_MAX']],
  ['a typing error', [{ cron: '0 8 * *', minReplicas: 3 }], ['schedule.0.cron BAD_TEXT']],
];

describe.each(['containerApps', 'aks', 'ml'] as const)('the schedule of %s', (target) => {
  test.each(WEEKLY)('cannot have %s', (_, schedule, expected) => {
    expect(faultsOf(() => make[target]({ schedule }))).toEqual(expected);
  });
});

test.each(['containerApps', 'aks'] as const)('the maximum of a schedule is refused on %s', (target) => {
  expect(() => make[target]({ schedule: [{ cron: '0 8 * * *', maxReplicas: 4 }] })).toThrow(
    /schedule.0.maxReplicas: KEDA raises the minimum at certain times and never changes the maximum/,
  );
});

test('Azure ML refuses more times of the day than Azure Monitor has profiles for, and time zones without a name', () => {
  const schedule = [
    { cron: '0 * * * *', timeZone: 'Pacific/Marquesas', minReplicas: 2 },
    { cron: '30 * * * *', timeZone: 'Pacific/Marquesas', minReplicas: 3 },
  ];
  expect(faultsOf(() => make.ml({ schedule }))).toEqual(['schedule TOO_MANY', 'schedule.0.timeZone UNSUPPORTED']);
});

test('Functions refuse a schedule, and name the host that has it', () => {
  expect(() => make.functions({ maxReplicas: 40, schedule: OFFICE })).toThrow(/ServerlessHost.containerApps\(\)/);
});
