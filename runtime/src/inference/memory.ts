import { readFileSync } from 'node:fs';
import { freemem } from 'node:os';
import type { Manifest } from '../manifest/index.js';

const CGROUP = '/sys/fs/cgroup';

/** While a model is loaded, its file and what is made of it are in memory together. */
const LOAD_FACTOR = 2;

/** Bytes of memory that loading a model takes, from the sizes of its files; each worker process has its own copy. */
export function bytesToLoad({ files, format }: Manifest, workers = 1): number {
  const copies = format === 'onnx' ? 1 : workers;
  return LOAD_FACTOR * copies * files.reduce((sum, { size }) => sum + size, 0);
}

/** Bytes of memory that are left, within the container's limit if there is one. */
export function bytesLeft(cgroup = CGROUP): number {
  const limit = Number(read(`${cgroup}/memory.max`));
  // Without a limit the file says `max`, or is not there.
  if (!(limit > 0)) return freemem();
  // Pages of files are given back when memory is short.
  const cached = ['active_file', 'inactive_file'].reduce((sum, name) => sum + statistic(cgroup, name), 0);
  const used = Number(read(`${cgroup}/memory.current`)) - cached;
  return Math.min(freemem(), limit - used);
}

function statistic(cgroup: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(read(`${cgroup}/memory.stat`))?.[1] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
