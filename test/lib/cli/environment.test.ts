import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { IRIS, modelship, ROOT, type Served, serve } from './support.js';

// What a shell may have set for servers, and what a command that was given a package makes of it.
const ROW = '{"instances": [[5.1, 3.5, 1.4, 0.2]]}';
const OTHERS = JSON.stringify({ models: { diabetes: { location: join(ROOT, 'examples', 'diabetes', 'model') } } });

let server: Served | undefined;
let taken: Server;
beforeEach(async () => {
  taken = createServer();
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.stop();
  server = undefined;
  taken.close();
});
const takenPort = () => String((taken.address() as AddressInfo).port);

describe('predict with a package', () => {
  test.each<[string, Record<string, string | (() => string)>]>([
    ['other models', { MODELSHIP_MODELS: OTHERS }],
    ['the digest of another package', { MODELSHIP_MODEL_DIGEST: `sha256:${'0'.repeat(64)}` }],
    ['keys for callers', { MODELSHIP_API_KEY_HASHES: createHash('sha256').update('key').digest('hex') }],
    ['tokens for callers', { MODELSHIP_JWT_ISSUER: 'https://issuer.invalid', MODELSHIP_JWT_AUDIENCE: 'us' }],
    ['a port that is taken for gRPC', { MODELSHIP_GRPC_PORT: takenPort }],
    ['a port that is taken for metrics', { MODELSHIP_METRICS_PORT: takenPort }],
    ['a port that is taken for management', { MODELSHIP_MANAGEMENT_PORT: takenPort }],
    ['what is wrong', { MODELSHIP_REQUESTS_PER_SECOND: 'many', MODELSHIP_MODELS: '{' }],
  ])('asks that package though the environment names %s', async (_, variables) => {
    for (const [name, value] of Object.entries(variables)) {
      vi.stubEnv(name, typeof value === 'string' ? value : value());
    }
    const { code, stdout, stderr } = await modelship('predict', IRIS, '--data', ROW, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ model: 'iris', answers: [{ answer: { predictions: [{ label: 0 }] } }] });
  });

  test('is held to what the environment says of a run', async () => {
    vi.stubEnv('MODELSHIP_MAX_BODY_BYTES', '10');
    expect((await modelship('predict', IRIS, '--data', ROW)).stderr).toMatch(/answered 413/);
  });
});

describe('serve', () => {
  test('has the package that it was given alone, whatever other models the environment names', async () => {
    vi.stubEnv('MODELSHIP_MODELS', OTHERS);
    vi.stubEnv('MODELSHIP_MODEL_CONTROL', 'true');
    server = await serve(IRIS);
    const answer = await fetch(`${server.url}/v1/models/iris:predict`, { method: 'POST', body: ROW });
    expect(await answer.json()).toMatchObject({ predictions: [{ label: 0 }] });
    expect((await fetch(`${server.url}/v2/models/diabetes`)).status).toBe(404);
    const unload = await fetch(`${server.url}/v2/repository/models/iris/unload`, { method: 'POST' });
    expect(unload.status).toBe(404);
  });

  test('asks callers for the key that the environment names', async () => {
    vi.stubEnv('MODELSHIP_API_KEY_HASHES', createHash('sha256').update('key').digest('hex'));
    server = await serve(IRIS);
    const ask = (headers: Record<string, string>) =>
      fetch(`${server!.url}/v1/models/iris:predict`, { method: 'POST', body: ROW, headers });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ 'x-api-key': 'key' })).status).toBe(200);
  });

  test.each(['MODELSHIP_GRPC_PORT', 'MODELSHIP_METRICS_PORT', 'MODELSHIP_MANAGEMENT_PORT'])(
    'says that the port of %s is taken',
    async (name) => {
      vi.stubEnv(name, takenPort());
      const { code, stdout, stderr } = await modelship('serve', IRIS, '--port', '0');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(`the port of ${name} is taken. Choose another, or unset it.`);
    },
  );
});
