import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT } from './contract.js';

/** Folder in which the kernel reports the limits of a container. */
export const CGROUP = '/sys/fs/cgroup';

/**
 * Returns the number of processors that the process may keep busy: those it may run on, or fewer if the container has a
 * limit on processor time. Some hosts, such as AWS Fargate, limit the task and not the cgroup of its containers, so the
 * environment may state the limit.
 */
export function availableProcessors(cgroup = CGROUP, environment: NodeJS.ProcessEnv = process.env): number {
  const stated = Number(environment[ENVIRONMENT.processors]) || Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor(Math.min(availableParallelism(), processorQuota(cgroup), stated)));
}

/** Returns the processors whose time the container may use, for version 2 and version 1 of cgroups. */
function processorQuota(cgroup: string): number {
  const read = (path: string) => {
    try {
      return readFileSync(join(cgroup, path), 'utf8');
    } catch {
      return '';
    }
  };
  const [quota, period] = read('cpu.max').split(' ');
  const old = [read('cpu/cpu.cfs_quota_us'), read('cpu/cpu.cfs_period_us')];
  // Without a limit, the quota is `max`, -1 or not reported.
  for (const [most, each] of [[quota, period], old]) {
    const processors = Number(most) / Number(each);
    if (processors > 0 && processors < Number.POSITIVE_INFINITY) return processors;
  }
  return Number.POSITIVE_INFINITY;
}

/** Returns the share of each of `processes` processes in whole units, at least one. */
export function shareOf(whole: number, processes: number): number {
  return Math.max(1, Math.floor(whole / processes));
}

/** Returns the memory limit of the container in bytes, or the memory of the machine if the container has no limit. */
export function memoryLimit(): number {
  // Without a limit, Node reports 0 or more than the total memory.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * Returns the maximum number of open file descriptors of the process, or undefined if the system does not report it.
 */
export function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
