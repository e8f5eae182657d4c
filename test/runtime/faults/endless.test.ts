import { expect, it } from 'vitest';
import { ENVIRONMENT, LIVE_PATH, READY_PATH } from '../../../runtime/src/contract.js';
import { describeServers } from '../../support/every-server.js';
import { runSlow, slowPackage, until } from './servers.js';

const ENDLESS = 1e12;

describeServers('fault 58: an ONNX run that never ends', (start) => {
  it('makes the model not ready, and its thread is replaced', async () => {
    const server = start({ [ENVIRONMENT.model]: slowPackage(20), [ENVIRONMENT.timeoutSeconds]: '2' });
    const base = await server.url;
    expect((await runSlow(base, ENDLESS)).status).toBe(504);
    await until(
      async () => (await fetch(base + READY_PATH)).status === 200 && (await runSlow(base, 10)).status === 200,
    );
    expect(server.log()).toContain('a run of the model did not end within 2 s');
    expect((await fetch(base + LIVE_PATH)).status).toBe(200);
    // A second one takes the last thread that the server can spare, and the server tells why it is not ready.
    expect((await runSlow(base, ENDLESS)).status).toBe(504);
    await until(async () => (await fetch(base + READY_PATH)).status === 503);
    const index = (await (await fetch(`${base}/v2/repository/index`, { method: 'POST' })).json()) as {
      reason: string;
    }[];
    expect(index[0]!.reason).toContain('2 threads do not end');
    expect((await runSlow(base, 10)).status).toBe(503);
  }, 120_000);
});
