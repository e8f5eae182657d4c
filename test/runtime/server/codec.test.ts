import { expect, it } from 'vitest';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { Logger } from '../../../runtime/src/observability/log.js';
import { createRuntime } from '../../../runtime/src/runtime.js';
import { Codec } from '../../../runtime/src/server/codec.js';
import { IRIS } from '../faults/servers.js';

it('names the thread that failed to the caller, and logs why it failed', async () => {
  const lines: string[] = [];
  const logger = new Logger('error', (line) => lines.push(line));
  const { catalog } = createRuntime(readConfig({ [ENVIRONMENT.model]: IRIS }));
  // The thread cannot start without options.
  const codec = new Codec(catalog, undefined as never, logger);
  const request = { method: 'POST', path: '/invocations', query: '', headers: {}, body: Buffer.alloc(1) };
  await expect(codec.handle(request)).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: 'the thread for large requests has exited',
    retryAfterSeconds: 1,
  });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 'error',
      message: 'the thread for large requests failed',
      error: expect.stringContaining('TypeError'),
    }),
  ]);
  await codec.close();
}, 60_000);
