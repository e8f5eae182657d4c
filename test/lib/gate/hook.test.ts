import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { gateFolder } from '../../../lib/bundle/gate-folder.js';
import { Model } from '../../../lib/model/model.js';
import type { RolloutGate } from '../../../lib/serving/index.js';
import { localAws } from '../../support/moto.js';

// The function as it is deployed, with Lambda and CodeDeploy at the other end of its requests.

const IRIS = Model.fromDirectory(join(__dirname, '../../../examples/iris/model'));
const SAMPLES: Sample[] = JSON.parse(readFileSync(join(IRIS.directory, 'samples.json'), 'utf8'));
const EVENT = { DeploymentId: 'd-1', LifecycleEventHookExecutionId: 'e-1' };
const VERSION = 'arn:aws:lambda:us-east-1:123456789012:function:iris:7';

interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

interface Sample {
  readonly request: { readonly inputs: readonly [{ readonly data: readonly number[] }] };
  readonly response: { readonly outputs: readonly { readonly shape: number[]; readonly data: readonly number[] }[] };
}

/** Symbol under which Node.js keeps the dispatcher of `fetch`. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

const work = mkdtempSync(join(tmpdir(), 'modelship-hook-'));
const ONE_SAMPLE = join(work, 'one.json');
writeFileSync(ONE_SAMPLE, JSON.stringify(SAMPLES.slice(0, 1)));

afterAll(() => rmSync(work, { recursive: true }));

/** The golden predictions for the rows in an event, as an HTTP API gets them. */
function golden(event: { body: string }): { statusCode: number; body: string; isBase64Encoded: boolean } {
  const [{ data }] = JSON.parse(event.body).inputs as Sample['request']['inputs'];
  const samples = Array.from(
    { length: data.length / 4 },
    (_, row) => SAMPLES.find(({ request }) => `${request.inputs[0].data}` === `${data.slice(4 * row, 4 * row + 4)}`)!,
  );
  const outputs = samples[0]!.response.outputs.map((output, index) => ({
    ...output,
    shape: [samples.length, ...output.shape.slice(1)],
    data: samples.flatMap(({ response }) => response.outputs[index]!.data),
  }));
  return { statusCode: 200, body: JSON.stringify({ outputs }), isBase64Encoded: false };
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
async function hook(milliseconds = 900_000, gate: RolloutGate = {}): Promise<{ level: string; reasons: string[] }> {
  const { directory } = gateFolder(IRIS, gate);
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
    // Services with AWS's JSON protocol respond to every fault of a client with 400.
    const failures400: Reply[] = [
      { status: 500, body: '{}' },
      { status: 400, body: '{"__type":"ThrottlingException","message":"Rate exceeded"}' },
      { status: 400, body: '{"__type":"com.amazon.coral.service#AccessDeniedException"}' },
      { status: 400, headers: { 'x-amzn-errortype': 'ThrottlingException:http://internal/' }, body: '' },
    ];
    deploy = () => failures400.shift() ?? { body: '{}' };
    await hook();
    expect(reported).toEqual(Array(5).fill(verdict('Succeeded')));
  });

  test('does not report again if CodeDeploy rejects the report', async () => {
    const body = '{"__type":"InvalidDeploymentIdException","message":"ThrottlingException AccessDeniedException"}';
    deploy = () => ({ status: 400, body });
    await expect(hook()).rejects.toThrow(`codedeploy responded with 400: ${body}`);
    expect(reported).toEqual([verdict('Succeeded')]);
  });

  test('asks again if the connection ends within a response', async () => {
    let isCut = false;
    invoke = (event) => {
      const reply = right(event);
      if (isCut) return reply;
      isCut = true;
      return { ...reply, headers: { connection: 'close', 'content-length': `${reply.body.length + 1}` } };
    };
    await hook();
    expect(reported).toEqual([verdict('Succeeded')]);
  });

  test('waits for a response longer than fetch does', async () => {
    await fetch('data:,');
    const dispatcher = Reflect.get(globalThis, DISPATCHER);
    onTestFinished(() => void Reflect.set(globalThis, DISPATCHER, dispatcher));
    Reflect.set(globalThis, DISPATCHER, new dispatcher.constructor({ headersTimeout: 100 }));
    invoke = async (event) => {
      await new Promise((later) => setTimeout(later, 1500));
      return right(event);
    };
    await hook(900_000, { samples: ONE_SAMPLE });
    expect(invoked).toHaveLength(1);
    expect(reported).toEqual([verdict('Succeeded')]);
  });

  test.each<[string, Reply]>([
    ['request', { body: '{"statusCode":413,"body":"too large"}' }],
    [
      'response',
      {
        headers: { 'x-amz-function-error': 'Unhandled' },
        body: JSON.stringify({
          errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
          errorType: 'Function.ResponseSizeTooLarge',
        }),
      },
    ],
  ])('asks half of the rows if a %s is too large', async (_, tooLarge) => {
    const asked: number[] = [];
    invoke = (event) => {
      const [rows] = JSON.parse(event.body).inputs[0].shape;
      asked.push(rows);
      return rows > 2 ? tooLarge : right(event);
    };
    const rows = SAMPLES.slice(0, 5).map(
      ({ request, response }) => `${request.inputs[0].data},${response.outputs[0]!.data}`,
    );
    const file = join(work, 'rows.csv');
    writeFileSync(file, ['a,b,c,d,species', ...rows].join('\n'));
    const dataSet = { rows: file, label: 'species', min: { accuracy: 1 } };
    expect(await hook(900_000, { samples: ONE_SAMPLE, dataSet })).toMatchObject({ level: 'info', rows: 5 });
    expect(asked).toEqual([1, 5, 3, 2, 1, 2]);
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

  test('logs the last response if Lambda throttles until the end', async () => {
    invoke = () => ({ status: 429, body: 'Rate exceeded' });
    expect((await hook(30_500)).reasons).toEqual([
      'the version did not answer all questions in time',
      'lambda responded with 429: Rate exceeded',
    ]);
    expect(reported).toEqual([verdict('Failed')]);
  });

  test('reports that a version failed which does not answer in time', async () => {
    invoke = () => new Promise(() => {});
    expect((await hook(30_500)).reasons).toEqual(['the version did not answer all questions in time']);
    expect(reported).toEqual([verdict('Failed')]);
  });
});
