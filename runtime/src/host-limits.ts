import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** Bytes of memory of the container, or of the machine if the container has no limit. */
export function memoryLimit(): number {
  // Without a limit the first is 0, or more than there is.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** Number of file descriptors that the process may have open; undefined where the system does not report it. */
export function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
