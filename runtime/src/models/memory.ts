import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { CGROUP } from '../host-limits.js';
import { type Manifest, needsPython } from '../manifest/index.js';

/** Memory factor for loading a model: its file and its loaded form are in memory at the same time. */
const LOAD_FACTOR = 2;

/**
 * Estimates the bytes of memory that loading a model takes, from the sizes of its files. Each worker process has its
 * own copy.
 */
export function bytesToLoad(manifest: Manifest, workers = 1): number {
  const copies = needsPython(manifest) ? workers : 1;
  return LOAD_FACTOR * copies * manifest.files.reduce((sum, { size }) => sum + size, 0);
}

/** Files in which the kernel reports a container's memory, for version 2 and version 1 of cgroups. */
const LAYOUTS = [
  { limit: 'memory.max', used: 'memory.current', statistics: 'memory.stat', prefix: '' },
  {
    limit: 'memory/memory.limit_in_bytes',
    used: 'memory/memory.usage_in_bytes',
    statistics: 'memory/memory.stat',
    prefix: 'total_',
  },
] as const;

/** Returns the free memory in bytes, within the container's limit if there is one. */
export function bytesLeft(cgroup = CGROUP): number {
  for (const { limit, used, statistics, prefix } of LAYOUTS) {
    const most = Number(read(join(cgroup, limit)));
    // Without a limit, the file contains `max` or does not exist.
    if (!(most > 0)) continue;
    const text = read(join(cgroup, statistics));
    // The kernel reclaims the file cache when memory is short, so it counts as free.
    const cached = statistic(text, `${prefix}active_file`) + statistic(text, `${prefix}inactive_file`);
    return Math.min(freemem(), most - Number(read(join(cgroup, used))) + cached);
  }
  return freemem();
}

function statistic(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
