import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve, stopAll } from '../../runtime/faults/servers.js';
import { echoPackage, modelship } from './support.js';

// A server with two versions of a model, of which the older takes what the newer does not.
const folder = mkdtempSync(join(tmpdir(), 'modelship-versions-'));
let url: string;
beforeAll(async () => {
  echoPackage('FP32', '1', join(folder, '1'));
  echoPackage('INT64', '2', join(folder, '2'));
  const model = { name: 'echo', location: folder, policy: { kind: 'all' }, labels: {} } as const;
  url = await serve({ models: [model] });
});
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true });
});

const ROW = '{"instances": [[0.5, 1]]}';
const TENSOR = '{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [0.5, 1]}]}';

describe('a URL of one version', () => {
  test.each([
    ['/v1/models/echo/versions/1:predict', ROW],
    ['/v1/models/echo/versions/1', TENSOR],
    ['/v2/models/echo/versions/1/infer', TENSOR],
    ['/v2/models/echo/versions/1', ROW],
  ])('has that version asked by predict: %s', async (path, data) => {
    const { code, stdout, stderr } = await modelship('predict', url + path, '--data', data, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ url, model: 'echo', version: '1' });
    expect(stdout).toContain('0.5,1]');
    const newer = await modelship('predict', url + path.replace('versions/1', 'versions/2'), '--data', data);
    expect(newer).toMatchObject({ code: 1, stderr: expect.stringMatching(/versions\/2.* answered 400/) });
  });

  test('has that version compared by evaluate', async () => {
    const data = join(folder, 'expected.json');
    writeFileSync(data, '{"instances": [[0.5, 1]], "predictions": [[0.5, 1]]}');
    expect((await modelship('evaluate', `${url}/v2/models/echo/versions/1`, '--samples', data)).code).toBe(0);
  });

  test('fails where that version is not served', async () => {
    const gone = await modelship('predict', `${url}/v1/models/echo/versions/7`, '--data', ROW);
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringMatching(/answered 404/) });
  });
});
