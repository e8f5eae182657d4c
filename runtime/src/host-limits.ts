import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

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
