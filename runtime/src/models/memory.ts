import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../manifest/index.js';

const CGROUP = '/sys/fs/cgroup';

/** While a model is loaded, its file and what is made of it are in memory together. */
const LOAD_FACTOR = 2;

/** Bytes of memory that loading a model takes, from the sizes of its files; each worker process has its own copy. */
export function bytesToLoad({ files, format }: Manifest, workers = 1): number {
  const copies = format === 'onnx' ? 1 : workers;
  return LOAD_FACTOR * copies * files.reduce((sum, { size }) => sum + size, 0);
}

/** Where the kernel tells of a container's memory: version 2 of cgroups, and version 1. */
const LAYOUTS = [
  { limit: 'memory.max', used: 'memory.current', statistics: 'memory.stat', prefix: '' },
  {
    limit: 'memory/memory.limit_in_bytes',
    used: 'memory/memory.usage_in_bytes',
    statistics: 'memory/memory.stat',
    prefix: 'total_',
  },
] as const;

/** Bytes of memory that are left, within the container's limit if there is one. */
export function bytesLeft(cgroup = CGROUP): number {
  for (const { limit, used, statistics, prefix } of LAYOUTS) {
    const most = Number(read(join(cgroup, limit)));
    // Without a limit the file says `max`, or is not there.
    if (!(most > 0)) continue;
    const text = read(join(cgroup, statistics));
    // Pages of files are given back when memory is short.
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
