import { createReadStream, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { removeAbandoned } from '../../../runtime/src/temporary-folder.js';
import { writePackage } from '../../support/packages.js';
import { IRIS, predict, type ServerProcess, SOURCES, spawnServer, stopAll, until } from './servers.js';

let folder: string;
let store: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-fault-'));
});
afterEach(async () => {
  await stopAll();
  store?.closeAllConnections();
  store?.close();
  rmSync(folder, { recursive: true });
});

async function serveFiles(listener: RequestListener): Promise<string> {
  store = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((listening) => store!.once('listening', listening));
  return `http://127.0.0.1:${(store.address() as AddressInfo).port}/package/`;
}

/** Gives the files of a package, and those of the model never where `isStuck`. */
const filesOf =
  (directory: string, isStuck = false): RequestListener =>
  ({ url }, response) => {
    const name = url!.slice('/package/'.length);
    if (name === 'model.json' || !isStuck) createReadStream(join(directory, name)).pipe(response);
  };

/** What servers left, without the cache of what compiles their sources. */
const left = () => readdirSync(folder).filter((name) => !name.startsWith('tsx-'));

function start(model: string, more: Readonly<Record<string, string>> = {}, command = SOURCES): ServerProcess {
  return spawnServer({ [ENVIRONMENT.model]: model, TMPDIR: folder, ...more }, command);
}

describe('fault 45: a start that does not end well', { timeout: 120_000 }, () => {
  it('after its time limit leaves no files', async () => {
    const server = start(await serveFiles(filesOf(IRIS, true)), { [ENVIRONMENT.startSeconds]: '3' });
    await until(async () => left().length > 0);
    expect(await server.exit).toBe(1);
    expect(left()).toEqual([]);
  });

  it('by SIGTERM while it fetches leaves no files', async () => {
    const server = start(await serveFiles(filesOf(IRIS, true)));
    await until(async () => left().length > 0);
    server.child.kill('SIGTERM');
    await server.exit;
    expect(left()).toEqual([]);
  });

  it('by SIGKILL leaves files that a later start removes, and those of a server that runs stay', async () => {
    const url = await serveFiles(filesOf(IRIS));
    const killed = start(url);
    await killed.url;
    const [abandoned] = left();
    killed.child.kill('SIGKILL');
    await killed.exit;
    expect(left()).toEqual([abandoned]);
    const long = new Date(Date.now() - 3_600_000);
    utimesSync(join(folder, abandoned!), long, long);

    const base = await start(url).url;
    await until(async () => !left().includes(abandoned!));
    expect(left()).toHaveLength(1);
    expect((await predict(base)).status).toBe(200);
  });

  it('removes nothing that it did not make', async () => {
    const names = ['modelship-tmp-model-latest-copy', 'modelship-tmp-model', 'modelship-model-abcdef', 'other'];
    for (const name of [...names, 'modelship-tmp-model-abcdef']) mkdirSync(join(folder, name));
    await removeAbandoned(folder, Date.now() + 60_000);
    expect(left()).toHaveLength(5);
    await removeAbandoned(folder, Date.now() + 3_600_000);
    expect(left().sort()).toEqual(names.sort());
  });
});

describe('fault 46: a package of many files', { timeout: 120_000 }, () => {
  it('is fetched with few file descriptors', async () => {
    const content = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`extra/${index}.txt`, 'x']));
    const whole = writePackage({ content: { 'model.onnx': 'not a model', ...content } });
    const limited = ['prlimit', '--nofile=320', ...SOURCES] as const;
    const server = start(await serveFiles(filesOf(whole)), {}, limited);
    expect(await server.exit).toBe(1);
    expect(server.log()).toMatch(/model\.onnx is not a model of a known format/);
    expect(server.log()).not.toMatch(/EMFILE/);
    expect(left()).toEqual([]);
  });
});
