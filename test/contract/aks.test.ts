import { rmSync, symlinkSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inferPath } from '@modelship/runtime/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ContainerModel } from '../../lib/azure/index.js';
import { Access } from '../../lib/serving/access.js';
import { azureStack, IMAGE, type Resource, Template } from '../lib/azure/support.js';
import { freePort } from '../support/free-port.js';
import { expectSamples, IRIS, StartedRuntime, samplesOf, startBlobs } from './started-runtime.js';

const ACCOUNT = /\$\{azurerm_storage_account\.[^}]*primary_blob_endpoint\}/;

function synthesize(modelMount: boolean, access = Access.anonymous()): Template {
  const stack = azureStack();
  new ContainerModel(stack, 'Iris', {
    model: IRIS,
    image: IMAGE,
    location: 'westeurope',
    access,
    modelMount,
  });
  return new Template(stack);
}

function container(template: Template): Resource {
  return template.one('kubernetes_deployment_v1').spec.template.spec.container[0];
}

function variables({ env }: Resource): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value }: Resource) => [name, value]));
}

let started: StartedRuntime[] = [];
let metricsPort: number;
let blobs: Awaited<ReturnType<typeof startBlobs>>;

beforeAll(() => {
  started = [];
});

afterAll(async () => {
  await Promise.all(started.map((runtime) => runtime.stop()));
  blobs?.close();
});

async function start(env: Record<string, string>): Promise<StartedRuntime> {
  const port = await freePort();
  metricsPort = await freePort();
  // A pod has an address of its own, and this host has not.
  const ports = { MODELSHIP_PORT: String(port), MODELSHIP_METRICS_PORT: String(metricsPort) };
  const runtime = new StartedRuntime({ env: { ...env, ...ports }, port });
  started.push(runtime);
  return runtime;
}

async function expectServes(runtime: StartedRuntime, pod: Resource): Promise<void> {
  await runtime.until(pod.startup_probe.http_get.path);
  await runtime.until(pod.readiness_probe.http_get.path);
  await runtime.until(pod.liveness_probe.http_get.path);
  await expectSamples(IRIS, (path, init) => fetch(runtime.url + path, init));
}

test('a pod fetches the model from its blobs, passes its probes and predicts', async () => {
  const template = synthesize(false);
  const names = Object.values(template.all('azurerm_storage_blob')).map(({ name }) => name);
  blobs = await startBlobs(IRIS, names, template.one('azurerm_storage_container').name);
  const env = variables(container(template));
  const runtime = await start({ ...env, MODELSHIP_MODEL: env.MODELSHIP_MODEL!.replace(ACCOUNT, blobs.url) });
  await expectServes(runtime, container(template));
});

test('a pod finds the model in the mounted container', async () => {
  const template = synthesize(true);
  const pod = container(template);
  const env = variables(pod);
  const mount = pod.volume_mount.find(({ name }: Resource) => name === 'model').mount_path;
  // The driver mounts the container as it is: a blob's name is its path.
  const mounted = await mkdtemp(join(tmpdir(), 'modelship-mount-'));
  const [blob] = Object.values(template.all('azurerm_storage_blob'));
  const folder = join(mounted, dirname(blob!.name));
  await mkdir(dirname(folder), { recursive: true });
  symlinkSync(IRIS.directory, folder);
  const runtime = await start({ ...env, MODELSHIP_MODEL: env.MODELSHIP_MODEL!.replace(mount, mounted) });
  await expectServes(runtime, pod);
  rmSync(mounted, { recursive: true });
});

test('by default a pod answers its probes, and predicts for nobody who brings no token', async () => {
  const pod = container(synthesize(true, Access.cloudIdentity()));
  const env = Object.fromEntries(
    Object.entries(variables(pod)).map(([name, value]) => [name, value.replace(/\$\{[^}]*\}/g, 'known-at-apply')]),
  );
  // Nobody answers there, so that no key of the issuer is known.
  const issuer = env.MODELSHIP_JWT_ISSUER!.replace('login.microsoftonline.com', '127.0.0.1:1');
  const runtime = await start({ ...env, MODELSHIP_MODEL: IRIS.directory, MODELSHIP_JWT_ISSUER: issuer });
  await runtime.until(pod.readiness_probe.http_get.path);
  await runtime.until(pod.liveness_probe.http_get.path);
  const { request } = samplesOf(IRIS)[0]!;
  const ask = async (headers: Record<string, string>) => {
    const answer = await fetch(runtime.url + inferPath(IRIS.name), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(request),
    });
    return answer.status;
  };
  expect(await ask({})).toBe(401);
  // The add-on brings no token either, and asks another port.
  const metrics = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
  expect(await metrics.text()).toContain('modelship_request_seconds_bucket');
  expect(await ask({ authorization: 'Bearer not.a.token' })).toBe(503);
});

test('a pod that is told to go leaves with 0 within its grace period', async () => {
  expect(await started[0]!.stop()).toBe(0);
});
