import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerlessFront } from '../../../lib/aws/index.js';
import { credentialOptions } from '../../../lib/aws/private/shared/credential-options.js';
import { inferRequest } from '../../../lib/serving/example-request.js';
import { Access } from '../../../lib/serving/index.js';
import { predictCommand } from '../../../lib/serving/predict-command.js';
import type { PackageOverrides } from '../../support/packages.js';
import { requireTool } from '../../support/tools.js';
import { make, modelOf } from './serverless-support.js';

const FEATURES: NonNullable<PackageOverrides['inputs']> = [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }];
const SECRETS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', API_KEY: 'key', TOKEN: 'a.b.c' };

/** Whether the signature that was sent is the one that botocore computes, by the canonical form that AWS checks. */
async function signedAsAws({ request, body }: { request: IncomingMessage; body: string }): Promise<boolean> {
  const { method, url, headers } = request;
  if (!headers.authorization?.startsWith('AWS4-')) return false;
  const verification = promisify(execFile)(requireTool('python3'), [join(__dirname, 'signature.py')]);
  verification.child.stdin!.end(JSON.stringify({ method, url, headers, body, ...SECRETS }));
  const { stdout } = await verification;
  return headers.authorization.endsWith(`Signature=${stdout.trim()}`);
}

/** The real curl, asking a server that tells what it was asked. */
describe('the command that asks for a prediction', () => {
  let server: Server;
  let asked: { request: IncomingMessage; body: string };

  beforeAll(async () => {
    requireTool('curl');
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        asked = { request, body };
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => void server.close());

  async function run(
    access: Access,
    inputs = FEATURES,
    environment: NodeJS.ProcessEnv = {},
    path = '/prod/v2/models/iris/infer',
  ) {
    const { port } = server.address() as AddressInfo;
    const command = predictCommand({
      url: `http://127.0.0.1:${port}${path}`,
      body: inferRequest(modelOf(1, { inputs })).body,
      credentials: credentialOptions(access, 'eu-west-1', 'execute-api'),
    });
    await promisify(execFile)('bash', ['--norc', '-c', command], {
      env: { PATH: process.env.PATH, ...SECRETS, ...environment },
    });
    const { headers, method, url } = asked.request;
    return { ...headers, method, url, body: JSON.parse(asked.body), signedAsAws: await signedAsAws(asked) };
  }

  test('signs for the service and the region of the front', async () => {
    const signed = await run(Access.cloudIdentity());
    expect(signed.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=/,
    );
    expect(signed).not.toHaveProperty('x-amz-security-token');
    expect(await run(Access.cloudIdentity(), FEATURES, { AWS_SESSION_TOKEN: 'session' })).toHaveProperty(
      'x-amz-security-token',
      'session',
    );
  });

  test('signs as AWS checks it, with any curl', async () => {
    expect(await run(Access.cloudIdentity())).toMatchObject({ signedAsAws: true });
    expect(await run(Access.cloudIdentity(), FEATURES, { AWS_SESSION_TOKEN: 'session' })).toMatchObject({
      signedAsAws: true,
    });
  });

  // What the path without a colon is for: should a later curl pass, it is no loss.
  test('would not, with an older curl, for the path of TensorFlow Serving', async ({ skip }) => {
    const { stdout } = await promisify(execFile)('curl', ['--version']);
    const [, major, minor] = /^curl (\d+)\.(\d+)/.exec(stdout)!.map(Number);
    skip(major! > 8 || (major === 8 && minor! >= 14), 'this curl encodes as AWS does');
    const path = '/prod/v1/models/iris:predict';
    expect(await run(Access.cloudIdentity(), FEATURES, {}, path)).toMatchObject({ signedAsAws: false });
  });

  test.each([ServerlessFront.restApi(), ServerlessFront.httpApi(), ServerlessFront.functionUrl()])(
    'has no character in its path that curl and AWS encode differently: $kind',
    (front) => {
      const { stack, endpoint } = make({ front });
      const command = JSON.stringify(stack.resolve(endpoint.predictCommand));
      const [, path] = /(v[12]\/models\/[^']+)'/.exec(command)!;
      expect(path).toMatch(/^[A-Za-z0-9._~/-]+$/);
    },
  );

  test.each([
    [Access.apiKey(), { 'x-api-key': 'key' }],
    [Access.jwt({ issuer: 'https://i', audience: ['a'] }), { authorization: 'Bearer a.b.c' }],
    [Access.anonymous(), { 'content-type': 'application/json', method: 'POST' }],
  ])('brings what $kind wants', async (access, headers) => {
    expect(await run(access)).toMatchObject(headers);
  });

  test.each<[string, NonNullable<PackageOverrides['inputs']>, object[]]>([
    ['one row', FEATURES, [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [0, 0] }]],
    [
      'a number',
      [{ name: 'x', datatype: 'INT64', shape: [-1] }],
      [{ name: 'x', shape: [1], datatype: 'INT64', data: [0] }],
    ],
    [
      'rows of any length',
      [{ name: 'x', datatype: 'FP32', shape: [-1, -1, 2] }],
      [{ name: 'x', shape: [1, 1, 2], datatype: 'FP32', data: [0, 0] }],
    ],
    [
      'several inputs, with quotes',
      [
        { name: "it's", datatype: 'BYTES', shape: [-1] },
        { name: 'b', datatype: 'BOOL', shape: [-1, 1] },
      ],
      [
        { name: "it's", shape: [1], datatype: 'BYTES', data: [''] },
        { name: 'b', shape: [1, 1], datatype: 'BOOL', data: [false] },
      ],
    ],
  ])('sends %s', async (_, inputs, tensors) => {
    expect((await run(Access.anonymous(), inputs)).body).toEqual({ inputs: tensors });
  });
});

test.each([
  [ServerlessFront.restApi(), ':execute-api'],
  [ServerlessFront.httpApi(), ':execute-api'],
  [ServerlessFront.functionUrl(), ':lambda'],
])('signs for $kind', (front, service) => {
  const { stack, endpoint } = make({ front });
  const command = JSON.stringify(stack.resolve(endpoint.predictCommand));
  expect(command).toContain(`${service}'`);
  expect(command).toContain('v2/models/iris/infer');
});

test('sends to a queue by the AWS CLI, and takes long requests from a file', () => {
  const { stack, endpoint } = make((scope) => ({
    model: modelOf(1, { inputs: [{ name: 'image', datatype: 'FP32', shape: [-1, 224, 224, 3] }] }),
    front: ServerlessFront.queue({ outputBucket: Bucket.fromBucketName(scope, 'Answers', 'answers') }),
  }));
  const command = JSON.stringify(stack.resolve(endpoint.predictCommand));
  expect(command).toMatch(
    /aws sqs send-message --region .* --queue-url .*IrisQueue.* --message-body file:\/\/request\.json/,
  );
});
