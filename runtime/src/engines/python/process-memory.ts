import { readFileSync } from 'node:fs';

/** Memory fields of the kernel's process status. The first excludes file pages, which are shared and reclaimable. */
const FIELDS = [/^RssAnon:\s+(\d+) kB$/m, /^VmRSS:\s+(\d+) kB$/m];

/** Returns the memory of a process in bytes. Undefined if the system does not report it, or the process has exited. */
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
