import { readdirSync, readFileSync } from 'node:fs';

/** Processor time and memory of a process with its children. */
export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly residentMib: number;
}

/** Clock ticks per second in `/proc`: USER_HZ is 100 on every architecture that Node.js supports. */
const TICKS = 100;

/** Reads the usage of a process and its children from `/proc`. Undefined on systems without it. */
export function processUsage(pid: number): ProcessUsage | undefined {
  const processes = new Map<number, Stat>();
  try {
    for (const name of readdirSync('/proc')) {
      if (/^\d+$/.test(name)) addStat(processes, name);
    }
  } catch {
    return undefined;
  }
  if (!processes.has(pid)) return undefined;
  const tree = [pid];
  for (const parent of tree) {
    for (const [child, { parentPid }] of processes) if (parentPid === parent) tree.push(child);
  }
  const stats = tree.map((each) => processes.get(each)!);
  return {
    cpuSeconds: stats.reduce((sum, { ticks }) => sum + ticks, 0) / TICKS,
    residentMib: stats.reduce((sum, { residentKib }) => sum + residentKib, 0) / 1024,
  };
}

interface Stat {
  readonly parentPid: number;
  readonly ticks: number;
  readonly residentKib: number;
}

function addStat(processes: Map<number, Stat>, pid: string): void {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    processes.set(Number(pid), {
      parentPid: Number(fields[1]),
      ticks: Number(fields[11]) + Number(fields[12]),
      residentKib: Number(resident?.[1] ?? 0),
    });
  } catch {
    // The process ended meanwhile.
  }
}
