import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerlessModel } from '../../lib/gcp/index.js';
import { googleStack, minimal, only, type Template, template } from '../lib/gcp/support.js';
import { freePort } from '../support/free-port.js';
import { expectPredictions, mountBucket, predictUrl, variables } from './google-host.js';
import { expectSamples, IRIS, StartedRuntime } from './started-runtime.js';

const stack = googleStack();
new ServerlessModel(stack, 'Iris', { ...minimal, model: IRIS });
const synthesized = template(stack);
const { template: revision } = only(synthesized, 'google_cloud_run_v2_service');
const container: Template = revision.containers[0];

/** Starts an instance as Cloud Run does: with `PORT` and the names of the service, and the bucket mounted. */
async function instance(): Promise<StartedRuntime> {
  const env = variables(container.env);
  const [mount] = container.volume_mounts;
  const port = await freePort();
  return new StartedRuntime({
    port,
    env: {
      ...env,
      MODELSHIP_MODEL: env.MODELSHIP_MODEL!.replace(mount.mount_path, mountBucket(synthesized, IRIS)),
      PORT: `${port}`,
      K_SERVICE: 'iris',
      K_REVISION: revision.revision,
      K_CONFIGURATION: 'iris',
    },
  });
}

describe('an instance on Cloud Run', () => {
  let started: StartedRuntime;

  beforeAll(async () => {
    started = await instance();
    await started.until(container.startup_probe.http_get.path);
  });

  afterAll(() => started.stop());

  test('listens where Cloud Run sends requests and probes', () => {
    expect(container.ports.container_port).toBe(container.startup_probe.http_get.port);
    expect(container.ports.container_port).toBe(container.liveness_probe.http_get.port);
  });

  test('lives', async () => {
    const answer = await fetch(started.url + container.liveness_probe.http_get.path);
    expect(answer.status).toBe(200);
  });

  test('predicts what the samples say, in both forms', async () => {
    await expectSamples(IRIS, (path, init) => fetch(started.url + path, init));
    await expectPredictions(IRIS, predictUrl(started.url, IRIS));
  });

  test('leaves with 0 when it is told to, before Cloud Run would kill it', async () => {
    const other = await instance();
    await other.until(container.startup_probe.http_get.path);
    expect(await other.stop()).toBe(0);
  });
});
