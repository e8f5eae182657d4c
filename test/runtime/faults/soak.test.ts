import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { echoPackage } from '../../lib/cli/support.js';
import { node } from '../../support/nodes.js';
import { ALL } from '../../support/share.js';
import { bundleOn, IMAGE_VARIABLES, IRIS, post, predict, spawnServer, stopAll } from './servers.js';

afterAll(stopAll);

/** Minutes of load. Only `npm run test:all` runs it, unless the variable gives another time. */
const MINUTES = Number(process.env.MODELSHIP_TEST_SOAK_MINUTES ?? (ALL ? 30 : 0));

/** Models loaded and unloaded during the load. */
const LOADS = 200;

/** Requests in flight. */
const CALLERS = 8;

/**
 * Options of Node that make memory comparable. V8 resizes the part of its heap for new objects by the load of the machine,
 * and collects garbage late: both change resident memory by more than the growth that the test looks for.
 */
const COMPARABLE = [
  '--min-semi-space-size=16',
  '--expose-gc',
  '--import',
  'data:text/javascript,process.on("SIGWINCH", () => gc());',
] as const;

/** Milliseconds in which the server collects garbage after the signal. */
const COLLECTION_MS = 500;

/** Largest growth of memory from the second tenth to the last. The first tenth warms the server up. */
const GROWTH = 1.02;

it.skipIf(MINUTES === 0)(
  `memory does not grow over ${MINUTES} minutes with ${LOADS} loads and unloads of a model`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'modelship-soak-'));
    cpSync(IRIS, join(folder, 'iris'), { recursive: true });
    echoPackage('FP32', '1', join(folder, 'echo'));
    const [program, ...script] = bundleOn(node(24).path);
    const server = spawnServer(
      {
        ...IMAGE_VARIABLES,
        [ENVIRONMENT.model]: folder,
        [ENVIRONMENT.modelControl]: 'true',
        [ENVIRONMENT.processes]: '1',
      },
      [program, ...COMPARABLE, ...script],
    );
    const base = await server.url;
    const begin = Date.now();
    const end = begin + MINUTES * 60_000;
    const failures: number[] = [];
    const load = async () => {
      while (Date.now() < end) {
        const { status } = await predict(base);
        if (status !== 200) failures.push(status);
      }
    };
    const control = async (action: string) => {
      const { status } = await post(`${base}/v2/repository/models/echo/${action}`, '{}', {
        'content-type': 'application/json',
      });
      if (status !== 200) failures.push(status);
    };
    let loads = 0;
    const memory: number[] = [];
    const watch = async () => {
      for (let step = 0; step < LOADS; step++) {
        await control('unload');
        await control('load');
        loads++;
        server.child.kill('SIGWINCH');
        await sleep(COLLECTION_MS);
        memory.push(residentKib(server.child.pid!));
        await sleep(begin + ((step + 1) / LOADS) * (end - begin) - Date.now());
      }
    };
    await Promise.all([watch(), ...Array.from({ length: CALLERS }, load)]);
    expect(failures).toEqual([]);
    expect(loads).toBe(LOADS);
    const tenth = (index: number) => median(memory.slice((index * LOADS) / 10, ((index + 1) * LOADS) / 10));
    console.log(
      `resident memory by tenths, in KiB: ${Array.from({ length: 10 }, (_, index) => tenth(index)).join(' ')}`,
    );
    expect(tenth(9) / tenth(1)).toBeLessThanOrEqual(GROWTH);
  },
  MINUTES * 60_000 + 120_000,
);

function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1]!;
}
