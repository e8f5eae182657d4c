import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { readManifest } from '../../../runtime/src/manifest/index.js';
import { AZURITE_ACCOUNT, Azurite } from '../../support/azurite.js';
import { describeServers } from '../../support/every-server.js';
import { GoogleStorage } from '../../support/google-storage.js';
import { IRIS, predict } from '../faults/servers.js';

// Servers that fetch their package. Test of S3: test/runtime/bundle.test.ts.

const FILES = ['model.json', ...readManifest(IRIS).files.map(({ path }) => path)];

describeServers('a package in Google Cloud Storage', (start) => {
  let google: GoogleStorage;

  beforeAll(async () => {
    google = await GoogleStorage.start();
    for (const path of FILES) google.objects.set(`models/iris/${path}`, readFileSync(join(IRIS, path)));
  });
  afterAll(() => google.stop());

  it('is served, with the token of the service account', async () => {
    const base = await start({ ...google.env, [ENVIRONMENT.model]: 'gs://models/iris' }).url;
    expect((await predict(base)).status).toBe(200);
  });

  it('that the account may not read fails the start', async () => {
    const { given } = google;
    google.given = 'another-token';
    const server = start({ ...google.env, [ENVIRONMENT.model]: 'gs://models/iris' });
    expect(await server.exit).toBe(1);
    expect(server.log()).toContain('gs://models/iris/model.json cannot be fetched: the store answered 403');
    google.given = given;
  });
});

describeServers('a package in Azure', (start) => {
  const cloud = `https://${AZURITE_ACCOUNT}.blob.core.windows.net`;
  let azurite: Azurite;
  let identity: Server;
  let variables: Record<string, string>;

  beforeAll(async () => {
    // For the certificate of the emulator.
    const trusting = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    for (const [name, value] of Object.entries(trusting)) vi.stubEnv(name, value);
    azurite = await Azurite.start();
    await azurite.createContainer('models');
    for (const path of FILES) await azurite.upload(`models/iris/${path}`, readFileSync(join(IRIS, path)));
    identity = createServer((_, response) => {
      response.end(JSON.stringify({ access_token: azurite.token() }));
    }).listen(0, '127.0.0.1');
    await once(identity, 'listening');
    // Stands for the name service: the name of the account leads to the emulator.
    const preload = join(mkdtempSync(join(tmpdir(), 'modelship-azure-')), 'names.mjs');
    const [from, to] = [JSON.stringify(cloud), JSON.stringify(azurite.url)];
    writeFileSync(
      preload,
      `const { fetch } = globalThis;\nglobalThis.fetch = (url, init) => fetch(String(url).replace(${from}, ${to}), init);\n`,
    );
    variables = {
      NODE_OPTIONS: `--import ${pathToFileURL(preload).href}`,
      ...trusting,
      IDENTITY_ENDPOINT: `http://127.0.0.1:${(identity.address() as AddressInfo).port}/msi/token`,
      IDENTITY_HEADER: 'secret',
    };
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    identity?.close();
    await azurite?.stop();
  });

  it.each([
    ['the managed identity', () => ''],
    ['a signature in the URL', () => `?${azurite.signature('models', new Date(Date.now() + 3_600_000))}`],
  ])('is served by %s', async (_, query) => {
    const base = await start({ ...variables, [ENVIRONMENT.model]: `${cloud}/models/iris${query()}` }).url;
    expect((await predict(base)).status).toBe(200);
  });

  it('that the signature does not open fails the start, without the signature in the log', async () => {
    const query = azurite.signature('others', new Date(Date.now() + 3_600_000));
    const server = start({ ...variables, [ENVIRONMENT.model]: `${cloud}/models/iris?${query}` });
    expect(await server.exit).toBe(1);
    expect(server.log()).toMatch(/\/iris\/model\.json cannot be fetched: the store answered 403/);
    expect(server.log()).not.toContain('sig=');
  });
});
