import { describe, expect, test } from 'vitest';
import { parseCron } from '../../../lib/serving/cron.js';

describe('a cron expression', () => {
  test.each([
    ['0 8 * * 1-5', ['0', '8', '*', '*', 'MON-FRI']],
    ['*/15 6-20 * jan,jul SUN', ['*/15', '6-20', '*', 'JAN,JUL', 'SUN']],
    [' 30  7 1,15 1-3 * ', ['30', '7', '1,15', 'JAN-MAR', '*']],
    ['0 0 * * 0,7', ['0', '0', '*', '*', 'SUN,SUN']],
    ['5 0-23/2 * * SAT-7', ['5', '0-23/2', '*', '*', 'SAT-SUN']],
  ])('%s has five fields', (text, fields) => {
    expect(Object.values(parseCron(text)!)).toEqual(fields);
  });

  test.each([
    '',
    '0 8 * *',
    '0 8 * * MON-FRI *',
    '60 8 * * *',
    '0 24 * * *',
    '0 8 0 * *',
    '0 8 32 * *',
    '0 8 * 13 *',
    '0 8 * * 8',
    '0 8 * * MONDAY',
    '0 8 ? * MON',
    '1-2-3 8 * * *',
    '*/0 8 * * *',
    '0,, 8 * * *',
    'cron(0 8 * * ? *)',
    '@daily',
  ])('%s is not one', (text) => {
    expect(parseCron(text)).toBeUndefined();
  });
});
