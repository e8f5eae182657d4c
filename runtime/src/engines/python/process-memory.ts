import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** What the kernel tells of a process's memory. Pages of files are no part of the first: they are shared and given back. */
const FIELDS = [/^RssAnon:\s+(\d+) kB$/m, /^VmRSS:\s+(\d+) kB$/m];

/** Bytes of memory that a process takes; undefined where the system does not tell, or the process has ended. */
export function processBytes(pid: number): number | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined;
  }
  for (const field of FIELDS) {
    const [, kibibytes] = field.exec(status) ?? [];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  }
  return undefined;
}

/** Bytes of memory of the container, or of the machine if it has no limit. */
export function memoryLimit(): number {
  // Without a limit the first is 0, or more than there is.
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
