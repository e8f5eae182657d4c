import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type AuthenticationFlags, authentication } from '../../../../lib/cli/authentication/index.js';

// Stands in for the command-line tools of the clouds, which need an account: the test is about what they are asked.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-tokens-'));
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function tool(name: string, script: string): void {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho "$@" >> '${folder}/calls'\n${script}\n`);
  chmodSync(path, 0o755);
}

const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

async function headersFor(address: string, flags: AuthenticationFlags = {}) {
  const url = new URL(address);
  const { authenticate } = await authentication(url, flags, {});
  await authenticate({ method: 'GET', url, headers: {} });
  return authenticate({ method: 'GET', url, headers: { accept: '*/*' } });
}

test.each([
  [
    'https://iris-abc-ew.a.run.app/v1/models/iris:predict',
    {},
    'auth print-identity-token --audiences=https://iris-abc-ew.a.run.app',
  ],
  [
    'https://canary---iris-abc-ew.a.run.app/v1/models/iris:predict',
    {},
    'auth print-identity-token --audiences=https://iris-abc-ew.a.run.app',
  ],
  [
    'https://models.example.com/v2',
    { google: true },
    'auth print-identity-token --audiences=https://models.example.com',
  ],
  [
    'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/1:predict',
    {},
    'auth print-access-token',
  ],
  [
    'https://1.europe-west4-2.prediction.vertexai.goog/v1/projects/p/locations/l/endpoints/1:predict',
    {},
    'auth print-access-token',
  ],
])('a request to %s has a token of gcloud, fetched once', async (address, flags, call) => {
  tool('gcloud', 'echo token');
  expect(await headersFor(address, flags)).toEqual({ accept: '*/*', authorization: 'Bearer token' });
  expect(calls()).toEqual([call]);
});

test('people get an identity token without an audience, which gcloud sets for service accounts alone', async () => {
  tool(
    'gcloud',
    'case "$*" in *--audiences*) echo "ERROR: Invalid account Type for `--audiences`." >&2; exit 1;; esac; echo token',
  );
  expect((await headersFor('https://iris.a.run.app')).authorization).toBe('Bearer token');
});

test.each([
  ['https://iris.westeurope.inference.ml.azure.com/score', {}, 'https://ml.azure.com'],
  ['https://iris.azurewebsites.net', { entra: 'api://6f0e' }, 'api://6f0e'],
])('a request to %s has a token of az', async (address, flags, resource) => {
  tool('az', 'echo token');
  expect((await headersFor(address, flags)).authorization).toBe('Bearer token');
  expect(calls()).toEqual([`account get-access-token --resource ${resource} --query accessToken -o tsv`]);
});

test('a failure names the command and the login', async () => {
  tool('az', 'echo "Please run az login" >&2; exit 1');
  await expect(headersFor('https://iris.azurewebsites.net', { entra: 'x' })).rejects.toThrow(
    /^Microsoft Entra credentials: `az account get-access-token` failed: Please run az login\. Log in with `az login`\.$/,
  );
});

test('a tool that is missing is named', async () => {
  vi.stubEnv('PATH', folder);
  await expect(headersFor('https://models.example.com', { google: true })).rejects.toThrow(/`gcloud` is not installed/);
});

test.each([
  'https://models.example.com',
  'http://127.0.0.1:8080',
  'http://iris.a.run.app',
  'https://run.app.example.com',
])('%s gets no credentials unasked', async (address) => {
  tool('gcloud', 'echo token');
  tool('az', 'echo token');
  expect(await headersFor(address)).toEqual({ accept: '*/*' });
});
