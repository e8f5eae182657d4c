import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerlessFront } from '../../../lib/aws/index.js';
import { predictCommand } from '../../../lib/aws/private/lambda/predict-command.js';
import { Access } from '../../../lib/serving/index.js';
import type { PackageOverrides } from '../../support/packages.js';
import { requireTool } from '../../support/tools.js';
import { make, modelOf } from './serverless-support.js';

const FEATURES: NonNullable<PackageOverrides['inputs']> = [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }];
const SECRETS = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'secret', API_KEY: 'key', TOKEN: 'a.b.c' };

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

  async function run(access: Access, inputs = FEATURES, environment: NodeJS.ProcessEnv = {}) {
    const { port } = server.address() as AddressInfo;
    const command = predictCommand({
      url: `http://127.0.0.1:${port}/v1/models/iris:predict`,
      region: 'eu-west-1',
      access,
      signedService: 'execute-api',
      inputs,
    });
    await promisify(execFile)('bash', ['-c', command], { env: { PATH: process.env.PATH, ...SECRETS, ...environment } });
    return { ...asked.request.headers, method: asked.request.method, body: JSON.parse(asked.body) };
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

  test.each([
    [Access.apiKey(), { 'x-api-key': 'key' }],
    [Access.jwt({ issuer: 'https://i', audience: ['a'] }), { authorization: 'Bearer a.b.c' }],
    [Access.anonymous(), { 'content-type': 'application/json', method: 'POST' }],
  ])('brings what $kind wants', async (access, headers) => {
    expect(await run(access)).toMatchObject(headers);
  });

  test.each<[string, NonNullable<PackageOverrides['inputs']>, object]>([
    ['one row', FEATURES, [0, 0]],
    ['a number', [{ name: 'x', datatype: 'INT64', shape: [-1] }], 0 as unknown as object],
    ['rows of any length', [{ name: 'x', datatype: 'FP32', shape: [-1, -1, 2] }], [[0, 0]]],
    [
      'several inputs, with quotes',
      [
        { name: "it's", datatype: 'BYTES', shape: [-1] },
        { name: 'b', datatype: 'BOOL', shape: [-1, 1] },
      ],
      { "it's": '', b: [false] },
    ],
  ])('sends %s', async (_, inputs, row) => {
    expect((await run(Access.anonymous(), inputs)).body).toEqual({ instances: [row] });
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
  expect(command).toContain('v1/models/iris:predict');
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
