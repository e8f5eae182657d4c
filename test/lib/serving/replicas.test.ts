import { describe, expect, test } from 'vitest';
import { minutesOfWeek, parseCron } from '../../../lib/serving/cron.js';
import { weeklyChanges } from '../../../lib/serving/replicas.js';
import type { ReplicaSchedule } from '../../../lib/serving/schedule.js';

const DAY = 24 * 60;
const BASE = { min: 1, max: 4 };

/** Times of a week as `day hour:minute`, Sunday being day 0. */
function times(cron: string): string[] {
  return minutesOfWeek(parseCron(cron)!).map(
    (minute) => `${Math.floor(minute / DAY)} ${Math.floor((minute % DAY) / 60)}:${minute % 60}`,
  );
}

describe('the minutes of a week', () => {
  test.each([
    ['0 8 * * MON-FRI', ['1 8:0', '2 8:0', '3 8:0', '4 8:0', '5 8:0']],
    ['30 18 * * 7', ['0 18:30']],
    ['0 0 * * FRI-MON', ['5 0:0', '6 0:0', '0 0:0', '1 0:0']],
    ['*/30 6-7 * * SAT,0', ['6 6:0', '6 6:30', '6 7:0', '6 7:30', '0 6:0', '0 6:30', '0 7:0', '0 7:30']],
    ['15/20 12 * * 2', ['2 12:15', '2 12:35', '2 12:55']],
    ['0 22-1/2 * * MON,1', ['1 22:0', '1 0:0']],
  ])('of %s', (cron, expected) => {
    expect(times(cron)).toEqual(expected);
  });

  test('are all of it for an expression without restrictions', () => {
    expect(new Set(minutesOfWeek(parseCron('* * * * *')!)).size).toBe(7 * DAY);
  });
});

describe('the changes of a week', () => {
  const changes = (schedule: readonly ReplicaSchedule[]) =>
    weeklyChanges(schedule, BASE).map(({ minute, min, max }) => [minute / 60, min, max]);

  test('are in order, and a limit that an entry leaves out is that of the construct', () => {
    expect(
      changes([
        { cron: '0 18 * * 1', maxReplicas: 2 },
        { cron: '0 8 * * 1', minReplicas: 3 },
      ]),
    ).toEqual([
      [32, 3, 4],
      [42, 1, 2],
    ]);
  });

  test('leave out times that change nothing, also from one week to the next', () => {
    expect(
      changes([
        { cron: '0 8 * * MON-FRI', minReplicas: 3 },
        { cron: '0 18 * * *', minReplicas: 1 },
      ]).map(([hour]) => hour),
    ).toEqual([32, 42, 56, 66, 80, 90, 104, 114, 128, 138]);
  });

  test('are one for limits that never change', () => {
    expect(changes([{ cron: '0 8 * * *', minReplicas: 2 }])).toEqual([[8, 2, 4]]);
  });

  test('are those of the later entry at one time', () => {
    expect(
      changes([
        { cron: '0 8 * * 1', minReplicas: 3 },
        { cron: '0 8 * * 1', minReplicas: 2 },
      ]),
    ).toEqual([[32, 2, 4]]);
  });
});
