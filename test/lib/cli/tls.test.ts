import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requireTool } from '../../support/tools.js';
import { modelship } from './support.js';

// A server whose certificate no public authority has signed, as on a private load balancer.
const folder = mkdtempSync(join(tmpdir(), 'modelship-tls-'));
const certificate = join(folder, 'cert.pem');
const data = '{"inputs": [{"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}]}';
let server: Server;
let url: string;

beforeAll(async () => {
  const key = join(folder, 'key.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync(
    requireTool('openssl'),
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', key, '-out', certificate, ...subject],
    { stdio: 'ignore' },
  );
  const options = { key: readFileSync(key), cert: readFileSync(certificate) };
  server = createServer(options, (request, response) => {
    request.resume();
    response.end('{"inputs": [{"name": "x", "shape": [-1], "datatype": "FP32"}], "outputs": []}');
  });
  await new Promise<void>((done) => server.listen(0, done));
  url = `https://localhost:${(server.address() as AddressInfo).port}/v2/models/x`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const COMMANDS = [['predict'], ['bench', '-c', '1', '-t', '0.1']];

test.each(COMMANDS)('%s refuses a certificate that it does not know', async (...command) => {
  const { code, stderr } = await modelship(...command, url, '--data', data);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/certificate is not trusted \(.*\)\. Give its CA certificate with --ca FILE/),
  });
});

test.each(COMMANDS)('%s accepts it with --ca, and any with --insecure', async (...command) => {
  expect(await modelship(...command, url, '--data', data, '--ca', certificate)).toMatchObject({ code: 0 });
  expect(await modelship(...command, url, '--data', data, '--insecure')).toMatchObject({ code: 0 });
});

test('a CA file that cannot be read is named', async () => {
  const { stderr } = await modelship('predict', url, '--data', data, '--ca', 'none.pem');
  expect(stderr).toMatch(/--ca none\.pem cannot be read \(ENOENT\)/);
});
