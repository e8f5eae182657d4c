import { expect, it } from 'vitest';
import { Logger, type LogLevel } from '../../../runtime/src/observability/log.js';
import { processFigures, RuntimeMetrics } from '../../../runtime/src/observability/metrics.js';
import { openInference } from '../../../runtime/src/protocols/index.js';
import { App } from '../../../runtime/src/server/app.js';
import { catalog } from '../protocols/support.js';

const NAMES = { function_name: 'iris', function_version: '7' };
const STATUSES = [200, 400, 429, 499, 500, 501, 503, 504];

/** The lines that an app writes which answers every status once. */
async function lines(level: LogLevel, failureFields?: Readonly<Record<string, string>>) {
  const written: string[] = [];
  const routes = STATUSES.map((status) => ({
    method: 'GET' as const,
    path: `/v2/status/${status}`,
    handler: () => ({ status, headers: {}, body: '' }),
  }));
  const metrics = new RuntimeMetrics();
  const app = new App({
    catalog: catalog([]),
    protocols: [{ ...openInference(), routes: () => routes }],
    metrics,
    logger: new Logger(level, (line) => written.push(line)),
    maxBodyBytes: 1000,
    measure: async () => ({ metrics, figures: processFigures(0) }),
    failureFields,
  });
  for (const { path } of routes) {
    await app.handle({ method: 'GET', path, query: '', headers: {}, body: Buffer.alloc(0) });
  }
  return written.map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('writes a line with its names for each answer of 500 and above, and none for those that are no fault of its own', async () => {
  // The level that tells least: whoever counts the lines gets them all.
  const written = await lines('error', NAMES);
  expect(written.map(({ status }) => status)).toEqual([500, 501, 503, 504]);
  for (const line of written) expect(line).toMatchObject({ ...NAMES, message: 'request', level: 'error' });
});

it('names itself in no other line, and writes none twice', async () => {
  const written = await lines('debug', NAMES);
  expect(written.map(({ status }) => status)).toEqual(STATUSES);
  for (const { status, level, function_version: version } of written) {
    expect([level, version]).toEqual(Number(status) < 500 ? ['debug', undefined] : ['error', '7']);
  }
});

it('writes none where no one counts them, so that overload does not flood the log', async () => {
  expect(await lines('info')).toEqual([]);
});
