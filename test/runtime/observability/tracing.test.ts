import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { Logger } from '../../../runtime/src/observability/log.js';
import { openTracer, traceIdOf } from '../../../runtime/src/observability/tracing.js';
import { createRuntime } from '../../../runtime/src/runtime.js';
import { describeServers } from '../../support/every-server.js';
import { freePort } from '../../support/free-port.js';
import { IRIS, IRIS_REQUEST, post, predict, runSlow, slowPackage, stopAll, until } from '../faults/servers.js';
import { callIris } from './call-iris.js';
import { type CollectedSpan, type Collector, grpcCollector, httpCollector } from './collector.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const traceparent = `00-${TRACE}-${CALLER}-01`;

const collectors: Collector[] = [];
const sockets: Server[] = [];
afterEach(async () => {
  await stopAll();
  vi.unstubAllEnvs();
  for (const collector of collectors.splice(0)) await collector.close();
  for (const socket of sockets.splice(0)) socket.close();
});

/** Starts a collector, and returns it with the variables of a server that exports to it. */
async function collected(make: () => Promise<Collector>): Promise<[Collector, Record<string, string>]> {
  const collector = await make();
  collectors.push(collector);
  return [collector, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '20' }];
}

/** Takes connections, and says nothing. */
async function silentCollector(): Promise<string> {
  const socket = createServer(() => {}).listen(0, '127.0.0.1');
  sockets.push(socket);
  await new Promise((listening) => socket.once('listening', listening));
  return `http://127.0.0.1:${(socket.address() as AddressInfo).port}`;
}

/** The spans of a trace, once there are so many. */
async function spansOf({ spans }: Collector, trace: string, count: number): Promise<readonly CollectedSpan[]> {
  const own = () => spans.filter(({ traceId }) => traceId === trace);
  await until(async () => own().length >= count);
  return own();
}

const named = (spans: readonly CollectedSpan[], name: string) => spans.find((span) => span.name === name)!;

describeServers('spans', (start) => {
  it.each([
    ['http/protobuf', httpCollector],
    ['http/json', httpCollector],
    ['grpc', grpcCollector],
  ] as const)('of a request go to a collector by %s, as children of the caller', async (protocol, make) => {
    const [collector, variables] = await collected(make);
    const base = await start({
      ...variables,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=flowers',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
    }).url;
    expect((await predict(base, { traceparent })).status).toBe(200);
    const spans = await spansOf(collector, TRACE, 3);
    const server = named(spans, 'POST /v1/models/iris:predict');
    expect(server).toMatchObject({
      parentId: CALLER,
      kind: 2,
      statusCode: 0,
      attributes: {
        'http.request.method': 'POST',
        'url.path': '/v1/models/iris:predict',
        'http.response.status_code': 200,
      },
      resource: { 'service.name': 'modelship', 'deployment.environment': 'test' },
    });
    const queue = named(spans, 'queue');
    const inference = named(spans, 'inference');
    expect([queue.parentId, inference.parentId]).toEqual([server.spanId, server.spanId]);
    expect(inference.attributes).toEqual({ 'modelship.run.rows': 1, 'modelship.run.requests': 1 });
    const moments = [server.start, queue.start, queue.end, inference.end, server.end];
    expect(moments).toEqual([...moments].sort((left, right) => Number(left - right)));
    expect(collector.headers[0]).toMatchObject({ 'x-tenant': 'flowers' });
  });

  it('of calls by gRPC do too', async () => {
    const [collector, variables] = await collected(httpCollector);
    const grpcPort = await freePort();
    await start({ ...variables, OTEL_SERVICE_NAME: 'iris-prod', [ENVIRONMENT.grpcPort]: grpcPort }).url;
    expect(await callIris(grpcPort, { traceparent })).toBeUndefined();
    const spans = await spansOf(collector, TRACE, 3);
    const call = named(spans, 'inference.GRPCInferenceService/ModelInfer');
    expect(call).toMatchObject({
      parentId: CALLER,
      kind: 2,
      attributes: { 'rpc.system': 'grpc', 'rpc.method': 'ModelInfer', 'rpc.grpc.status_code': 'OK' },
      resource: { 'service.name': 'iris-prod' },
    });
    expect(named(spans, 'inference').parentId).toBe(call.spanId);
  });

  it('begin a trace where the caller has none, and are left out where it is not sampled', async () => {
    const [collector, variables] = await collected(httpCollector);
    const base = await start(variables).url;
    await predict(base, { traceparent: `00-${TRACE}-${CALLER}-00` });
    await predict(base, { traceparent: 'nonsense' });
    await until(async () => collector.spans.length >= 3);
    const roots = collector.spans.filter(({ kind }) => kind === 2);
    expect(roots).toHaveLength(1);
    expect(roots[0]).toMatchObject({ parentId: '' });
    expect(roots[0]!.traceId).not.toBe(TRACE);
  });

  it('tell of failures by their codes alone, and take no name that a caller made up', async () => {
    const [collector, variables] = await collected(httpCollector);
    const base = await start({ ...variables, [ENVIRONMENT.model]: slowPackage(5), [ENVIRONMENT.timeoutSeconds]: 1 })
      .url;
    expect((await runSlow(base, 3000)).status).toBe(504);
    await post(`${base}/secret-path`, '{}', { traceparent });
    expect((await fetch(`${base}/v1/made-up`)).status).toBe(400);
    await until(async () => collector.spans.length >= 5);
    const server = named(collector.spans, 'POST /v2/models/slow/infer');
    expect(server).toMatchObject({ statusCode: 2, attributes: { 'http.response.status_code': 504 } });
    expect(named(collector.spans, 'inference')).toMatchObject({
      statusCode: 2,
      attributes: { 'error.type': 'DEADLINE_EXCEEDED' },
    });
    expect(collector.spans.map(({ name }) => name).filter((name) => /secret|made-up/.test(name))).toEqual([]);
    // What was asked for wrongly is no fault of the server's.
    expect(named(collector.spans, 'POST')).toMatchObject({ statusCode: 0, parentId: CALLER });
  });

  it('are not made for probes and scrapers', async () => {
    const [collector, variables] = await collected(httpCollector);
    const base = await start(variables).url;
    for (const path of ['/v2/health/live', '/v2/health/ready', '/ping', '/metrics']) await fetch(base + path);
    await predict(base, { traceparent });
    await spansOf(collector, TRACE, 3);
    expect(collector.spans).toHaveLength(3);
  });

  it('that are not yet sent leave with the end of the server', async () => {
    const [collector, variables] = await collected(httpCollector);
    const server = start({ ...variables, OTEL_BSP_SCHEDULE_DELAY: '60000' });
    await predict(await server.url, { traceparent });
    expect(collector.spans).toEqual([]);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    expect(collector.spans).toHaveLength(3);
  });
});

describe("a function's spans", () => {
  const ask = async (spans: () => readonly CollectedSpan[]) => {
    const runtime = createRuntime(readConfig({ [ENVIRONMENT.model]: IRIS, [ENVIRONMENT.logLevel]: 'error' }));
    await runtime.load();
    try {
      const body = Buffer.from(IRIS_REQUEST);
      const path = '/v1/models/iris:predict';
      const response = await runtime.app.handle({ method: 'POST', path, query: '', headers: { traceparent }, body });
      expect(response.status).toBe(200);
      expect(spans()).toEqual([]);
      await runtime.app.tracer!.flush();
      return spans();
    } finally {
      await runtime.close();
    }
  };

  it('leave before its call ends', async () => {
    const [collector] = await collected(httpCollector);
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url);
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '60000');
    expect((await ask(() => collector.spans)).map(({ name }) => name).sort()).toEqual([
      'POST /v1/models/iris:predict',
      'inference',
      'queue',
    ]);
  });

  it('hold it no longer than a moment where the collector never answers', async () => {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', await silentCollector());
    vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '60000');
    expect(await ask(() => [])).toEqual([]);
  });
});

describeServers('a collector that fails', (start) => {
  it.each([
    ['is down', async () => 'http://127.0.0.1:1'],
    ['never answers', silentCollector],
  ])('costs no request its answer, nor the server its end: it %s', async (_, url) => {
    const server = start({
      OTEL_EXPORTER_OTLP_ENDPOINT: await url(),
      OTEL_EXPORTER_OTLP_TIMEOUT: '500',
      OTEL_BSP_SCHEDULE_DELAY: '20',
    });
    const base = await server.url;
    for (let count = 0; count < 20; count++) expect((await predict(base, { traceparent })).status).toBe(200);
    await until(async () => server.log().includes('OpenTelemetry'));
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    const warnings = server
      .log()
      .split('\n')
      .filter((line) => line.includes('OpenTelemetry'));
    expect(warnings).toHaveLength(1);
    expect(JSON.parse(warnings[0]!)).toMatchObject({ level: 'warn', severity: 'WARNING' });
  });
});

describe('tracing', () => {
  const logger = new Logger('error', () => {});

  it.each([
    [{}],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_EXPORTER: 'none' }],
  ])('is off with %j', async (environment) => {
    expect(await openTracer(environment, logger)).toBeUndefined();
  });

  it.each([
    [traceparent, TRACE],
    [`${traceparent}-later-versions-may-add`, TRACE],
    [`00-${'0'.repeat(32)}-${CALLER}-01`, undefined],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, undefined],
    [`00-${TRACE.toUpperCase()}-${CALLER}-01`, undefined],
    ['', undefined],
    [undefined, undefined],
  ])('finds the trace that %s names', (header, trace) => {
    expect(traceIdOf({ traceparent: header })).toBe(trace);
  });
});
