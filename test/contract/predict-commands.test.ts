import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { predictPath, READY_PATH } from '@modelship/runtime/contract';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Access, type ModelEndpoint } from '../../lib/serving/index.js';
import { ENDPOINTS } from '../lib/endpoints.js';
import { freePort } from '../support/free-port.js';
import { requireTool } from '../support/tools.js';
import { IRIS, StartedRuntime } from './started-runtime.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('../lib/azure/small-runtime.js'));

const run = promisify(execFile);
const SECRETS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', API_KEY: 'key', TOKEN: 'a.b.c' };

/** Paths at the front doors of managed services, and the path at which the runtime gets such a request. */
const ROUTES: readonly (readonly [front: RegExp, runtime: string])[] = [
  [/\/endpoints\/[\w-]+\/invocations$/, '/invocations'],
  [/\/endpoints\/\w+:predict$/, predictPath(IRIS.name)],
];

let runtime: StartedRuntime;
/** Front door that passes each request on to the runtime. */
let front: Server;
let received: { request: IncomingMessage; body: string };
/** Folder with programs that stand for those of the clouds, and print a token. */
const programs = mkdtempSync(join(tmpdir(), 'modelship-programs-'));

beforeAll(async () => {
  requireTool('curl');
  for (const name of ['az', 'gcloud']) {
    const path = join(programs, name);
    writeFileSync(path, `#!/bin/sh\necho "token-of-${name}"\n`);
    chmodSync(path, 0o755);
  }
  const port = await freePort();
  runtime = new StartedRuntime({
    port,
    env: { MODELSHIP_MODEL: join(__dirname, '../../examples/iris/model'), MODELSHIP_PORT: `${port}` },
  });
  await runtime.until(READY_PATH);
  front = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    received = { request, body };
    const path = ROUTES.find(([at]) => at.test(request.url!))?.[1] ?? request.url!;
    const answer = await fetch(runtime.url + path, {
      method: request.method,
      headers: { 'content-type': request.headers['content-type']! },
      body,
    });
    response.writeHead(answer.status).end(await answer.text());
  }).listen(0, '127.0.0.1');
  await once(front, 'listening');
}, 60_000);

afterAll(async () => {
  front.close();
  await runtime.stop();
  rmSync(programs, { recursive: true });
});

/** Runs a command as it was printed, but for the host and references, which exist only after a deployment. */
async function predicts(printed: string) {
  const command = printed.replaceAll(/\$\{[a-z][^}]*\.[^}]*\}/g, 'reference');
  const { port } = front.address() as AddressInfo;
  const at = command.lastIndexOf(" '");
  const url = command.slice(at + 2, -1);
  const path = /\/(?:v2\/models\/iris\/infer|score|endpoints\/[^/]+)(?:\/invocations|:predict)?$/.exec(url)![0];
  const local = `${command.slice(0, at)} 'http://127.0.0.1:${port}${path}'`;
  const { stdout } = await run('bash', ['--norc', '-c', `${local} --silent --show-error --fail-with-body`], {
    env: { PATH: `${programs}:${process.env.PATH}`, ...SECRETS },
  });
  return { answer: JSON.parse(stdout), headers: received.request.headers };
}

/** Whether the signature is the one that botocore computes for the request that was received. */
async function isSignedAsAws(): Promise<boolean> {
  const { method, url, headers } = received.request;
  const verification = run(requireTool('python3'), [join(__dirname, '../lib/aws/signature.py')]);
  verification.child.stdin!.end(JSON.stringify({ method, url, headers, body: received.body, ...SECRETS }));
  return headers.authorization!.endsWith(`Signature=${(await verification).stdout.trim()}`);
}

const jwt = Access.jwt({ issuer: 'https://issuer.example', audience: ['a'] });

test.each<[keyof typeof ENDPOINTS, Access, string | RegExp]>([
  ['Lambda', Access.cloudIdentity(), /\/eu-west-1\/execute-api\/aws4_request/],
  ['ECS', Access.cloudIdentity(), /\/eu-west-1\/execute-api\/aws4_request/],
  ['SageMaker', Access.cloudIdentity(), /\/eu-west-1\/sagemaker\/aws4_request/],
  ['Functions', Access.cloudIdentity(), 'Bearer token-of-az'],
  ['Functions', jwt, 'Bearer a.b.c'],
  ['Container Apps', Access.cloudIdentity(), 'Bearer token-of-az'],
  ['AKS', Access.cloudIdentity(), 'Bearer token-of-az'],
  ['Azure ML', Access.cloudIdentity(), 'Bearer token-of-az'],
  ['Azure ML', Access.apiKey(), 'Bearer key'],
  ['Cloud Run', Access.cloudIdentity(), 'Bearer token-of-gcloud'],
  ['Cloud Run', jwt, 'Bearer a.b.c'],
  ['GKE', jwt, 'Bearer a.b.c'],
  ['Vertex AI', Access.cloudIdentity(), 'Bearer token-of-gcloud'],
])('the command for %s with %o gets a prediction from the runtime', async (name, access, authorization) => {
  const made = ENDPOINTS[name]({ model: IRIS, access }) as { endpoint: ModelEndpoint; resolve(value: string): string };
  const command = made.resolve(made.endpoint.predictCommand!);
  const { answer, headers } = await predicts(command);
  const rows = answer.predictions ?? answer.outputs;
  expect(rows.length).toBeGreaterThan(0);
  expect(headers.authorization).toMatch(authorization);
  if (typeof authorization !== 'string') expect(await isSignedAsAws()).toBe(true);
});
