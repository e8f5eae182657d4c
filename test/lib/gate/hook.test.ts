import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { gateFolder } from '../../../lib/bundle/gate-folder.js';
import { Model } from '../../../lib/model/model.js';
import { localAws } from '../../support/moto.js';

// The function as it is deployed, with Lambda and CodeDeploy at the other end of its requests.

const IRIS = Model.fromDirectory(join(__dirname, '../../../examples/iris/model'));
const SAMPLES = JSON.parse(readFileSync(join(IRIS.directory, 'samples.json'), 'utf8'));
const EVENT = { DeploymentId: 'd-1', LifecycleEventHookExecutionId: 'e-1' };
const VERSION = 'arn:aws:lambda:us-east-1:123456789012:function:iris:7';

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** The golden response to the request in an event, as an HTTP API gets it. */
function golden(event: { body: string }): { statusCode: number; body: string; isBase64Encoded: boolean } {
  const [{ data }] = JSON.parse(event.body).inputs;
  const { response } = SAMPLES.find(
    ({ request }: { request: { inputs: { data: number[] }[] } }) =>
      JSON.stringify(request.inputs[0]!.data) === JSON.stringify(data),
  );
  return { statusCode: 200, body: JSON.stringify(response), isBase64Encoded: false };
}

const right = (event: { body: string }): Reply => ({ body: JSON.stringify(golden(event)) });

let server: Server;
let invoke: (event: { body: string }) => Reply | Promise<Reply>;
let deploy: () => Reply;
const invoked: string[] = [];
const reported: object[] = [];

beforeEach(async () => {
  invoke = right;
  deploy = () => ({ body: '{}' });
  invoked.length = reported.length = 0;
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const isInvocation = request.url!.startsWith('/2015-03-31/functions/');
    if (isInvocation) invoked.push(decodeURIComponent(request.url!));
    else reported.push({ target: request.headers['x-amz-target'], ...body });
    const { status = 200, headers, body: answer } = isInvocation ? await invoke(body) : deploy();
    response.writeHead(status, headers).end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const variables = { ...localAws(`http://127.0.0.1:${port}`), MODELSHIP_GATE_VERSION: VERSION };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  vi.spyOn(console, 'log').mockImplementation(() => {});
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  server.closeAllConnections();
  server.close();
});

/** Runs the hook, and returns what it logs. */
async function hook(milliseconds = 900_000): Promise<{ level: string; reasons: string[] }> {
  const { directory } = gateFolder(IRIS, {});
  const { codeDeployHandler } = createRequire(import.meta.url)(join(directory, 'hook.js'));
  await codeDeployHandler(EVENT, { getRemainingTimeInMillis: () => milliseconds });
  return JSON.parse(vi.mocked(console.log).mock.calls[0]![0]);
}

const verdict = (status: string) => ({
  target: 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus',
  deploymentId: 'd-1',
  lifecycleEventHookExecutionId: 'e-1',
  status,
});

describe('the hook of a gate', { timeout: 60_000 }, () => {
  test('asks the new version every sample, and reports that it succeeded', async () => {
    expect(await hook()).toMatchObject({ level: 'info', samples: SAMPLES.length, agreeing: SAMPLES.length });
    const path = `/2015-03-31/functions/${VERSION.slice(0, -2)}/invocations?Qualifier=7`;
    expect(invoked).toEqual(SAMPLES.map(() => path));
    expect(reported).toEqual([verdict('Succeeded')]);
  });

  test('reads responses of functions that stream', async () => {
    invoke = (event) => ({
      body: Buffer.concat([Buffer.from('{"statusCode":200}'), Buffer.alloc(8), Buffer.from(golden(event).body)]),
    });
    await hook();
    expect(reported).toEqual([verdict('Succeeded')]);
  });

  test('asks again after throttling, and while the version is not active or its policy not in effect, and reports again', async () => {
    const failures = [403, 429, 409, 503];
    invoke = (event) => {
      const status = failures.shift();
      return status === undefined ? right(event) : { status, body: '{}' };
    };
    const throttled = [500];
    deploy = () => ({ status: throttled.shift() ?? 200, body: '{}' });
    await hook();
    expect(reported).toEqual([verdict('Succeeded'), verdict('Succeeded')]);
  });

  test.each<[string, (event: { body: string }) => Reply, RegExp]>([
    [
      'predicts something else',
      (event) => ({
        body: JSON.stringify({ ...golden(event), body: golden(event).body.replace(/"data":\[\d/, '"data":[7') }),
      }),
      /samples differ: .*, entry 1: \w+\[0\] is 7, expected/,
    ],
    ['rejects a sample', () => ({ body: '{"statusCode":400,"body":"no"}' }), /the version responded with 400: no/],
    [
      'fails',
      () => ({ headers: { 'x-amz-function-error': 'Unhandled' }, body: '{"errorType":"Runtime.ExitError"}' }),
      /the version failed: .*Runtime\.ExitError/,
    ],
    ['is not there', () => ({ status: 404, body: 'ResourceNotFound' }), /lambda responded with 404: ResourceNotFound/],
    ['responds with something that is no response', () => ({ body: 'text' }), /JSON/],
  ])('reports that a version failed which %s', async (_, reply, reason) => {
    invoke = reply;
    expect(await hook()).toMatchObject({ level: 'error', reasons: [expect.stringMatching(reason)] });
    expect(reported).toEqual([verdict('Failed')]);
  });

  test('reports that a version failed which does not answer in time', async () => {
    invoke = () => new Promise(() => {});
    expect((await hook(30_500)).reasons).toEqual(['the version did not answer all questions in time']);
    expect(reported).toEqual([verdict('Failed')]);
  });
});
