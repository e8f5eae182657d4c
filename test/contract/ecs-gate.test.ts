import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ContainerModel } from '../../lib/aws/index.js';
import { gateFolder } from '../../lib/bundle/gate-folder.js';
import { Model } from '../../lib/model/model.js';
import { ImageSource, Rollout } from '../../lib/serving/index.js';
import { certificate } from '../lib/aws/container-variants.js';
import { serve, stopAll } from '../runtime/faults/servers.js';
import { GateVersions, HARMLESS, SABOTAGED } from '../support/gate-versions.js';
import { shareOf } from '../support/share.js';
import { requireTool } from '../support/tools.js';
import { LambdaEnvironment, runtimeInterfaceClient } from './lambda-interface.js';

// The synthesized hook of ECS under AWS's runtime interface client, as ECS invokes it, and the real server behind a load
// balancer with a certificate.

const DOMAIN = 'iris.example.com';
const TIMEOUT = 120_000;
const sabotaged = shareOf(SABOTAGED, 2, 'ecs');
const harmless = shareOf(HARMLESS, 1, 'ecs');

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-lifecycle-hooks.html */
const EVENT = {
  executionDetails: {
    serviceArn: 'arn:aws:ecs:us-west-2:123456789012:service/models/iris',
    targetServiceRevisionArn: 'arn:aws:ecs:us-west-2:123456789012:service-revision/models/iris/01275892',
    testTrafficWeights: { 'arn:aws:ecs:us-west-2:123456789012:service-revision/models/iris/01275892': 100 },
    productionTrafficWeights: { 'arn:aws:ecs:us-west-2:123456789012:service-revision/models/iris/78652123': 100 },
  },
  lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT',
};

const work = mkdtempSync(join(tmpdir(), 'modelship-ecs-gate-'));
const ca = join(work, 'certificate.pem');
let versions: GateVersions;
let balancer: Server;
let balancerUrl: string;
let task: string | undefined;
let hook: LambdaEnvironment | undefined;

beforeAll(async () => {
  // It is compiled where it is not there yet, in minutes.
  runtimeInterfaceClient();
  versions = new GateVersions(work, sabotaged, harmless);
  await versions.pack('approved');
  const key = join(work, 'key.pem');
  const subject = ['-subj', `/CN=${DOMAIN}`, '-addext', `subjectAltName=DNS:${DOMAIN}`, '-days', '1'];
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync(requireTool('openssl'), ['req', '-x509', ...algorithm, ...subject, '-keyout', key, '-out', ca], {
    stdio: 'pipe',
  });
  balancer = createServer({ key: readFileSync(key), cert: readFileSync(ca) }, async (request, response) => {
    const body = await buffer(request);
    // As a load balancer whose target group has no healthy task.
    if (task === undefined) return void response.writeHead(503).end();
    const { method } = request;
    const answer = await fetch(task + request.url, {
      method: method!,
      headers: { 'content-type': 'application/json' },
      body,
    });
    response.writeHead(answer.status).end(await answer.text());
  });
  balancer.listen(0, '127.0.0.1');
  await once(balancer, 'listening');
  balancerUrl = `https://127.0.0.1:${(balancer.address() as AddressInfo).port}`;
}, 600_000);

afterEach(async () => {
  await hook?.stop();
  await stopAll();
});

afterAll(() => {
  balancer.closeAllConnections();
  balancer.close();
  rmSync(work, { recursive: true });
});

/** The hook that is synthesized for a version, with the time that it has. */
async function start(name: string, domainName = DOMAIN, timeoutSeconds?: number): Promise<string> {
  const directory = await versions.pack(name);
  const model = Model.fromDirectory(directory);
  const stack = new Stack(new App({ analyticsReporting: false }), 'Gate');
  new ContainerModel(stack, 'Iris', {
    model,
    image: ImageSource.fromRegistry('123456789012.dkr.ecr.us-east-1.amazonaws.com/modelship/runtime:1'),
    certificate: certificate(stack),
    domainName,
    rollout: Rollout.allAtOnce({ gate: versions.gate }),
  });
  const [made] = Object.values(
    Template.fromStack(stack).findResources('AWS::Lambda::Function', { Properties: { Handler: 'hook.ecsHandler' } }),
  );
  const { Handler, Timeout, Environment } = made!.Properties;
  hook = new LambdaEnvironment({
    handler: Handler,
    codeFolder: gateFolder(model, versions.gate).directory,
    timeoutSeconds: timeoutSeconds ?? Timeout,
    environment: { ...Environment.Variables, MODELSHIP_GATE_URL: balancerUrl, NODE_EXTRA_CA_CERTS: ca },
  });
  await hook.start();
  return directory;
}

/** Serves a version at the load balancer's port for tests. */
async function deploy(directory: string): Promise<void> {
  task = await serve({ models: [{ name: 'iris', location: directory, policy: { kind: 'all' }, labels: {} }] });
}

describe('the hook of ECS', { timeout: TIMEOUT }, () => {
  test.each(sabotaged)('rolls back a version with %s', async (name) => {
    await deploy(await start(name));
    expect(await hook!.invoke(EVENT)).toEqual({ hookStatus: 'FAILED' });
    expect(hook!.log).toMatch(/the version does not pass the gate.*samples differ/);
  });

  test.each(harmless)('lets ECS shift traffic to a rebuild: %s', async (name) => {
    await deploy(await start(name));
    expect(await hook!.invoke(EVENT)).toEqual({ hookStatus: 'SUCCEEDED' });
    expect(hook!.log).toMatch(/the version passes the gate.*"rows":\d+/);
  });

  test('asks again until the load balancer has a healthy task', async () => {
    task = undefined;
    const directory = await start(harmless[0]!);
    const verdict = hook!.invoke(EVENT);
    balancer.once('request', () => void deploy(directory));
    expect(await verdict).toEqual({ hookStatus: 'SUCCEEDED' });
  });

  test('rolls back a version that no healthy task serves in time', async () => {
    task = undefined;
    await start(harmless[0]!, DOMAIN, 32);
    expect(await hook!.invoke(EVENT)).toEqual({ hookStatus: 'FAILED' });
    expect(hook!.log).toMatch(/did not answer all questions in time.*the version responded with 503/);
  });

  test('asks no server with the certificate of another name', async () => {
    await deploy(await start(harmless[0]!, 'other.example.com', 32));
    expect(await hook!.invoke(EVENT)).toEqual({ hookStatus: 'FAILED' });
    expect(hook!.log).toMatch(/does not match certificate's altnames/);
  });

  test('asks half of the rows if a request is larger than the server takes', async () => {
    const directory = await start(harmless[0]!);
    task = await serve({
      models: [{ name: 'iris', location: directory, policy: { kind: 'all' }, labels: {} }],
      maxBodyBytes: 1000,
    });
    expect(await hook!.invoke(EVENT)).toEqual({ hookStatus: 'SUCCEEDED' });
  });
});
