import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { extract } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManagedEndpointModel } from '../../lib/aws/index.js';
import { ImageSource } from '../../lib/serving/index.js';
import { freePort } from '../support/free-port.js';
import { Synthesized } from './aws-assets.js';
import { expectClose, IRIS, StartedRuntime, samplesOf } from './started-runtime.js';

const SERVER = fileURLToPath(new URL('../../runtime/dist/bundle/server.js', import.meta.url));
const image = ImageSource.fromRegistry('123456789012.dkr.ecr.us-east-1.amazonaws.com/runtime:1');
const synthesized = new Synthesized((stack) => {
  new ManagedEndpointModel(stack, 'Iris', { model: IRIS, image });
});
const container = synthesized.only('AWS::SageMaker::Model').PrimaryContainer;

/** What SageMaker sends beside what the caller did. */
const PLATFORM_HEADERS = { 'x-amzn-sagemaker-custom-attributes': 'trace=1', 'x-amzn-sagemaker-unknown': 'x' };

/** Where SageMaker unpacks the archive: `/opt/ml/model`. */
const unpacked = mkdtempSync(join(tmpdir(), 'modelship-opt-ml-model-'));

async function start(): Promise<StartedRuntime> {
  const port = await freePort();
  const environment = { ...(container.Environment as Record<string, string>) };
  expect(environment.MODELSHIP_MODEL).toBe('/opt/ml/model');
  return new StartedRuntime({
    // `docker run IMAGE serve`
    command: [process.execPath, SERVER, 'serve'],
    env: { ...environment, MODELSHIP_MODEL: unpacked, MODELSHIP_PORT: `${port}` },
    port,
  });
}

describe('a container on SageMaker', () => {
  let started: StartedRuntime;
  const invoke = (body: string, contentType: string, accept = '*/*') =>
    fetch(`${started.url}/invocations`, {
      method: 'POST',
      headers: { 'content-type': contentType, accept, ...PLATFORM_HEADERS },
      body,
    });

  beforeAll(async () => {
    const url = synthesized.resolve(container.ModelDataUrl);
    const archive = synthesized.files.find(({ bucket, key }) => url === `s3://${bucket}/${key}`);
    extract({ file: archive!.path, cwd: unpacked, sync: true });
    started = await start();
    await started.until('/ping');
  });

  afterAll(() => started.stop());

  test('predicts what the samples say, whatever headers the platform adds', async () => {
    for (const { request, response } of samplesOf(IRIS)) {
      const [{ data: features }] = (request as { inputs: [{ data: number[] }] }).inputs;
      const rows = Array.from({ length: features.length / 4 }, (_, row) => features.slice(4 * row, 4 * row + 4));
      const answer = await invoke(JSON.stringify({ instances: rows }), 'application/json');
      expect(answer.status).toBe(200);
      const { predictions } = (await answer.json()) as { predictions: Record<string, number | number[]>[] };
      for (const { name, data } of response.outputs) {
        expectClose(
          IRIS,
          predictions.flatMap((prediction) => prediction[name]!),
          data,
        );
      }
    }
  });

  test('takes and gives CSV, as Clarify asks', async () => {
    const answer = await invoke('5.1,3.5,1.4,0.2\n6.7,3.0,5.2,2.3\n', 'text/csv', 'text/csv');
    expect(answer.status).toBe(200);
    expect((await answer.text()).trim().split('\n')).toHaveLength(2);
  });

  test('refuses what is no request, without falling over', async () => {
    expect((await invoke('{"instances": [[1', 'application/json')).status).toBe(400);
    expect((await invoke('x', 'application/x-unknown')).status).toBe(415);
    expect((await fetch(`${started.url}/ping`)).status).toBe(200);
  });

  test('ends with 0 on SIGTERM', async () => {
    const another = await start();
    await another.until('/ping');
    expect(await another.stop()).toBe(0);
  });
});
