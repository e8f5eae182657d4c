import { expect, it } from 'vitest';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { type Manifest, withInputRules } from '../../../runtime/src/manifest/index.js';
import { Logger } from '../../../runtime/src/observability/log.js';
import { createRuntime } from '../../../runtime/src/runtime.js';
import { Codec } from '../../../runtime/src/server/codec.js';
import { MISSING_TEXT } from '../../../runtime/src/tensor/missing.js';
import type { Tensor } from '../../../runtime/src/tensor/tensor.js';
import { IRIS } from '../faults/servers.js';
import { catalog, model } from '../protocols/support.js';

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

it('tells missing strings of a table from empty ones', async () => {
  const city = { name: 'city', datatype: 'BYTES', shape: [-1] } as const;
  const other = { ...city, name: 'other' };
  let got: readonly Tensor[] = [];
  const table = model({
    manifest: { format: 'pickle' } as Manifest,
    signatures: withInputRules('pickle', { serving_default: { inputs: [city, other], outputs: [city] } }),
    compute: (inputs) => {
      got = inputs;
      return [inputs[0]!];
    },
  });
  const options = { protocols: {}, maxBodyBytes: 1000, timeoutSeconds: 60 };
  const codec = new Codec(catalog([table]), options, new Logger('error'));
  const request = { method: 'POST', path: '/v1/models/half_plus_two:predict', query: '', headers: {} };
  const instances = [
    { city: null, other: 'a' },
    { city: '', other: null },
    { city: 'b', other: 'c' },
  ];
  const { status, body } = await codec.handle({ ...request, body: Buffer.from(JSON.stringify({ instances })) });
  await codec.close();
  expect(status, String(body)).toBe(200);
  expect(got.map(({ data }) => Array.from(data as Buffer[], (each) => each === MISSING_TEXT))).toEqual([
    [true, false, false],
    [false, true, false],
  ]);
}, 60_000);
