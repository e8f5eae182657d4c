import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readManifest, verifyFiles } from '../../../runtime/src/manifest/index.js';
import { download } from '../../../runtime/src/store/download.js';
import { AZURITE_ACCOUNT, Azurite } from '../../support/azurite.js';

const IRIS = join(import.meta.dirname, '../../../examples/iris/model');
const LARGE = Buffer.alloc(20 * 1024 * 1024, 'modelship');
const CLOUD = `https://${AZURITE_ACCOUNT}.blob.core.windows.net`;

let azurite: Azurite;
let identity: Server;
let token: () => string;
let asked: string[];
let tokens = 0;

beforeAll(async () => {
  // For the emulator's certificate.
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  azurite = await Azurite.start();
  identity = createServer((_, response) => {
    tokens++;
    response.end(JSON.stringify({ access_token: token() }));
  }).listen(0, '127.0.0.1');
  await once(identity, 'listening');
  vi.stubEnv('IDENTITY_ENDPOINT', `http://127.0.0.1:${(identity.address() as AddressInfo).port}/msi/token`);
  vi.stubEnv('IDENTITY_HEADER', 'secret');
  // Stands for the name service: the account's name leads to the emulator.
  const { fetch } = globalThis;
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    if (url.startsWith(CLOUD)) asked.push(url);
    return fetch(url.replace(CLOUD, azurite.url), init);
  });
  asked = [];
  await azurite.createContainer('models');
  const files = ['model.json', ...readManifest(IRIS).files.map(({ path }) => path)];
  for (const path of files) await azurite.upload(`models/a%20%26%20b/iris/${path}`, readFileSync(join(IRIS, path)));
  await azurite.upload('models/a%20%26%20b/wine/2/model.json', readFileSync(join(IRIS, 'model.json')));
  await azurite.upload('models/large', LARGE);
}, 60_000);
afterAll(async () => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  identity?.close();
  await azurite?.stop();
});

/** The modules as a new process has them, which keeps no token of another test. */
async function freshStore() {
  vi.resetModules();
  return import('../../../runtime/src/store/package-source.js');
}

beforeEach(() => {
  asked = [];
  tokens = 0;
  token = () => azurite.token();
});

const later = () => new Date(Date.now() + 3_600_000);

describe.each([
  ['the managed identity', () => ''],
  ['a signature in the URL', () => `?${azurite.signature('models', later())}`],
])('packages in Azure, by %s', (name, query) => {
  const isIdentity = name.includes('identity');

  it('are fetched whole', async () => {
    const { findPackages } = await freshStore();
    const [stored] = await findPackages(`${CLOUD}/models/a%20%26%20b/iris${query()}`);
    const { directory, dispose } = await stored!.fetch(await stored!.manifest());
    await verifyFiles(directory, readManifest(directory));
    await dispose();
    expect(tokens).toBe(isIdentity ? 1 : 0);
    expect(asked.length).toBeGreaterThan(2);
  });

  it('are found below a prefix, whatever letters it has', async () => {
    const { findPackages } = await freshStore();
    const found = await findPackages(`${CLOUD}/models/a%20%26%20b/${query()}`);
    expect(found.map(({ location }) => location)).toEqual([
      `${CLOUD}/models/a%20%26%20b/iris/`,
      `${CLOUD}/models/a%20%26%20b/wine/2/`,
    ]);
    expect((await found[1]!.manifest()).name).toBe('iris');
    expect(await findPackages(`${CLOUD}/models/none/${query()}`)).toEqual([]);
  });

  it('arrive in order though their parts are read at once', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'modelship-store-')), 'large');
    await download(`${CLOUD}/models/large${query()}`, path, LARGE.length);
    expect(readFileSync(path).equals(LARGE)).toBe(true);
    expect(asked).toHaveLength(3);
  });
});

describe('a store in Azure that refuses', () => {
  it('a token for another service is an error that tells nothing of it, at once', async () => {
    token = () => azurite.token('https://management.azure.com/');
    const { findPackages } = await freshStore();
    const error = (await findPackages(`${CLOUD}/models/a%20%26%20b/iris`).catch((thrown) => thrown)) as Error;
    expect(error.message).toMatch(/\/iris\/model\.json cannot be fetched: the store answered 40[13]$/);
    expect(error.message).not.toContain(token());
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['that has expired', () => azurite.signature('models', new Date(Date.now() - 60_000))],
    ['of another container', () => azurite.signature('others', later())],
    ['that was changed', () => azurite.signature('models', later()).replace('sp=rl', 'sp=rwl')],
  ])('a signature %s is an error that does not tell it', async (_, signature) => {
    const { findPackages } = await freshStore();
    const query = signature();
    const error = (await findPackages(`${CLOUD}/models/a%20%26%20b/iris?${query}`).catch((thrown) => thrown)) as Error;
    expect(error.message).toMatch(/\/iris\/model\.json cannot be fetched: the store answered 403$/);
    expect(error.message).not.toContain('sig=');
    expect(asked).toHaveLength(1);
  });

  it('to list, where one file may be read, is an error', async () => {
    const { findPackages } = await freshStore();
    const query = azurite.signature('models', later(), 'r');
    await expect(findPackages(`${CLOUD}/models/a%20%26%20b/?${query}`)).rejects.toThrow(
      `${CLOUD}/models/a%20%26%20b/ cannot be fetched: the store answered 403`,
    );
  });
});
