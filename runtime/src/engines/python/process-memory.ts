import { readFileSync } from 'node:fs';

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
