import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManagedEndpointModel } from '../../lib/gcp/index.js';
import { googleStack, minimal, resources, type Template, template } from '../lib/gcp/support.js';
import { freePort } from '../support/free-port.js';
import { expectPredictions, variables } from './google-host.js';
import { IRIS, StartedRuntime, startBlobs } from './started-runtime.js';

const stack = googleStack();
new ManagedEndpointModel(stack, 'Iris', { ...minimal, model: IRIS, dedicated: false });
const synthesized = template(stack);
const calls = Object.values<Template>(synthesized.resource.restful_operation);
const { model } = calls.find((call) => call.path.endsWith('/models:upload')).body;
const { deployedModel } = calls.find((call) => call.path.endsWith(':deployModel')).body;
const { containerSpec } = model;

/** https://cloud.google.com/vertex-ai/docs/predictions/choose-endpoint-type */
const SHARED_ENDPOINT_BYTES = 1_500_000;

describe('a replica on Vertex AI', () => {
  let started: StartedRuntime;
  let bucket: Awaited<ReturnType<typeof startBlobs>>;

  beforeAll(async () => {
    const uploaded = resources(synthesized, 'google_storage_bucket_object').map(({ name }) => name);
    bucket = await startBlobs(IRIS, uploaded, 'bucket');
    const env = variables(containerSpec.env);
    const port = await freePort();
    started = new StartedRuntime({
      port,
      env: {
        ...env,
        MODELSHIP_MODEL: env.MODELSHIP_MODEL!.replace(/^gs:\/\/\$\{[^}]*\}/, `${bucket.url}bucket`),
        AIP_MODE: 'PREDICTION',
        AIP_MODE_VERSION: '1.0.0',
        AIP_FRAMEWORK: 'CUSTOM_CONTAINER',
        AIP_HTTP_PORT: `${port}`,
        AIP_HEALTH_ROUTE: containerSpec.healthRoute,
        AIP_PREDICT_ROUTE: containerSpec.predictRoute,
        AIP_STORAGE_URI: '',
        AIP_DEPLOYED_MODEL_ID: deployedModel.id,
        AIP_PROJECT_NUMBER: '123456789012',
      },
    });
    await started.until(containerSpec.healthRoute);
  });

  afterAll(async () => {
    await started.stop();
    bucket.close();
  });

  test('fetches every file of the package from the bucket, and nothing else', () => {
    const files = ['model.json', ...IRIS.manifest.files.map((file) => file.path)];
    const folder = `models/iris/${IRIS.digest.slice(7)}`;
    expect([...new Set(bucket.asked)].sort()).toEqual(files.map((file) => `${folder}/${file}`).sort());
  });

  test('predicts what the samples say on the route of the template', async () => {
    await expectPredictions(IRIS, started.url + containerSpec.predictRoute);
  });

  test('takes the parameters that Vertex AI passes along', async () => {
    const answer = await fetch(started.url + containerSpec.predictRoute, {
      method: 'POST',
      body: JSON.stringify({ instances: [[5.1, 3.4, 1.5, 0.2]], parameters: {} }),
    });
    expect(answer.status).toBe(200);
  });

  test('refuses more than a shared endpoint lets through', async () => {
    const answer = await fetch(started.url + containerSpec.predictRoute, {
      method: 'POST',
      body: JSON.stringify({ instances: [[5.1, 3.4, 1.5, 0.2]], padding: 'x'.repeat(SHARED_ENDPOINT_BYTES) }),
    });
    expect(answer.status).toBe(413);
  });

  test('leaves with 0 when it is told to', async () => {
    expect(await started.stop()).toBe(0);
  });
});
