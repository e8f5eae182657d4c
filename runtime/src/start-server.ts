import type { Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuntimeConfig } from './config.js';
import { DRAIN_SECONDS, ENVIRONMENT, START_SECONDS } from './contract.js';
import { collectGarbage } from './garbage-collector.js';
import { memoryLimit, shareOf } from './host-limits.js';
import { ByteBudget } from './http/byte-budget.js';
import { type HostSettings, readHost } from './platforms/host.js';
import { createRuntime, type ProcessGroup, type Runtime, type RuntimeState } from './runtime.js';
import { Codec } from './server/codec.js';
import { defaultMaxConnections } from './server/connections.js';
import type { GrpcServer } from './server/grpc.js';
import { createHttpServer, type ServerLimits, serverTimes } from './server/http-server.js';
import { startManagementServer } from './server/management-server.js';
import { startMetricsServer } from './server/metrics-server.js';
import { responsesSent } from './server/responses-sent.js';

/** A server that is listening. */
export interface RunningServer {
  readonly runtime: Runtime;
  readonly port: number;
  /** Port of the gRPC server. @default - no gRPC server */
  readonly grpcPort?: number;
  /** Port that serves metrics without authentication. @default - no such port */
  readonly metricsPort?: number;
  /** Port that describes the models as TorchServe's management API does. @default - no such port */
  readonly managementPort?: number;
  /** Finishes the requests in flight, then closes the server. */
  close(): Promise<void>;
}

/** One process of a server with several. */
export interface ServerMember extends ProcessGroup {
  /** Number of processes that the server has now. */
  readonly processes: number;
  /** Whether to listen before the models are loaded, because no other process answers probes. */
  readonly listensFirst: boolean;
  /** Models of the other processes. @default - the configured models */
  readonly state?: RuntimeState;
  /** Reports that the models are loaded, and waits until requests may come to this process. */
  loaded(runtime: Runtime): Promise<void>;
  /** Waits during shutdown until every process has reached `step`. */
  together(step: string): Promise<void>;
  /** Calls `resize` whenever the number of processes changes. */
  onResize(resize: (processes: number) => void): void;
}

/**
 * Starts listening, so that probes get responses, and then loads the models.
 *
 * @param address address to listen on. Hosts connect from outside the container, so the default covers all interfaces.
 * @default '0.0.0.0'
 * @param member the process, if the server has several. @default - the only process
 * @throws ModelPackageError, or Error if the port is taken or a store cannot be read
 */
export async function startServer(
  config: RuntimeConfig,
  address = '0.0.0.0',
  host: HostSettings = readHost(process.env),
  member?: ServerMember,
): Promise<RunningServer> {
  const { requestedModels, googleProject, vertexRoutes, sageMakerAccept } = host;
  const runtime = createRuntime(
    { requestedModels, ...config },
    { vertexRoutes, sageMakerAccept, googleProject, kserveStatus: config.kserveStatus, group: member },
  );
  const codecOptions = {
    protocols: { vertexRoutes, sageMakerAccept, kserveStatus: config.kserveStatus },
    maxBodyBytes: config.maxBodyBytes,
    timeoutSeconds: config.timeoutSeconds,
    corsOrigins: config.corsOrigins,
  };
  runtime.app.codec = new Codec(runtime.catalog, codecOptions, runtime.logger);
  const limits = limitsOf(config);
  const resize = (processes: number) => divide(limits, config, processes);
  member?.onResize(resize);
  const server = createHttpServer(runtime.app, limits);
  const written = responsesSent(server);
  let grpc: GrpcServer | undefined;
  let metrics: Server | undefined;
  let management: Server | undefined;
  // Processes that share ports open them in the same order, so that the system assigns each port to all of them.
  const listen = async () => {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(host.port ?? config.port, address, resolve);
    });
    if (config.metricsPort !== undefined) {
      metrics = await startMetricsServer(runtime.measure, config.metricsPort, address);
    }
    if (config.managementPort !== undefined) {
      management = await startManagementServer(runtime.catalog, config, config.managementPort, address);
    }
    grpc = await startGrpc(config.grpcPort, runtime, limits, address);
  };
  const together = async (step: string) => member?.together(step);
  const close = async () => {
    const end = performance.now() + CLOSE_MS;
    // The gRPC server sends its clients elsewhere from now on, while calls in flight continue.
    const grpcClosed = grpc?.close(CLOSE_MS);
    const closing = runtime.close();
    const hasClients = (await connectionsOf(server)) > 0;
    const lameDuck = hasClients ? sleep(LAME_DUCK_MS) : undefined;
    await closing;
    await grpcClosed;
    await runtime.app.codec?.close();
    // The next response tells the client of an idle connection that the connection closes.
    await lameDuck;
    await together('drained');
    // The kernel would reset a connection that it accepted but the process has not. Clients that wait for a held
    // response open no new connection.
    let release = () => {};
    runtime.app.responsesHeld = new Promise((resolve) => {
      release = resolve;
    });
    if (hasClients) await sleep(HOLD_MS);
    await together('held');
    // The HTTP server's own `close` would also close connections on which a request is about to arrive.
    const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
    await together('closed');
    release();
    await written(end - performance.now());
    closeNow(metrics);
    closeNow(management);
    // Connections that never send a request and slow readers would otherwise block the shutdown.
    const late = setTimeout(() => closeNow(server), LAST_BYTES_MS);
    await closed;
    clearTimeout(late);
    closeNow(server);
  };
  try {
    if (!member || member.listensFirst) await listen();
    await withinStart(runtime.load(member?.state), config.startSeconds);
    await member?.loaded(runtime);
    if (member && !member.listensFirst) await listen();
  } catch (error) {
    closeNow(server);
    closeNow(metrics);
    closeNow(management);
    await grpc?.close(0);
    throw error;
  }
  const portOf = (each: Server | undefined) => (each?.address() as AddressInfo | undefined)?.port;
  const { port } = server.address() as AddressInfo;
  return {
    runtime,
    port,
    grpcPort: grpc?.port,
    metricsPort: portOf(metrics),
    managementPort: portOf(management),
    close,
  };
}

function closeNow(server: Server | undefined): void {
  server?.close();
  server?.closeAllConnections();
}

/** Fails a startup that hangs, for example on an unresponsive store, so that the host tries another machine. */
async function withinStart(loading: Promise<void>, seconds = START_SECONDS): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `the models did not load within ${seconds} s; raise ${ENVIRONMENT.startSeconds}`;
    timer = setTimeout(() => reject(new Error(message)), seconds * 1000);
  });
  await Promise.race([loading, late]).finally(() => clearTimeout(timer));
}

/**
 * Milliseconds that the server keeps responding during shutdown, with 503 and `connection: close`. Clients thereby
 * learn that a connection ends before it closes. Without open connections, the server shuts down immediately.
 */
const LAME_DUCK_MS = 1000;

/**
 * Milliseconds that responses are held before the server stops listening. Clients send their next request sooner than
 * that.
 */
const HOLD_MS = 200;

function connectionsOf(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count ?? 0)));
}

/** Milliseconds for the last bytes of responses to be sent. */
const LAST_BYTES_MS = 500;

/** Milliseconds for requests in flight to complete. The rest of the grace period leaves time to close in order. */
const CLOSE_MS = DRAIN_SECONDS * 1000 - 2 * LAST_BYTES_MS;

/** Share of memory for requests and responses. */
const BUFFER_SHARE = 1 / 8;

/** Returns the limits for the servers of this process, which share one memory budget. */
function limitsOf(config: RuntimeConfig): ServerLimits {
  const limits = {
    maxBodyBytes: config.maxBodyBytes,
    times: serverTimes(config.timeoutSeconds),
    // V8 frees the memory of bodies and messages late, because it is outside its heap.
    budget: new ByteBudget(0, collectGarbage),
    maxConnections: 0,
  };
  divide(limits, config, config.processes ?? 1);
  return limits;
}

/** Sets the limits of one of `processes` processes, which share the memory and the connections of the server. */
function divide(limits: ServerLimits, config: RuntimeConfig, processes: number): void {
  const { maxBufferBytes = memoryLimit() * BUFFER_SHARE, maxConnections = defaultMaxConnections() } = config;
  limits.budget.limit = maxBufferBytes / processes;
  limits.maxConnections = shareOf(maxConnections, processes);
}

async function startGrpc(port: number | undefined, runtime: Runtime, limits: ServerLimits, host: string) {
  if (port === undefined) return undefined;
  const { startGrpcServer } = await import('./server/grpc.js');
  return startGrpcServer(runtime.catalog, {
    host,
    port,
    times: limits.times,
    budget: limits.budget,
    get maxConnections() {
      return limits.maxConnections;
    },
    maxMessageBytes: limits.maxBodyBytes,
    codec: runtime.app.codec,
    admission: runtime.admission,
    metrics: runtime.metrics,
    tracer: () => runtime.app.tracer,
    isDraining: () => runtime.app.isDraining,
    onError: (error, trace) => runtime.logger.failure('a gRPC call failed', error, { trace_id: trace }),
  });
}
