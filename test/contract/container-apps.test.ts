import { DEFAULT_PORT } from '@modelship/runtime/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ServerlessHost, ServerlessModel } from '../../lib/azure/index.js';
import { Access } from '../../lib/serving/access.js';
import { azureStack, IMAGE, type Resource, Template } from '../lib/azure/support.js';
import { type Collector, grpcCollector } from '../runtime/observability/collector.js';
import { freePort } from '../support/free-port.js';
import { expectSamples, IRIS, StartedRuntime, startBlobs } from './started-runtime.js';

const ACCOUNT = /\$\{azurerm_storage_account\.[^}]*primary_blob_endpoint\}/;

let app: Resource;
let blobs: Awaited<ReturnType<typeof startBlobs>>;
let agent: Collector;
let runtime: StartedRuntime;

beforeAll(async () => {
  const stack = azureStack();
  const host = ServerlessHost.containerApps({ image: IMAGE });
  new ServerlessModel(stack, 'Iris', { model: IRIS, location: 'westeurope', host, access: Access.anonymous() });
  const template = new Template(stack);
  app = template.one('azurerm_container_app');
  const names = Object.values(template.all('azurerm_storage_blob')).map(({ name }) => name);
  blobs = await startBlobs(IRIS, names, template.one('azurerm_storage_container').name);
  const port = await freePort();
  const env = Object.fromEntries(
    app.template.container[0].env.map(({ name, value }: Resource) => [name, value.replace(ACCOUNT, blobs.url)]),
  );
  // The container listens on the target port unless told otherwise; the host maps another to it.
  expect(app.ingress.target_port).toBe(DEFAULT_PORT);
  // The environment's agent takes gRPC, and the platform tells every container where it is.
  agent = await grpcCollector();
  const platform = { OTEL_EXPORTER_OTLP_ENDPOINT: agent.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
  runtime = new StartedRuntime({ env: { ...env, ...platform, MODELSHIP_PORT: String(port) }, port });
});

afterAll(async () => {
  await runtime?.stop();
  blobs?.close();
  await agent?.close();
});

test('the probes of the template pass, and the model was fetched from its blobs', async () => {
  const [{ startup_probe, liveness_probe, readiness_probe }] = app.template.container;
  await runtime.until(startup_probe[0].path);
  await runtime.until(readiness_probe[0].path);
  await runtime.until(liveness_probe[0].path);
  expect(blobs.asked).toContain(`models/iris/${IRIS.digest.slice(7)}/${IRIS.manifest.artifact}`);
});

test('the ingress gets the predictions that the package promises', async () => {
  await expectSamples(IRIS, (path, init) => fetch(runtime.url + path, init));
});

test('a replica that is ended finishes, sends its last traces, and leaves with 0', async () => {
  expect(await runtime.stop()).toBe(0);
  expect(agent.spans.length).toBeGreaterThan(0);
  for (const { resource } of agent.spans) expect(resource['service.name']).toBe(IRIS.name);
});
