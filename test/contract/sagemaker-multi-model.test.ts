import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { extract } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EndpointModelData, ManagedEndpointModel } from '../../lib/aws/index.js';
import { modelArchive } from '../../lib/bundle/model-archive.js';
import { Model } from '../../lib/model/model.js';
import { ImageSource } from '../../lib/serving/index.js';
import { readConfig } from '../../runtime/src/config.js';
import { readHost } from '../../runtime/src/platforms/host.js';
import { type RunningServer, startServer } from '../../runtime/src/start-server.js';
import { Synthesized } from './aws-assets.js';
import { expectClose, IRIS, samplesOf } from './started-runtime.js';

const DIABETES = Model.fromDirectory(join(import.meta.dirname, '../../examples/diabetes/model'));
const image = ImageSource.fromRegistry('123456789012.dkr.ecr.us-east-1.amazonaws.com/runtime:1');
const synthesized = new Synthesized((stack) => {
  const modelData = EndpointModelData.multiModel(new Bucket(stack, 'Models'), 'models/');
  new ManagedEndpointModel(stack, 'Many', { model: IRIS, image, modelData });
});
const container = synthesized.only('AWS::SageMaker::Model').PrimaryContainer;

/** Where SageMaker unpacks archives, each before it asks to load it: it stands for `/opt/ml/models`. */
const models = mkdtempSync(join(tmpdir(), 'modelship-opt-ml-models-'));

/** Does what SageMaker does with the archive that a caller names in `TargetModel`. */
function unpack(model: Model, id: string): string {
  const folder = join(models, id, 'model');
  mkdirSync(folder, { recursive: true });
  extract({ file: modelArchive(model).path, cwd: folder, sync: true });
  return folder;
}

describe('a container of a multi-model endpoint on SageMaker', () => {
  let server: RunningServer;
  let url: string;
  beforeAll(async () => {
    expect(container.Mode).toBe('MultiModel');
    const environment: Record<string, string> = { ...container.Environment, SAGEMAKER_MULTI_MODEL: 'true' };
    const host = readHost(environment);
    expect(host.requestedModels).toBe('/opt/ml/models');
    const config = readConfig({ ...environment, MODELSHIP_PORT: '0', MODELSHIP_LOG_LEVEL: 'error' });
    server = await startServer(config, '127.0.0.1', { ...host, requestedModels: models });
    url = `http://127.0.0.1:${server.port}`;
  });
  afterAll(() => server.close());

  const load = (model_name: string, folder: string) =>
    fetch(`${url}/models`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model_name, url: folder }),
    });
  const ask = (name: string, body: object) =>
    fetch(`${url}/models/${name}/invoke`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-amzn-sagemaker-target-model': `${name}.tar.gz` },
      body: JSON.stringify(body),
    });

  test('is healthy before it holds a model', async () => {
    expect((await fetch(`${url}/ping`)).status).toBe(200);
  });

  test('loads archives as they are packed, and predicts what their samples say', async () => {
    for (const [id, model] of [
      ['4f1a', IRIS],
      ['90c3', DIABETES],
    ] as const) {
      expect((await load(id, unpack(model, id))).status).toBe(200);
      for (const { request, response } of samplesOf(model)) {
        const [{ data, shape }] = (request as { inputs: [{ data: number[]; shape: number[] }] }).inputs;
        const columns = shape[1]!;
        const rows = Array.from({ length: shape[0]! }, (_, row) => data.slice(columns * row, columns * (row + 1)));
        const answer = await ask(id, { inputs: rows });
        expect(answer.status).toBe(200);
        const { outputs } = (await answer.json()) as { outputs: unknown };
        for (const { name, data: expected } of response.outputs) {
          const actual = Array.isArray(outputs) ? outputs : (outputs as Record<string, unknown[]>)[name]!;
          expectClose(model, (actual as number[]).flat(2) as number[], expected);
        }
      }
    }
  });

  test('makes room for others, and takes a model again', async () => {
    expect((await fetch(`${url}/models/4f1a`, { method: 'DELETE' })).status).toBe(200);
    expect((await ask('4f1a', { inputs: [[1, 2, 3, 4]] })).status).toBe(404);
    expect((await load('4f1a', join(models, '4f1a', 'model'))).status).toBe(200);
    expect((await load('4f1a', join(models, '4f1a', 'model'))).status).toBe(409);
  });
});
