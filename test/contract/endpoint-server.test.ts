import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { LIVE_PATH, predictPath, READY_PATH } from '@modelship/runtime/contract';
import { afterEach, expect, test } from 'vitest';
import { ManagedEndpointModel as AzureEndpoint } from '../../lib/azure/index.js';
import { ManagedEndpointModel as GoogleEndpoint } from '../../lib/gcp/index.js';
import { ModelServer } from '../../lib/serving/index.js';
import { Template as AzureTemplate, azureStack } from '../lib/azure/support.js';
import { googleStack, REGION, resources, type Template, template } from '../lib/gcp/support.js';
import { freePort } from '../support/free-port.js';
import { expectPredictions, variables } from './google-host.js';
import { IRIS, StartedRuntime, startBlobs } from './started-runtime.js';

const WORKSPACES = 'Microsoft.MachineLearningServices/workspaces';

let started: StartedRuntime | undefined;
let bucket: Awaited<ReturnType<typeof startBlobs>> | undefined;

afterEach(async () => {
  await started?.stop();
  bucket?.close();
});

/** A server of somebody else's, which the runtime plays: it takes the folder by a variable, and the package as it is. */
function somebody(image: string, port: number): ModelServer {
  return ModelServer.custom({
    image,
    port,
    livePath: LIVE_PATH,
    readyPath: READY_PATH,
    predictPath: predictPath(IRIS.name),
    modelFolderVariable: 'MODELSHIP_MODEL',
  });
}

test('on Azure ML it loads what was uploaded from where that is mounted, and answers on the routes of its environment', async () => {
  const port = await freePort();
  const stack = azureStack();
  new AzureEndpoint(stack, 'Iris', {
    model: IRIS,
    location: 'westeurope',
    server: somebody('docker.io/somebody/server:1', port),
  });
  const from = new AzureTemplate(stack);
  const { environmentVariables, modelMountPath } = from.arm(`${WORKSPACES}/onlineEndpoints/deployments`)[0]!.body
    .properties;
  const [version] = from.arm(`${WORKSPACES}/models/versions`);
  const prefix = version!.body.properties.modelUri.split('/paths/')[1];
  const mounted = mkdtempSync(join(tmpdir(), 'modelship-azure-ml-'));
  const folder = join(mounted, version!.parent_id.split('/models/')[1], version!.name, basename(prefix));
  for (const { name } of Object.values(from.all('azurerm_storage_blob'))) {
    if (!name.startsWith(`${prefix}/`)) continue;
    const path = name.slice(prefix.length + 1);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(join(IRIS.directory, path), join(folder, path));
  }
  started = new StartedRuntime({
    env: {
      ...environmentVariables,
      MODELSHIP_PORT: String(port),
      MODELSHIP_MODEL: environmentVariables.MODELSHIP_MODEL.replace(modelMountPath, mounted),
    },
    port,
  });
  const { inferenceConfig } = from.arm(`${WORKSPACES}/environments/versions`)[0]!.body.properties;
  expect(inferenceConfig.scoringRoute.port).toBe(port);
  await started.until(inferenceConfig.livenessRoute.path);
  await started.until(inferenceConfig.readinessRoute.path);
  await expectPredictions(IRIS, started.url + inferenceConfig.scoringRoute.path);
});

test('on Vertex AI it fetches what was uploaded by the URL that it is told, and answers on the routes of the model', async () => {
  const port = await freePort();
  const stack = googleStack();
  new GoogleEndpoint(stack, 'Iris', {
    model: IRIS,
    region: REGION,
    server: somebody(`${REGION}-docker.pkg.dev/project/servers/server:1`, port),
  });
  const from = template(stack);
  const upload = Object.values<Template>(from.resource.restful_operation).find(({ path }) => path.endsWith(':upload'));
  const { env, healthRoute, predictRoute, startupProbe, ports } = upload.body.model.containerSpec;
  const names = resources(from, 'google_storage_bucket_object').map(({ name }) => name);
  bucket = await startBlobs(IRIS, names, 'bucket');
  const given = variables(env);
  started = new StartedRuntime({
    env: {
      ...given,
      MODELSHIP_PORT: String(port),
      MODELSHIP_MODEL: `${given.MODELSHIP_MODEL!.replace(/^gs:\/\/\$\{[^}]*\}/, `${bucket.url}bucket`)}/`,
      AIP_MODE: 'PREDICTION',
      AIP_HTTP_PORT: `${ports[0].containerPort}`,
      AIP_HEALTH_ROUTE: healthRoute,
      AIP_PREDICT_ROUTE: predictRoute,
    },
    port,
  });
  await started.until(startupProbe.httpGet.path);
  await started.until(healthRoute);
  await expectPredictions(IRIS, started.url + predictRoute);
  expect([...new Set(bucket.asked)].sort()).toEqual(names.filter((name) => name.startsWith('models/')).sort());
});
