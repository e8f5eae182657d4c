#!/usr/bin/env node
// Entry point of the images. It ignores arguments, because SageMaker starts every container with `serve`.
import closeWithGrace from 'close-with-grace';
import { ConfigError, readConfig } from './config.js';
import { DRAIN_SECONDS } from './contract.js';
import { Logger } from './observability/log.js';
import { startServer } from './start-server.js';

async function main(): Promise<void> {
  const config = readConfig(process.env);
  const logger = new Logger(config.logLevel);
  const starting = startServer(config);
  const options = {
    delay: DRAIN_SECONDS * 1000,
    logger: false,
    onTimeout: endNow,
    onSecondSignal: endNow,
    onSecondError: endNow,
  } as const;
  closeWithGrace(options, async ({ err }) => {
    if (err) logger.failure('the server ends on a failure', err);
    const server = await Promise.race([starting, new Promise<undefined>((done) => setImmediate(done, undefined))]);
    await server?.close();
  });
  const { port } = await starting;
  logger.log('info', 'ready', { port });
}

/**
 * Kills the process. `process.exit` would wait for the threads of models, and a running inference cannot be
 * interrupted.
 */
function endNow(): void {
  process.kill(process.pid, 'SIGKILL');
}

main().catch((error: Error) => {
  const logger = new Logger('info');
  if (error instanceof ConfigError) logger.log('error', error.message);
  else logger.log('error', 'the server cannot start', { error: error.message });
  process.exit(1);
});
