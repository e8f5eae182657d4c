import { afterEach, expect, test, vi } from 'vitest';

const CASES = Array.from({ length: 100 }, (_, index) => index);

async function share(count: number, environment: Record<string, string>, suite?: string): Promise<readonly number[]> {
  vi.resetModules();
  for (const name of ['MODELSHIP_TEST_ALL', 'MODELSHIP_TEST_SEED']) vi.stubEnv(name, environment[name]);
  const { shareOf } = await import('./share.js');
  return shareOf(CASES, count, suite);
}

afterEach(() => {
  vi.unstubAllEnvs();
});

test('a seed draws the same cases again, in their order', async () => {
  const drawn = await share(10, { MODELSHIP_TEST_SEED: '7' });
  expect(drawn).toHaveLength(10);
  expect([...drawn].sort((one, other) => one - other)).toEqual(drawn);
  expect(await share(10, { MODELSHIP_TEST_SEED: '7' })).toEqual(drawn);
});

test('suites draw other cases with the same seed', async () => {
  const drawn = await share(10, { MODELSHIP_TEST_SEED: '7' }, 'one');
  expect(await share(10, { MODELSHIP_TEST_SEED: '7' }, 'one')).toEqual(drawn);
  expect(await share(10, { MODELSHIP_TEST_SEED: '7' }, 'other')).not.toEqual(drawn);
});

test('every case is drawn by some seed', async () => {
  const drawn = new Set<number>();
  for (let seed = 0; seed < 200; seed++) {
    for (const each of await share(10, { MODELSHIP_TEST_SEED: `${seed}` })) drawn.add(each);
  }
  expect(drawn.size).toBe(CASES.length);
});

test('all cases run where all are asked for, and where there are few', async () => {
  expect(await share(10, { MODELSHIP_TEST_ALL: 'true', MODELSHIP_TEST_SEED: '7' })).toEqual(CASES);
  expect(await share(1000, { MODELSHIP_TEST_SEED: '7' })).toEqual(CASES);
});
