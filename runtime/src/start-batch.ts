import { randomUUID } from 'node:crypto';
import { runBatch } from './batch/run-batch.js';
import type { BatchConfig, RuntimeConfig } from './config.js';
import { type HostSettings, readHost } from './platforms/host.js';
import { createRuntime } from './runtime.js';

/**
 * Loads the model and predicts the files of a batch. It opens no port.
 *
 * @param key name of one file, or the beginning of the names of several
 * @returns whether every file has its predictions
 * @throws ModelPackageError, or Error if there is no file, or a store fails
 */
export async function startBatch(
  config: RuntimeConfig,
  batch: BatchConfig,
  key: string | undefined,
  host: HostSettings = readHost(process.env),
): Promise<boolean> {
  if (!key) throw new Error('a batch needs the name of a file, or the prefix of several, as its argument');
  const { googleProject, batchTask: task = { execution: randomUUID(), index: 0, count: 1 } } = host;
  const runtime = createRuntime(config, { googleProject });
  const { app, logger } = runtime;
  await runtime.load();
  try {
    const handle = app.handle.bind(app);
    return await runBatch({ config: batch, key, task, maxBytes: config.maxBodyBytes, handle, logger });
  } finally {
    await runtime.close();
  }
}
