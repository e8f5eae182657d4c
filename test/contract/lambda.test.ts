import { execFileSync } from 'node:child_process';
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerlessModel } from '../../lib/aws/index.js';
import { Synthesized } from './aws-assets.js';
import { LambdaEnvironment } from './lambda-interface.js';
import { expectSamples, IRIS } from './started-runtime.js';

// What the template says is run as Lambda runs it: the handler of the layer, over the folder of the function's code.
const architecture = process.arch === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64;
const synthesized = new Synthesized((stack) => {
  new ServerlessModel(stack, 'Iris', { model: IRIS, architecture });
});
const properties = synthesized.only('AWS::Lambda::Function');
const layer = synthesized.only('AWS::Lambda::LayerVersion');

/** The folder that becomes a ZIP archive at this key. */
const folderOf = (key: string) => synthesized.files.find((file) => file.key === key)!.path;
const codeFolder = folderOf(properties.Code.S3Key);
const layerFolder = folderOf(layer.Content.S3Key);

/** Lambda mounts layers at /opt and the code at /var/task; here they stay where they are. */
const here = (path: string) => path.replace(/^\/opt\//, `${layerFolder}/`).replace(/^\/var\/task/, codeFolder);
const environment = Object.fromEntries(
  Object.entries(properties.Environment.Variables as Record<string, string>).map(([name, value]) => [
    name,
    here(value),
  ]),
);

interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** As a REST API tells of a request to the stage `prod`. */
function restEvent(method: string, path: string, headers: Record<string, string> = {}, body: string | null = null) {
  const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers,
    multiValueHeaders,
    queryStringParameters: null,
    pathParameters: { proxy: path.slice(1) },
    requestContext: { stage: 'prod', httpMethod: method, path: `/prod${path}`, identity: { sourceIp: '203.0.113.1' } },
    body,
    isBase64Encoded: false,
  };
}

/** As an HTTP API tells of a request to the stage `$default`. */
function httpApiEvent(method: string, path: string, body?: Buffer, headers: Record<string, string> = {}) {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: '',
    headers,
    requestContext: { stage: '$default', http: { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.1' } },
    body: body?.toString('base64'),
    isBase64Encoded: body !== undefined,
  };
}

describe("the function, under AWS's runtime interface client", () => {
  const lambda = new LambdaEnvironment({ handler: here(properties.Handler), codeFolder, environment });

  beforeAll(() => lambda.start(), 900_000);
  afterAll(() => lambda.stop());

  test('answers events of a REST API with the golden predictions', async () => {
    await expectSamples(IRIS, async (path, { method, headers, body }) => {
      const event = restEvent(method!, path, headers as Record<string, string>, body as string);
      const answer = await lambda.invoke<Answer>(event);
      return new Response(answer.body, { status: answer.statusCode, headers: answer.headers });
    });
  });

  test('answers events of an HTTP API, with bodies in base64', async () => {
    const body = Buffer.from('{"instances": [[5.1, 3.5, 1.4, 0.2]]}');
    const answer = await lambda.invoke<Answer>(httpApiEvent('POST', '/v1/models/iris:predict', body));
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body).predictions[0].label).toBe(0);
  });

  test('gives tensors in binary back in base64', async () => {
    const header = JSON.stringify({
      inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 4], parameters: { binary_data_size: 16 } }],
      parameters: { binary_data_output: true },
    });
    const body = Buffer.concat([Buffer.from(header), Buffer.from(new Float32Array([5.1, 3.5, 1.4, 0.2]).buffer)]);
    const headers = { 'Inference-Header-Content-Length': String(header.length) };
    const answer = await lambda.invoke<Answer>(httpApiEvent('POST', '/v2/models/iris/infer', body, headers));
    expect(answer.statusCode).toBe(200);
    expect(answer.isBase64Encoded).toBe(true);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
  });

  test.each([
    ['a body that is no JSON', restEvent('POST', '/v1/models/iris:predict', {}, '{'), 400],
    ['a wrong shape', restEvent('POST', '/v1/models/iris:predict', {}, '{"instances": [[1]]}'), 400],
    ['no body', restEvent('POST', '/v2/models/iris/infer'), 400],
    ['another model', restEvent('GET', '/v2/models/other'), 404],
  ])('answers %s with its own error, and lives on', async (_, event, status) => {
    const answer = await lambda.invoke<Answer>(event);
    expect(answer.statusCode).toBe(status);
    expect(JSON.parse(answer.body)).toHaveProperty('error');
  });
});

test.each(['on-demand', 'provisioned-concurrency'])(
  'a function whose code is not what was deployed fails its initialization, %s',
  { timeout: 900_000 },
  async (kind) => {
    const other = {
      ...environment,
      AWS_LAMBDA_INITIALIZATION_TYPE: kind,
      MODELSHIP_MODEL_DIGEST: `sha256:${'0'.repeat(64)}`,
    };
    const lambda = new LambdaEnvironment({ handler: here(properties.Handler), codeFolder, environment: other });
    await lambda.start();
    try {
      await expect(lambda.invoke(restEvent('GET', '/v2/health/ready'))).rejects.toThrow(/was deployed/);
      expect(lambda.asked).toBe(0);
    } finally {
      await lambda.stop();
    }
  },
);

test('the layer has at most 25 MB as a ZIP archive, for the default architecture', () => {
  const arm = new Synthesized((stack) => {
    new ServerlessModel(stack, 'Iris', { model: IRIS });
  });
  const { path } = arm.files.find(({ key }) => key === arm.only('AWS::Lambda::LayerVersion').Content.S3Key)!;
  const archive = join(mkdtempSync(join(tmpdir(), 'modelship-layer-')), 'layer.tar.gz');
  // The same DEFLATE as in a ZIP archive.
  execFileSync('tar', ['-czf', archive, '-C', dirname(path), path.slice(dirname(path).length + 1)]);
  expect(statSync(archive).size).toBeLessThan(25e6);
});

test('the authorizer of the same layer refuses who brings no token, in the word that API Gateway makes a 401 of', async () => {
  const jwt = { MODELSHIP_JWT_ISSUER: 'https://issuer.invalid', MODELSHIP_JWT_AUDIENCE: 'iris' };
  const handler = here(properties.Handler).replace(/lambda\.handler$/, 'authorizer.handler');
  const lambda = new LambdaEnvironment({ handler, codeFolder, environment: jwt });
  await lambda.start();
  const methodArn = 'arn:aws:execute-api:us-east-1:123456789012:abcdef/prod/POST/v1/models/iris:predict';
  const ask = (authorizationToken?: string) => lambda.invoke({ type: 'TOKEN', authorizationToken, methodArn });
  try {
    await expect(ask()).rejects.toThrow('"errorMessage":"Unauthorized"');
    await expect(ask('Bearer nonsense')).rejects.toThrow('"errorMessage":"Unauthorized"');
    // Nobody can say whether this one is valid while the issuer's keys cannot be read; that is no 401.
    await expect(ask('Bearer a.b.c')).rejects.toThrow('the keys of the issuer cannot be read');
  } finally {
    await lambda.stop();
  }
});
