import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { modelship } from './support.js';

const METADATA = {
  name: 'm',
  versions: ['1'],
  platform: 'python_pickle',
  inputs: [
    { name: 'age', datatype: 'FP64', shape: [-1] },
    { name: 'id', datatype: 'FP64', shape: [-1], parameters: { unused: true } },
  ],
  outputs: [{ name: 'y', datatype: 'FP64', shape: [-1] }],
};
const bodies: string[] = [];
const server = createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const isCall = request.method === 'POST';
  if (isCall) bodies.push(Buffer.concat(parts).toString());
  const outputs = [{ name: 'y', datatype: 'FP64', shape: [1], data: [2] }];
  response.end(JSON.stringify(isCall ? { model_name: 'm', outputs } : METADATA));
});
afterEach(() => server.close());

test('evaluate accepts rows without the columns that the server marks as unused', async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/models/m`;
  const samples = join(mkdtempSync(join(tmpdir(), 'modelship-unused-')), 'samples.json');
  writeFileSync(samples, '{"instances": [{"age": 7}], "predictions": [2]}');
  expect(await modelship('evaluate', url, '--samples', samples)).toMatchObject({ code: 0, stderr: '' });
  expect(bodies.map((body) => JSON.parse(body).inputs[0])).toMatchObject([{ name: 'age', data: [7] }]);
});
