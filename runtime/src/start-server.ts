import type { Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeConfig } from './config.js';
import { DRAIN_SECONDS, ENVIRONMENT, START_SECONDS } from './contract.js';
import { memoryLimit } from './host-limits.js';
import { ByteBudget } from './http/byte-budget.js';
import { type HostSettings, readHost } from './platforms/host.js';
import { createRuntime, type Runtime } from './runtime.js';
import { defaultMaxConnections } from './server/connections.js';
import type { GrpcServer } from './server/grpc.js';
import { createHttpServer, type ServerLimits, serverTimes } from './server/http-server.js';
import { lastAnswers } from './server/last-answers.js';
import { startMetricsServer } from './server/metrics-server.js';

/** A server that listens. */
export interface RunningServer {
  readonly runtime: Runtime;
  readonly port: number;
  /** @default there is no gRPC server */
  readonly grpcPort?: number;
  /** @default metrics have no port of their own */
  readonly metricsPort?: number;
  /** Finishes what is in flight, and closes. */
  close(): Promise<void>;
}

/**
 * Listens, so that probes are answered, and then loads the models.
 *
 * @param address @default '0.0.0.0', as hosts ask from outside the container
 * @throws ModelPackageError, or Error if the port is taken or a store cannot be read
 */
export async function startServer(
  config: RuntimeConfig,
  address = '0.0.0.0',
  host: HostSettings = readHost(process.env),
): Promise<RunningServer> {
  const { requestedModels, googleProject, vertexRoutes, sageMakerAccept } = host;
  const runtime = createRuntime(
    { requestedModels, ...config },
    { vertexRoutes, sageMakerAccept, googleProject, kserveStatus: config.kserveStatus },
  );
  const limits = limitsOf(config);
  const server = createHttpServer(runtime.app, limits);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(host.port ?? config.port, address, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const written = lastAnswers(server);
  let grpc: GrpcServer | undefined;
  let metrics: Server | undefined;
  const close = async () => {
    const end = performance.now() + CLOSE_MS;
    // Clients are told at once to go elsewhere; calls in flight go on.
    const grpcClosed = grpc?.close(CLOSE_MS);
    const closing = runtime.close();
    const hasClients = (await connectionsOf(server)) > 0;
    const lameDuck = hasClients ? sleep(LAME_DUCK_MS) : undefined;
    await closing;
    await grpcClosed;
    // Clients of idle connections learn from their next answer that the connection ends.
    await lameDuck;
    // A connection that the system has accepted and the process has not would be reset. While answers are held, clients
    // that wait for one open no new connection.
    let release = () => {};
    runtime.app.answersHeld = new Promise((resolve) => {
      release = resolve;
    });
    if (hasClients) await sleep(HOLD_MS);
    // Not by the HTTP server's own `close`, which also closes connections that are about to bring a request.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    release();
    await written(end - performance.now());
    closeNow(metrics);
    // Connections that never bring a request, and slow readers, would hold the end.
    const late = setTimeout(() => closeNow(server), LAST_BYTES_MS);
    await closed;
    clearTimeout(late);
    closeNow(server);
  };
  try {
    if (config.metricsPort !== undefined) {
      metrics = await startMetricsServer(runtime.metricsText, config.metricsPort, address);
    }
    grpc = await startGrpc(config.grpcPort, runtime, limits, address);
    await withinStart(runtime.load(), config.startSeconds);
  } catch (error) {
    closeNow(server);
    closeNow(metrics);
    await grpc?.close(0);
    throw error;
  }
  const metricsPort = (metrics?.address() as AddressInfo | undefined)?.port;
  return { runtime, port, grpcPort: grpc?.port, metricsPort, close };
}

function closeNow(server: Server | undefined): void {
  server?.close();
  server?.closeAllConnections();
}

/** A start that hangs, on a store that never answers say, ends with an error, so that the host tries another machine. */
async function withinStart(loading: Promise<void>, seconds = START_SECONDS): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `the models are not loaded after ${seconds} s; ${ENVIRONMENT.startSeconds} allows more`;
    timer = setTimeout(() => reject(new Error(message)), seconds * 1000);
  });
  await Promise.race([loading, late]).finally(() => clearTimeout(timer));
}

/**
 * How long the server goes on to answer at its end, with 503 and `connection: close`, so that no client finds a
 * connection closed that it just used. Without a connection at the beginning it ends at once.
 */
const LAME_DUCK_MS = 1000;

/** How long answers are held before the server stops to listen: longer than clients take to send their next request. */
const HOLD_MS = 200;

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count ?? 0)));
}

/** How long the last bytes may take to leave. */
const LAST_BYTES_MS = 500;

/** How long requests in flight may take, with time left to end before the host or the process itself makes an end. */
const CLOSE_MS = DRAIN_SECONDS * 1000 - 2 * LAST_BYTES_MS;

/** Share of the memory that bodies and answers may take; tensors decoded from JSON take up to four times their body. */
const BUFFER_SHARE = 1 / 8;

/** What bounds the servers of this process, together where they share it. */
function limitsOf({ maxBodyBytes, maxBufferBytes, maxConnections, timeoutSeconds }: RuntimeConfig): ServerLimits {
  const bytes = maxBufferBytes ?? Math.max(maxBodyBytes, memoryLimit() * BUFFER_SHARE);
  return {
    maxBodyBytes,
    times: serverTimes(timeoutSeconds),
    budget: new ByteBudget(bytes),
    maxConnections: maxConnections ?? defaultMaxConnections(),
  };
}

async function startGrpc(port: number | undefined, runtime: Runtime, limits: ServerLimits, host: string) {
  if (port === undefined) return undefined;
  const { startGrpcServer } = await import('./server/grpc.js');
  return startGrpcServer(runtime.catalog, {
    host,
    port,
    ...limits,
    maxMessageBytes: limits.maxBodyBytes,
    admission: runtime.admission,
    metrics: runtime.metrics,
    tracer: () => runtime.app.tracer,
    isDraining: () => runtime.app.isDraining,
    onError: (error, trace) => runtime.logger.failure('a gRPC call failed', error, { trace_id: trace }),
  });
}
