// What images run is the bundle, in which gRPC, the S3 client and the exporter of spans are files of their own.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../runtime/src/contract.js';
import { readManifest } from '../../runtime/src/manifest/index.js';
import { describeServers } from '../support/every-server.js';
import { freePort } from '../support/free-port.js';
import { localAws, Moto } from '../support/moto.js';
import { IRIS, metric } from './faults/servers.js';
import { callIris } from './observability/call-iris.js';
import { httpCollector } from './observability/collector.js';

it.each(['server.js', 'lambda-handler.js'])('loads the S3 client only where it is used: %s', (file) => {
  const bundle = join(import.meta.dirname, '../../runtime/dist/bundle');
  // Name of an operation that only the client of S3 has.
  expect(readFileSync(join(bundle, 's3-source.js'), 'utf8')).toContain('ListObjectsV2');
  expect(readFileSync(join(bundle, file), 'utf8')).not.toContain('ListObjectsV2');
});

it('loads the validators of signatures only where signatures are verified', () => {
  const bundle = join(import.meta.dirname, '../../runtime/dist/bundle');
  const files = readdirSync(bundle).filter((file) => file.endsWith('.js'));
  // Name of a field that only signatures have.
  const validating = files.filter((file) => readFileSync(join(bundle, file), 'utf8').includes('x509CertificateChain'));
  expect(validating).toEqual(['signature.js']);
});

it.runIf(process.env.MODELSHIP_TEST_FORMS === 'bundle')('is what tests of modules import', async () => {
  const imported = await import('../../runtime/src/protocols/index.js');
  const bundled = createRequire(import.meta.url)('../../runtime/dist/bundle/protocols.js');
  expect(imported.protocols).toBe(bundled.protocols);
});

describeServers('fault 31: gRPC', (start) => {
  it('rejects a call without a key as unauthenticated, and logs no error', async () => {
    const grpcPort = await freePort();
    const server = start({
      [ENVIRONMENT.grpcPort]: grpcPort,
      [ENVIRONMENT.apiKeyHashes]: createHash('sha256').update('secret').digest('hex'),
    });
    await server.url;
    expect((await callIris(grpcPort))?.code).toBe(status.UNAUTHENTICATED);
    expect((await callIris(grpcPort, { 'x-api-key': 'secret' }))?.code).toBeUndefined();
    expect(server.log()).not.toContain('"level":"error"');
  });

  it('tells clients over their quota when to come back', async () => {
    const grpcPort = await freePort();
    const server = start({ [ENVIRONMENT.grpcPort]: grpcPort, [ENVIRONMENT.requestsPerSecond]: '1' });
    await server.url;
    await callIris(grpcPort);
    const failure = await callIris(grpcPort);
    expect(failure?.code).toBe(status.RESOURCE_EXHAUSTED);
    expect(failure?.metadata.get('grpc-retry-pushback-ms')).toEqual(['1000']);
  });

  it('counts and traces a wrong request as its client’s fault', async () => {
    const collector = await httpCollector();
    const grpcPort = await freePort();
    const server = start({
      [ENVIRONMENT.grpcPort]: grpcPort,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    });
    const base = await server.url;
    expect((await callIris(grpcPort, {}, [1, 3]))?.code).toBe(status.INVALID_ARGUMENT);
    const counted = (code: string) =>
      metric(base, `modelship_inferences_total{model="iris",version="1",code="${code}"}`);
    expect([await counted('INVALID_ARGUMENT'), await counted('INTERNAL')]).toEqual([1, 0]);
    server.child.kill('SIGTERM');
    await server.exit;
    await collector.close();
    const failed = collector.spans.filter(({ attributes }) => attributes['rpc.grpc.status_code'] !== undefined);
    expect(failed.map(({ attributes }) => attributes['rpc.grpc.status_code'])).toEqual(['INVALID_ARGUMENT']);
  });
});

describeServers('fault 32: packages in S3', (start) => {
  let moto: Moto;
  let store: Server;
  let asked = 0;

  beforeAll(async () => {
    moto = await Moto.start();
    const client = new S3Client({
      endpoint: moto.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
    });
    await client.send(new CreateBucketCommand({ Bucket: 'models' }));
    for (const path of ['model.json', ...readManifest(IRIS).files.map((file) => file.path)]) {
      const Body = readFileSync(join(IRIS, path));
      await client.send(new PutObjectCommand({ Bucket: 'models', Key: `many/iris/${path}`, Body }));
    }
    store = createServer((_, response) => {
      asked++;
      response.writeHead(403).end();
    }).listen(0, '127.0.0.1');
  });
  beforeEach(() => {
    asked = 0;
  });
  afterAll(async () => {
    store.close();
    await moto.stop();
  });

  it('finds packages below a prefix', async () => {
    const server = start({ [ENVIRONMENT.model]: 's3://models/many', ...moto.env });
    const base = await Promise.race([server.url, server.exit]);
    expect(base, server.log()).toMatch(/^http/);
  });

  it('asks once where access is denied', async () => {
    const endpoint = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
    const server = start({ [ENVIRONMENT.model]: 's3://models/one', ...localAws(endpoint) });
    expect(await server.exit).toBe(1);
    expect(asked).toBe(1);
  });
});
