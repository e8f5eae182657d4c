import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { azureHeaders } from '../../../runtime/src/store/cloud-token.js';

let server: Server;
let status: number;
let asked: { method?: string; url?: string; headers: IncomingMessage['headers']; form: URLSearchParams }[];

beforeEach(async () => {
  status = 200;
  asked = [];
  server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    asked.push({ method, url, headers, form: new URLSearchParams(await text(request)) });
    response.writeHead(status).end(JSON.stringify({ access_token: 'azure-token' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  vi.unstubAllEnvs();
  server.close();
});

function url(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function inPod(assertion: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'modelship-token-')), 'token');
  writeFileSync(file, `${assertion}\n`);
  vi.stubEnv('AZURE_AUTHORITY_HOST', url());
  vi.stubEnv('AZURE_TENANT_ID', 'tenant');
  vi.stubEnv('AZURE_CLIENT_ID', 'client');
  vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', file);
  return file;
}

test('a pod with workload identity changes its token for one of Azure', async () => {
  inPod('pod-token');
  expect(await azureHeaders()).toEqual({ authorization: 'Bearer azure-token', 'x-ms-version': '2021-12-02' });
  const { method, url: path, form } = asked[0]!;
  expect(`${method} ${path}`).toBe('POST /tenant/oauth2/v2.0/token');
  expect(Object.fromEntries(form)).toMatchObject({
    grant_type: 'client_credentials',
    client_id: 'client',
    scope: 'https://storage.azure.com/.default',
    client_assertion: 'pod-token',
  });
});

test('the token of the pod is read each time, because it is replaced', async () => {
  const file = inPod('first');
  await azureHeaders();
  writeFileSync(file, 'second');
  await azureHeaders();
  expect(asked.map(({ form }) => form.get('client_assertion'))).toEqual(['first', 'second']);
});

test('a host with a managed identity asks its own endpoint, for the identity that it was told', async () => {
  vi.stubEnv('IDENTITY_ENDPOINT', `${url()}msi/token`);
  vi.stubEnv('IDENTITY_HEADER', 'secret');
  vi.stubEnv('AZURE_CLIENT_ID', 'client');
  expect((await azureHeaders()).authorization).toBe('Bearer azure-token');
  expect(asked[0]!.headers['x-identity-header']).toBe('secret');
  expect(asked[0]!.url).toMatch(/resource=https%3A%2F%2Fstorage\.azure\.com%2F&client_id=client$/);
});

test('a virtual machine asks the common endpoint, with the header that no forwarded request has', async () => {
  vi.stubEnv('AZURE_POD_IDENTITY_AUTHORITY_HOST', url().slice(0, -1));
  expect((await azureHeaders()).authorization).toBe('Bearer azure-token');
  expect(asked[0]!.headers.metadata).toBe('true');
  expect(asked[0]!.url).toBe(
    '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F',
  );
});

test('a refusal is an error that says nothing of the token', async () => {
  inPod('pod-token');
  status = 401;
  const failure = await azureHeaders().catch((error: Error) => error.message);
  expect(failure).toMatch(/401/);
  expect(failure).not.toContain('pod-token');
});
