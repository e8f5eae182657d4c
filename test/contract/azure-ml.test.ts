import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DEFAULT_PORT } from '@modelship/runtime/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManagedEndpointModel } from '../../lib/azure/index.js';
import { azureStack, IMAGE, type Resource, Template } from '../lib/azure/support.js';
import { freePort } from '../support/free-port.js';
import { expectClose, IRIS, StartedRuntime, samplesOf } from './started-runtime.js';

const WORKSPACES = 'Microsoft.MachineLearningServices/workspaces';

let routes: Resource;
let runtime: StartedRuntime;

beforeAll(async () => {
  const stack = azureStack();
  new ManagedEndpointModel(stack, 'Iris', { model: IRIS, image: IMAGE, location: 'westeurope' });
  const template = new Template(stack);
  routes = template.arm(`${WORKSPACES}/environments/versions`)[0]!.body.properties.inferenceConfig;
  const version = template.arm(`${WORKSPACES}/models/versions`)[0]!;
  const { environmentVariables, modelMountPath } = template.arm(`${WORKSPACES}/onlineEndpoints/deployments`)[0]!.body
    .properties;
  // Azure ML mounts the folder of the model's URI, by its own name, below the asset's name and version.
  const mounted = mkdtempSync(join(tmpdir(), 'modelship-azure-ml-'));
  const asset = version.parent_id.split('/models/')[1];
  const folder = join(mounted, asset, version.name, basename(version.body.properties.modelUri));
  mkdirSync(folder, { recursive: true });
  cpSync(IRIS.directory, folder, { recursive: true });
  const port = await freePort();
  runtime = new StartedRuntime({
    env: {
      ...environmentVariables,
      MODELSHIP_MODEL: environmentVariables.MODELSHIP_MODEL.replace(modelMountPath, mounted),
      MODELSHIP_PORT: String(port),
    },
    port,
  });
});

afterAll(() => runtime?.stop());

test('the container listens where the environment says', () => {
  expect(Object.values(routes).map(({ port }: Resource) => port)).toEqual(Array(3).fill(DEFAULT_PORT));
});

test('it is alive, then ready, on the routes of the environment', async () => {
  await runtime.until(routes.livenessRoute.path);
  await runtime.until(routes.readinessRoute.path);
});

/** The rows of a flat tensor, as scoring clients send them. */
function rowsOf({ shape, data }: { shape: number[]; data: number[] }): number[][] {
  const width = data.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, row) => data.slice(row * width, (row + 1) * width));
}

test.each(['input_data', 'data'])(
  'the scoring route gives the predictions that the package promises: %s',
  async (key) => {
    for (const { request, response } of samplesOf(IRIS)) {
      const { inputs } = request as { inputs: { shape: number[]; data: number[] }[] };
      const answer = await fetch(runtime.url + routes.scoringRoute.path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': 'request-1' },
        body: JSON.stringify({ [key]: rowsOf(inputs[0]!) }),
      });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-request-id')).toBe('request-1');
      const { predictions } = (await answer.json()) as { predictions: Record<string, number | number[]>[] };
      for (const expected of response.outputs) {
        expectClose(
          IRIS,
          predictions.flatMap((row) => row[expected.name]!),
          expected.data,
        );
      }
    }
  },
);

test('what is no request is answered with a reason and not with a crash', async () => {
  const answer = await fetch(runtime.url + routes.scoringRoute.path, { method: 'POST', body: '{' });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  await runtime.until(routes.readinessRoute.path);
});

test('an instance that is ended finishes and leaves with 0', async () => {
  expect(await runtime.stop()).toBe(0);
});
