import { once } from 'node:events';
import { appendFileSync, cpSync, existsSync, mkdtempSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { ENVIRONMENT, READY_PATH } from '../../../runtime/src/contract.js';
import { describeServers } from '../../support/every-server.js';
import { writePackage } from '../../support/packages.js';
import { IRIS, IRIS_REQUEST, metric, predict, roundsIn, runSlow, slowPackage, stopAll, until } from './servers.js';

const stores: Server[] = [];

/** A store of this machine that answers as `listener` does. */
async function store(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  stores.push(server);
  await new Promise((listening) => server.once('listening', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/iris/`;
}

afterEach(async () => {
  await stopAll();
  for (const each of stores.splice(0)) {
    each.closeAllConnections();
    each.close();
  }
});

const copyOf = (directory: string) => {
  const copy = mkdtempSync(join(tmpdir(), 'modelship-fault-'));
  cpSync(directory, copy, { recursive: true });
  return copy;
};

describeServers('fault 18: SIGTERM under load', (start) => {
  it('fails readiness first, answers what is in flight, refuses what is new, and exits with 0', async () => {
    const server = start({ [ENVIRONMENT.model]: slowPackage(20) });
    const base = await server.url;
    const running = runSlow(base, await roundsIn(base, 2));
    await until(async () => (await metric(base, 'modelship_queue_depth')) === 1);
    server.child.kill('SIGTERM');
    await until(async () => (await fetch(`${base}/v2/health/ready`)).status === 503);
    const refused = await runSlow(base, 1);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('connection')).toBe('close');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await running).status).toBe(200);
    expect(await server.exit).toBe(0);
  });
});

describeServers('fault 19: signals at other times', (start) => {
  it('ends cleanly on SIGTERM while it loads', async () => {
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const url = await store(() => asked());
    const server = start({ [ENVIRONMENT.model]: url });
    await isAsked;
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  });

  it('ends at once on a second signal', async () => {
    const server = start({ [ENVIRONMENT.model]: slowPackage(20) });
    const base = await server.url;
    const running = runSlow(base, 3000).catch(() => 'cut off');
    await until(async () => (await metric(base, 'modelship_queue_depth')) === 1);
    server.child.kill('SIGTERM');
    await until(async () => (await fetch(`${base}/v2/health/ready`)).status === 503);
    server.child.kill('SIGTERM');
    await server.exit;
    // An exit would wait for the model, which cannot be told to stop.
    expect(server.child.signalCode).toBe('SIGKILL');
    expect(await running).toBe('cut off');
  });

  it('ends when its time is over, whatever still runs', async () => {
    const server = start({ [ENVIRONMENT.model]: slowPackage(20) });
    const base = await server.url;
    const running = runSlow(base, 1_000_000).catch(() => 'cut off');
    await until(async () => (await metric(base, 'modelship_queue_depth')) === 1);
    server.child.kill('SIGTERM');
    await server.exit;
    expect(server.child.signalCode).toBe('SIGKILL');
    expect(await running).toBe('cut off');
  }, 60_000);
});

describeServers('fault 18: an answer that is on its way at SIGTERM', (start) => {
  it('arrives whole at a client that reads slowly', async () => {
    const server = start();
    const base = await server.url;
    const rows = 200_000;
    const call = request(`${base}/v1/models/iris:predict`, { method: 'POST' });
    call.end(JSON.stringify({ instances: Array.from({ length: rows }, () => [5.1, 3.5, 1.4, 0.2]) }));
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    server.child.kill('SIGTERM');
    await until(async () => (await fetch(`${base}${READY_PATH}`)).status === 503);
    let text = '';
    for await (const chunk of answer) text += chunk;
    expect(JSON.parse(text).predictions).toHaveLength(rows);
    expect(await server.exit).toBe(0);
  }, 60_000);
});

describeServers('fault 42: clients of connections that are kept alive, at SIGTERM', (start) => {
  it.each([0, 20])(
    'lose no request, with a pause of %i ms between two',
    async (pause) => {
      const server = start();
      const port = new URL(await server.url).port;
      const agent = new Agent({ keepAlive: true, maxSockets: 32 });
      const outcomes = new Map<string, number>();
      const call = () =>
        new Promise<string>((resolve) => {
          const request_ = request({ port, path: '/v1/models/iris:predict', method: 'POST', agent }, (answer) => {
            answer.resume().once('end', () => resolve(String(answer.statusCode)));
          });
          request_
            .on('error', (error: NodeJS.ErrnoException) => {
              resolve(error.code ?? error.message);
            })
            .end(IRIS_REQUEST);
        });
      const client = async () => {
        for (;;) {
          const outcome = await call();
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          if (outcome === 'ECONNREFUSED') return;
          if (pause > 0) await new Promise((later) => setTimeout(later, pause));
        }
      };
      const clients = Array.from({ length: 32 }, client);
      await until(async () => (outcomes.get('200') ?? 0) > 500);
      server.child.kill('SIGTERM');
      expect(await server.exit).toBe(0);
      await Promise.all(clients);
      agent.destroy();
      expect(new Set(outcomes.keys())).toEqual(new Set(['200', '503', 'ECONNREFUSED']));
    },
    60_000,
  );
});

describeServers('fault 25: a package that is not the one that was deployed', (start) => {
  it.each([
    ['changed', (file: string) => appendFileSync(file, 'x'), /has \d+ bytes, and the manifest says/],
    ['cut off', (file: string) => truncateSync(file, 10), /has 10 bytes, and the manifest says/],
  ])('is not loaded if a file was %s', async (_, damage, message) => {
    const directory = copyOf(IRIS);
    damage(join(directory, 'model.onnx'));
    await expect(start({ [ENVIRONMENT.model]: directory }).url).rejects.toThrow(message);
  });

  it('is not loaded if its digest is another, and the process fails saying so', async () => {
    const server = start({ [ENVIRONMENT.modelDigest]: `sha256:${'0'.repeat(64)}` });
    expect(await server.exit).toBe(1);
    expect(server.log()).toContain('was deployed. It is not loaded');
  });
});

describeServers('fault 27: a pickle by the name of an ONNX model', (start) => {
  it('is refused by its bytes, with advice, and none of its code runs', async () => {
    const witness = join(mkdtempSync(join(tmpdir(), 'modelship-fault-')), 'ran');
    const command = Buffer.from(`touch ${witness}`);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(command.length);
    // os.system(command), as pickle's protocol 2 writes it.
    const pickle = Buffer.concat([
      Buffer.from('\x80\x02cposix\nsystem\nX', 'latin1'),
      length,
      command,
      Buffer.from('\x85R.', 'latin1'),
    ]);
    const model = writePackage({ content: { 'model.onnx': pickle, 'samples.json': '[]' } });
    await expect(start({ [ENVIRONMENT.model]: model }).url).rejects.toThrow(
      /its content has the format pickle\. Pack the model again/,
    );
    expect(existsSync(witness)).toBe(false);
  });
});

describeServers('fault 28: a store that fails at start', (start) => {
  const answering = (status: number) => {
    let asked = 0;
    const listener: RequestListener = (_, response) => {
      asked++;
      response.writeHead(status).end();
    };
    return { listener, count: () => asked };
  };

  it.each([403, 404])('is not asked again after %i, and the process fails', async (status) => {
    const { listener, count } = answering(status);
    const server = start({ [ENVIRONMENT.model]: await store(listener) });
    expect(await server.exit).toBe(1);
    expect(server.log()).toContain(`the store answered ${status}`);
    expect(count()).toBe(1);
  });

  it('is asked a bounded number of times while it answers 500', async () => {
    const { listener, count } = answering(500);
    await expect(start({ [ENVIRONMENT.model]: await store(listener) }).url).rejects.toThrow('the store answered 500');
    expect(count()).toBe(5);
  });

  it('is served from once it recovers', async () => {
    const { createReadStream } = await import('node:fs');
    let asked = 0;
    const url = await store((request, response) => {
      if (++asked <= 2) response.writeHead(503).end();
      else createReadStream(join(IRIS, request.url!.split('/').at(-1)!)).pipe(response);
    });
    expect((await predict(await start({ [ENVIRONMENT.model]: url }).url)).status).toBe(200);
  });
});

describeServers('fault 24: packages that change under load', (start) => {
  it('fails no request, and keeps what is served where the new version is bad', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'modelship-models-'));
    const add = (version: string, source: string) => {
      const staged = copyOf(source);
      renameSync(staged, join(folder, version));
    };
    add('1', slowPackage(5));
    const base = await start({ [ENVIRONMENT.model]: folder, [ENVIRONMENT.pollSeconds]: 1 }).url;
    const statuses: number[] = [];
    let isOver = false;
    const load = (async () => {
      while (!isOver) statuses.push((await runSlow(base, 2)).status);
    })();
    const state = async (version: string) => (await fetch(`${base}/v2/models/slow/versions/${version}/ready`)).status;

    const bad = slowPackage(5, '3');
    truncateSync(join(bad, 'model.onnx'), 10);
    add('3', bad);
    add('2', slowPackage(5, '2'));
    await until(async () => (await state('2')) === 200);
    expect(await state('1')).toBe(200);
    expect(await state('3')).not.toBe(200);
    renameSync(join(folder, '1'), mkdtempSync(join(tmpdir(), 'modelship-gone-')));
    await until(async () => (await state('1')) !== 200);
    renameSync(join(folder, '2'), mkdtempSync(join(tmpdir(), 'modelship-gone-')));
    isOver = true;
    await load;
    expect(new Set(statuses)).toEqual(new Set([200]));
    // The last version serves on, though its folder is gone.
    expect((await runSlow(base, 1)).status).toBe(200);
  });
});

describeServers('a connection that is idle', (start) => {
  it('does not hold the end of the server', async () => {
    const server = start();
    const socket = connect(Number(new URL(await server.url).port), '127.0.0.1').on('error', () => {});
    await new Promise((connected) => socket.once('connect', connected));
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
  });
});

describeServers('fault 23: a rejection that nobody handles', (start) => {
  it('ends the process after what is in flight, with the detail in the log', async () => {
    const preload = join(mkdtempSync(join(tmpdir(), 'modelship-fault-')), 'reject.mjs');
    writeFileSync(preload, "process.on('SIGWINCH', () => void Promise.reject(new Error('nobody waits for this')));");
    const server = start({
      [ENVIRONMENT.model]: slowPackage(20),
      NODE_OPTIONS: `--import ${pathToFileURL(preload).href}`,
    });
    const base = await server.url;
    const running = runSlow(base, await roundsIn(base, 2));
    await until(async () => (await metric(base, 'modelship_queue_depth')) === 1);
    server.child.kill('SIGWINCH');
    const answer = await running;
    expect(answer.status).toBe(200);
    expect(await answer.text()).not.toContain('nobody waits');
    expect(await server.exit).toBe(1);
    expect(server.log()).toContain('nobody waits for this');
  });
});
