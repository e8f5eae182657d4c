#!/usr/bin/env node
// Entry point of the images. A server ignores arguments, because SageMaker starts every container with `serve`. The
// argument of a batch names its files.
import cluster from 'node:cluster';
import closeWithGrace from 'close-with-grace';
import { type BatchConfig, ConfigError, type RuntimeConfig, readConfig } from './config.js';
import { DRAIN_SECONDS } from './contract.js';
import { availableProcessors } from './host-limits.js';
import { Logger } from './observability/log.js';
import { readAwsSecrets } from './platforms/aws-secrets.js';
import { Member } from './processes/member.js';
import { Supervisor } from './processes/supervisor.js';
import { startBatch } from './start-batch.js';
import { type RunningServer, startServer } from './start-server.js';

/** Signals that end the server. The supervisor handles them for its processes. */
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;

async function main(): Promise<void> {
  await readAwsSecrets(process.env);
  const config = readConfig(process.env);
  const logger = new Logger(config.logLevel);
  if (config.batch) return predictBatch(config, config.batch, logger);
  if (cluster.isWorker) return serveAsMember(config, logger);
  if ((config.processes ?? availableProcessors()) > 1) return supervise(config, logger);
  const starting = startServer(config);
  closeOnSignals(logger, () => endOf(starting), endNow);
  logger.log('info', 'ready', { port: (await starting).port });
}

/** Runs a batch, and exits with 0 if all files have their predictions. */
async function predictBatch(config: RuntimeConfig, batch: BatchConfig, logger: Logger): Promise<void> {
  // Objects that are not complete are not visible, so that there is nothing to finish.
  for (const signal of SIGNALS) process.once(signal, endNow);
  const isComplete = await startBatch(config, batch, process.argv[2]).catch((error: Error) => {
    logger.log('error', 'the batch failed', { error: error.message });
    return false;
  });
  process.exit(isComplete ? 0 : 1);
}

/** Runs the server in several processes. */
async function supervise(config: RuntimeConfig, logger: Logger): Promise<void> {
  const supervisor = new Supervisor(config, logger, (code) => process.exit(code || 1));
  const kill = () => {
    supervisor.kill();
    endNow();
  };
  closeOnSignals(logger, () => supervisor.close(), kill);
  logger.log('info', 'ready', { port: await supervisor.start() });
}

/** Runs one of the processes of the server. */
async function serveAsMember(config: RuntimeConfig, logger: Logger): Promise<void> {
  // A terminal sends its signals to all processes.
  for (const signal of SIGNALS) process.on(signal, () => {});
  let starting: Promise<RunningServer> | undefined;
  const member = await Member.join(() => {
    void endOf(starting).finally(() => process.exit(0));
  });
  const { processes } = member;
  starting = startServer({ ...config, processes }, undefined, undefined, member);
  closeOnSignals(logger, () => endOf(starting), endNow, SIGNALS);
  const { port } = await starting;
  await member.serving(port);
}

/** Closes a server that has started. A server that is still starting has no requests to finish. */
async function endOf(starting: Promise<RunningServer> | undefined): Promise<void> {
  const server = await Promise.race([starting, new Promise<undefined>((done) => setImmediate(done, undefined))]);
  await server?.close();
}

/** Calls `close` on a signal or an uncaught error, and `kill` if that takes too long or is interrupted. */
function closeOnSignals(
  logger: Logger,
  close: () => Promise<void>,
  kill: () => void,
  skip: readonly (typeof SIGNALS)[number][] = [],
): void {
  const options = {
    delay: DRAIN_SECONDS * 1000,
    logger: false as const,
    onTimeout: kill,
    onSecondSignal: kill,
    onSecondError: kill,
    skip: [...skip],
  };
  closeWithGrace(options, async ({ err }) => {
    if (err) logger.failure('the server exits after a failure', err);
    await close();
  });
}

/**
 * Kills the process. `process.exit` would wait for the threads of models, and a running inference cannot be
 * interrupted.
 */
function endNow(): void {
  // The kernel ignores the SIGKILL of the first process of a container to itself. Replacing the program ends its threads, and the new one exits at once.
  if (process.pid === 1) process.execve?.(process.execPath, [process.execPath, '-e', 'process.exit(137)'], {});
  process.kill(process.pid, 'SIGKILL');
}

main().catch((error: Error) => {
  const logger = new Logger('info');
  if (error instanceof ConfigError) logger.log('error', error.message);
  else logger.log('error', 'the server cannot start', { error: error.message });
  process.exit(1);
});
