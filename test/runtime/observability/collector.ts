import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { Server as GrpcServer, loadPackageDefinition, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** A span as a collector got it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly statusCode: number;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** Takes spans by OTLP, and keeps them. */
export interface Collector {
  readonly url: string;
  readonly spans: CollectedSpan[];
  readonly headers: Record<string, unknown>[];
  close(): Promise<void>;
}

const definition = loadSync(join(import.meta.dirname, '../../fixtures/otlp.proto'), {
  longs: String,
  defaults: true,
  oneofs: true,
});
const SERVICE = 'opentelemetry.proto.collector.trace.v1.TraceService';
// biome-ignore lint/suspicious/noExplicitAny: the messages are as the proto file has them
type Message = any;
const { Export } = definition[SERVICE] as Message;

/** A collector that takes protobuf and JSON over HTTP. */
export async function httpCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const headers: Record<string, unknown>[] = [];
  const server: Server = createServer(async (request, response) => {
    const raw = await buffer(request);
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
    const isJson = request.headers['content-type'] === 'application/json';
    if (request.url !== '/v1/traces') {
      response.writeHead(404).end();
      return;
    }
    headers.push(request.headers);
    spans.push(...spansOf(isJson ? JSON.parse(body.toString()) : Export.requestDeserialize(body), isJson));
    response.writeHead(200, { 'content-type': request.headers['content-type'] }).end(isJson ? '{}' : '');
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    headers,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** A collector that takes them by gRPC. */
export async function grpcCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const headers: Record<string, unknown>[] = [];
  const server = new GrpcServer();
  const service = SERVICE.split('.').reduce((found: Message, part) => found[part], loadPackageDefinition(definition));
  server.addService(service.service, {
    Export: (call: Message, answer: Message) => {
      headers.push(call.metadata.getMap());
      spans.push(...spansOf(call.request, false));
      answer(null, {});
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  return { url: `http://127.0.0.1:${port}`, spans, headers, close: async () => server.forceShutdown() };
}

function spansOf(request: Message, isJson: boolean): CollectedSpan[] {
  // JSON has identifiers in hexadecimal digits, protobuf as bytes.
  const id = (value: string | Buffer | undefined) =>
    value === undefined ? '' : isJson ? String(value) : Buffer.from(value as Buffer).toString('hex');
  return request.resourceSpans.flatMap(({ resource, scopeSpans }: Message) =>
    scopeSpans.flatMap(({ spans }: Message) =>
      spans.map((span: Message) => ({
        traceId: id(span.traceId),
        spanId: id(span.spanId),
        parentId: id(span.parentSpanId),
        name: span.name,
        kind: span.kind,
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        attributes: plain(span.attributes),
        statusCode: span.status?.code ?? 0,
        resource: plain(resource.attributes),
      })),
    ),
  );
}

function plain(attributes: Message[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? (value.intValue && Number(value.intValue))]),
  );
}
