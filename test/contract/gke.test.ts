import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ContainerModel } from '../../lib/gcp/index.js';
import { googleStack, minimal, only, type Template, template } from '../lib/gcp/support.js';
import { manifest } from '../lib/kubernetes/support.js';
import { freePort } from '../support/free-port.js';
import { expectPredictions, mountBucket, predictUrl, variables } from './google-host.js';
import { expectSamples, IRIS, StartedRuntime } from './started-runtime.js';

const stack = googleStack();
new ContainerModel(stack, 'Iris', { ...minimal, model: IRIS });
const synthesized = template(stack);
const pod: Template = manifest('Deployment', 'apps/v1', only(synthesized, 'kubernetes_deployment_v1')).spec.template
  .spec;
const [container] = pod.containers;
const SERVER = join(__dirname, '..', '..', 'runtime', 'dist', 'bundle', 'server.js');

/** Runs the server as the pod's user, to whom all but `/tmp` is read-only, where the tests may become another user. */
function asPodUser(): [string, ...string[]] {
  if (process.getuid?.() !== 0) return [process.execPath, SERVER];
  const { runAsUser: user, runAsGroup: group } = pod.securityContext;
  return ['setpriv', `--reuid=${user}`, `--regid=${group}`, '--clear-groups', process.execPath, SERVER];
}

describe('a pod on GKE', () => {
  let started: StartedRuntime;
  let metricsPort: number;

  beforeAll(async () => {
    const env = variables(container.env);
    const mount = container.volumeMounts.find(({ name }: Template) => name === 'model');
    const port = await freePort();
    metricsPort = await freePort();
    started = new StartedRuntime({
      command: asPodUser(),
      cwd: '/',
      port,
      env: {
        ...env,
        MODELSHIP_MODEL: env.MODELSHIP_MODEL!.replace(mount.mountPath, mountBucket(synthesized, IRIS)),
        // The pod has an address of its own, and this host has not.
        MODELSHIP_PORT: `${port}`,
        MODELSHIP_METRICS_PORT: `${metricsPort}`,
      },
    });
    await started.until(container.startupProbe.httpGet.path);
  });

  afterAll(() => started.stop());

  test('is probed on the port that it listens on', () => {
    const [port] = container.ports;
    expect(port.containerPort).toBe(8080);
    for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
      expect(probe.httpGet.port).toBe(port.name);
    }
  });

  test('is ready and lives, as a user that is not root', async () => {
    for (const probe of [container.readinessProbe, container.livenessProbe]) {
      expect((await fetch(started.url + probe.httpGet.path)).status).toBe(200);
    }
  });

  test('predicts what the samples say, in both forms', async () => {
    await expectSamples(IRIS, (path, init) => fetch(started.url + path, init));
    await expectPredictions(IRIS, predictUrl(started.url, IRIS));
  });

  test('tells what is counted of requests, as the alert on latency asks for it', async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    expect(text).toMatch(/^modelship_request_seconds_bucket\{.*le="\+Inf"\} [1-9]/m);
    expect(text).toMatch(/^modelship_requests_total\{.*status="200"\} [1-9]/m);
  });

  test('waits until no balancer sends to it any more, then leaves with 0', async () => {
    const [executable, ...args] = container.lifecycle.preStop.exec.command;
    expect(executable).toBe('node');
    execFileSync(process.execPath, args);
    expect(await started.stop()).toBe(0);
  });
});
