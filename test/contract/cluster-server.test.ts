import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LIVE_PATH, READY_PATH } from '@modelship/runtime/contract';
import { type TerraformStack, Testing } from 'cdktf';
import { afterAll, describe, expect, test } from 'vitest';
import { ContainerModel as Aks } from '../../lib/azure/index.js';
import { ContainerModel as Gke } from '../../lib/gcp/index.js';
import { Access } from '../../lib/serving/access.js';
import { ModelServer } from '../../lib/serving/servers/model-server.js';
import { azureStack } from '../lib/azure/support.js';
import { googleStack, only, REGION, resources, type Template, template } from '../lib/gcp/support.js';
import { manifest } from '../lib/kubernetes/support.js';
import { freePort } from '../support/free-port.js';
import { expectSamples, IRIS, SERVER, StartedRuntime } from './started-runtime.js';

const PORT = 9000;

/** A server of somebody's that finds the package by a variable of its own: here Modelship's runtime is that server. */
const server = ModelServer.custom({
  image: 'example/server:1',
  port: PORT,
  livePath: LIVE_PATH,
  readyPath: READY_PATH,
  predictPath: `/v2/models/${IRIS.name}/infer`,
  modelFolderVariable: 'MODELSHIP_MODEL',
});

const azure = azureStack();
new Aks(azure, 'Iris', { model: IRIS, location: 'westeurope', server, access: Access.anonymous() });
const google = googleStack();
new Gke(google, 'Iris', { model: IRIS, region: REGION, server });

const CLOUDS: readonly [cloud: string, stack: TerraformStack, uploads: string][] = [
  ['AKS', azure, 'azurerm_storage_blob'],
  ['GKE', google, 'google_storage_bucket_object'],
];

describe.each(CLOUDS)('a server of another kind on %s', (_cloud, stack, uploads) => {
  const synthesized = template(stack);
  const pod = manifest('Deployment', 'apps/v1', only(synthesized, 'kubernetes_deployment_v1')).spec.template.spec;
  const [container] = pod.containers;
  const mount = container.volumeMounts.find(({ name }: Template) => name === 'model');
  const mounted = mkdtempSync(join(tmpdir(), 'modelship-server-'));
  let started: StartedRuntime | undefined;

  afterAll(async () => {
    await started?.stop();
    rmSync(mounted, { recursive: true, force: true });
  });

  test('loads what was uploaded from where it is mounted, passes its probes and predicts', async () => {
    const folder = join(Testing.fullSynth(stack), 'stacks', 'stack');
    for (const { name, source } of resources(synthesized, uploads)) {
      mkdirSync(dirname(join(mounted, name)), { recursive: true });
      copyFileSync(join(folder, source), join(mounted, name));
    }
    chmodSync(mounted, 0o755);
    const { runAsUser: user, runAsGroup: group } = pod.securityContext;
    const asPod = ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--clear-groups', process.execPath, SERVER];
    const port = await freePort();
    const env = Object.fromEntries(
      container.env.map(({ name, value }: Template) => [name, value.replace(mount.mountPath, mounted)]),
    );
    started = new StartedRuntime({
      command: process.getuid?.() === 0 ? (asPod as [string, ...string[]]) : [process.execPath, SERVER],
      cwd: '/',
      // The pod has an address of its own, and this host has not.
      env: { ...env, MODELSHIP_PORT: `${port}` },
      port,
    });
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      await started.until(probe.httpGet.path);
    }
    await expectSamples(IRIS, (path, init) => fetch(started!.url + path, init));
  });

  test('is asked on its own port', () => {
    expect(container.ports).toEqual([{ name: 'http', containerPort: PORT, protocol: 'TCP' }]);
  });
});
