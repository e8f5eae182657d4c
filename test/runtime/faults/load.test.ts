import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { Logger } from '../../../runtime/src/observability/log.js';
import { processFigures, RuntimeMetrics } from '../../../runtime/src/observability/metrics.js';
import { openInference } from '../../../runtime/src/protocols/index.js';
import { App } from '../../../runtime/src/server/app.js';
import { describeServers } from '../../support/every-server.js';
import { catalog } from '../protocols/support.js';
import { metric, roundsIn, runSlow, slowPackage, until } from './servers.js';

/** Rounds that take some tenths of a second at least. */
const LONG = 100;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const RUNS = 'modelship_run_seconds_count{model="slow",version="1"}';
const depth = (base: string) => metric(base, 'modelship_queue_depth');

describeServers('fault 15: more requests than the queue holds', (start) => {
  it('are refused at once, with the time to come back, and those taken are answered', async () => {
    const base = await start({ [ENVIRONMENT.model]: slowPackage(5), [ENVIRONMENT.maxQueue]: 2 }).url;
    const answers = await Promise.all(Array.from({ length: 20 }, () => runSlow(base, LONG)));
    const taken = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 503);
    expect(taken.length + refused.length).toBe(20);
    expect(taken.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await runSlow(base, 1)).status).toBe(200);
  });
});

describeServers('fault 16: a deadline', (start) => {
  it('ends requests that run and those that wait, and the model goes on', async () => {
    const base = await start({ [ENVIRONMENT.model]: slowPackage(5), [ENVIRONMENT.timeoutSeconds]: 4 }).url;
    const perSecond = await roundsIn(base, 1);
    const first = runSlow(base, Math.round(perSecond / 2));
    await until(async () => (await depth(base)) === 1);
    // Exceeds the timeout even if the machine has been much busier while it was measured.
    const second = runSlow(base, 30 * perSecond);
    await until(async () => (await depth(base)) === 2);
    const runs = await metric(base, RUNS);
    const waiting = Array.from({ length: 5 }, () => runSlow(base, 1));
    const answers = await Promise.all([first, second, ...waiting]);
    expect(answers.map(({ status }) => status)).toEqual([200, ...Array.from({ length: 6 }, () => 504)]);
    await until(async () => (await depth(base)) === 0);
    // Both runs, and the next, which was with the engine already.
    expect(await metric(base, RUNS)).toBeLessThanOrEqual(runs + 3);
    await until(async () => (await runSlow(base, 1)).status === 200);
  });
});

describeServers('fault 17: a thousand clients that go away', (start) => {
  it('are not computed for, and leave nothing behind', async () => {
    const server = start({ [ENVIRONMENT.model]: slowPackage(5), [ENVIRONMENT.maxQueue]: '2000' });
    const base = await server.url;
    const sockets = () => readdirSync(`/proc/${server.child.pid}/fd`).length;
    const running = runSlow(base, 300);
    await until(async () => (await depth(base)) === 1);
    const [runs, before] = [await metric(base, RUNS), sockets()];
    const controller = new AbortController();
    const gone = Array.from({ length: 1000 }, () => runSlow(base, LONG, controller.signal).catch(() => 'gone'));
    await until(async () => (await depth(base)) > 500);
    expect(sockets()).toBeGreaterThan(before + 500);
    controller.abort();
    expect(new Set(await Promise.all(gone))).toEqual(new Set(['gone']));
    expect((await running).status).toBe(200);
    expect((await runSlow(base, 1)).status).toBe(200);
    await until(async () => (await depth(base)) === 0);
    // The one that ran, the last, and those that had begun before their clients went away.
    expect(await metric(base, RUNS)).toBeLessThan(runs + 500);
    await until(async () => sockets() <= before + 2);
  });
});

describeServers('fault 21: a model that runs long', (start) => {
  it('does not hold the server', async () => {
    const base = await start({ [ENVIRONMENT.model]: slowPackage(20) }).url;
    let isDone = false;
    const running = runSlow(base, 300).then((response) => {
      isDone = true;
      return response;
    });
    await until(async () => (await depth(base)) === 1);
    expect((await fetch(`${base}/v2/health/live`)).status).toBe(200);
    expect((await fetch(`${base}/v2/health/ready`)).status).toBe(200);
    expect(isDone).toBe(false);
    expect((await running).status).toBe(200);
  });
});

describe('fault 23: a handler that throws', () => {
  it('gives an opaque answer, and the detail to the log', async () => {
    const lines: string[] = [];
    const protocol = openInference();
    const metrics = new RuntimeMetrics();
    const app = new App({
      catalog: catalog([]),
      protocols: [
        {
          ...protocol,
          routes: () => [
            {
              method: 'POST',
              path: '/v2/broken',
              handler: async () => {
                throw new Error('the password is 1234');
              },
            },
          ],
        },
      ],
      metrics,
      logger: new Logger('info', (line) => lines.push(line)),
      maxBodyBytes: 1000,
      measure: async () => ({ metrics, figures: processFigures(0) }),
    });
    const request = {
      method: 'POST',
      path: '/v2/broken',
      query: '',
      headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` },
      body: Buffer.from('{"row":[42]}'),
    };
    const { status, body } = await app.handle(request);
    expect(status).toBe(500);
    expect(String(body)).not.toContain('1234');
    const { id, error, trace_id: trace } = JSON.parse(lines[0]!) as Record<string, string>;
    expect(trace).toBe(TRACE);
    expect(String(body)).toContain(id);
    expect(error).toContain('the password is 1234');
    expect(lines.join('')).not.toContain('42]');
  });
});
