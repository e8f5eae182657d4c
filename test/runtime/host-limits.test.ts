import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { availableProcessors, shareOf } from '../../runtime/src/host-limits.js';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  availableParallelism: vi.fn(() => 8),
}));

function cgroup(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-cgroup-'));
  mkdirSync(join(folder, 'cpu'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

it.each([
  ['a quota of whole processors', { 'cpu.max': '400000 100000\n' }, 4],
  ['a quota of parts of processors', { 'cpu.max': '250000 100000\n' }, 2],
  ['a quota below one processor', { 'cpu.max': '50000 100000\n' }, 1],
  ['a quota above the machine', { 'cpu.max': '6400000 100000\n' }, 8],
  ['no quota', { 'cpu.max': 'max 100000\n' }, 8],
  ['a quota of an older kernel', { 'cpu/cpu.cfs_quota_us': '300000\n', 'cpu/cpu.cfs_period_us': '100000\n' }, 3],
  ['no quota of an older kernel', { 'cpu/cpu.cfs_quota_us': '-1\n', 'cpu/cpu.cfs_period_us': '100000\n' }, 8],
  ['no cgroup', {}, 8],
])('a container with %s keeps its processors busy', (_, files, processors) => {
  expect(availableParallelism()).toBe(8);
  expect(availableProcessors(cgroup(files as Record<string, string>))).toBe(processors);
});

it.each([
  ['0.25', 1],
  ['2', 2],
  ['16', 4],
])('a container whose host states %s processors keeps %i busy', (stated, processors) => {
  const folder = cgroup({ 'cpu.max': '400000 100000\n' });
  expect(availableProcessors(folder, { MODELSHIP_PROCESSORS: stated })).toBe(processors);
});

it('a share is at least one', () => {
  expect([shareOf(8, 3), shareOf(2, 4)]).toEqual([2, 1]);
});
