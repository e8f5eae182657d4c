import { execFileSync } from 'node:child_process';
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerlessFront, ServerlessModel } from '../../lib/aws/index.js';
import { restEvent } from './api-gateway.js';
import { Synthesized } from './aws-assets.js';
import { SynthesizedFunction } from './lambda-function.js';
import { LambdaEnvironment } from './lambda-interface.js';
import { expectSamples, IRIS } from './started-runtime.js';

// What the template says is run as Lambda runs it: the handler of the layer, over the folder of the function's code.
const behind = (front: ServerlessFront) => new SynthesizedFunction({ front });
const { handler, codeFolder, environment } = behind(ServerlessFront.restApi());

interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
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

/** A request for tensors in binary, and what says where they begin. */
function binaryRequest(): { body: Buffer; headers: Record<string, string> } {
  const header = JSON.stringify({
    inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 4], parameters: { binary_data_size: 16 } }],
    parameters: { binary_data_output: true },
  });
  const body = Buffer.concat([Buffer.from(header), Buffer.from(new Float32Array([5.1, 3.5, 1.4, 0.2]).buffer)]);
  return { body, headers: { 'Inference-Header-Content-Length': String(header.length), Accept: '*/*' } };
}

describe("the function behind a REST API, under AWS's runtime interface client", () => {
  const lambda = new LambdaEnvironment({ handler, codeFolder, environment });

  beforeAll(() => lambda.start(), 900_000);
  afterAll(() => lambda.stop());

  test('streams the golden predictions', async () => {
    await expectSamples(IRIS, async (path, { method, headers, body }) => {
      const event = restEvent(method!, path, headers as Record<string, string>, body as string);
      const answer = await lambda.stream(event);
      return new Response(new Uint8Array(answer.body), { status: answer.statusCode, headers: answer.headers });
    });
  });

  test('streams more than the 6 MB that an answer in one piece may have', async () => {
    const rows = 150_000;
    const body = JSON.stringify({ instances: Array.from({ length: rows }, () => [5.1, 3.5, 1.4, 0.2]) });
    const answer = await lambda.stream(restEvent('POST', '/v1/models/iris:predict', {}, body));
    expect(answer.statusCode).toBe(200);
    expect(answer.body.length).toBeGreaterThan(6 * 2 ** 20);
    const { predictions } = JSON.parse(answer.body.toString());
    expect(predictions).toHaveLength(rows);
    expect(predictions.at(-1)).toEqual(predictions[0]);
  });

  test('gives tensors in binary back as they are, to a caller who accepts anything', async () => {
    const { body, headers } = binaryRequest();
    const event = { ...restEvent('POST', '/v2/models/iris/infer', headers), isBase64Encoded: true };
    const answer = await lambda.stream({ ...event, body: body.toString('base64') });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    const length = Number(answer.headers['inference-header-content-length']);
    const { outputs } = JSON.parse(answer.body.subarray(0, length).toString());
    const bytes = outputs.map((each: { parameters: { binary_data_size: number } }) => each.parameters.binary_data_size);
    expect(answer.body.length).toBe(length + bytes.reduce((sum: number, each: number) => sum + each, 0));
  });

  test('tells status and headers of an answer without a body', async () => {
    const answer = await lambda.stream(restEvent('OPTIONS', '/score'));
    expect(answer.statusCode).toBe(200);
    expect(answer.body.length).toBe(0);
  });

  test.each([
    ['a body that is no JSON', restEvent('POST', '/v1/models/iris:predict', {}, '{'), 400],
    ['a wrong shape', restEvent('POST', '/v1/models/iris:predict', {}, '{"instances": [[1]]}'), 400],
    ['no body', restEvent('POST', '/v2/models/iris/infer'), 400],
    ['another model', restEvent('GET', '/v2/models/other'), 404],
  ])('answers %s with its own error, and lives on', async (_, event, status) => {
    const answer = await lambda.stream(event);
    expect(answer.statusCode).toBe(status);
    expect(JSON.parse(answer.body.toString())).toHaveProperty('error');
  });

  test('tells of an event that is no request as a failure of the function, and lives on', async () => {
    await expect(lambda.stream({ rawPath: '/' })).rejects.toThrow(/errorMessage/);
    expect((await lambda.stream(restEvent('GET', '/v2/health/ready'))).statusCode).toBe(200);
  });
});

describe('the function behind a function URL', () => {
  const lambda = new LambdaEnvironment(behind(ServerlessFront.functionUrl()));

  beforeAll(() => lambda.start(), 900_000);
  afterAll(() => lambda.stop());

  test('streams the golden predictions', async () => {
    await expectSamples(IRIS, async (path, { method, headers, body }) => {
      const event = httpApiEvent(method!, path, Buffer.from(body as string), headers as Record<string, string>);
      const answer = await lambda.stream(event);
      return new Response(new Uint8Array(answer.body), { status: answer.statusCode, headers: answer.headers });
    });
  });
});

describe('the function behind an HTTP API', () => {
  const lambda = new LambdaEnvironment(behind(ServerlessFront.httpApi()));

  beforeAll(() => lambda.start(), 900_000);
  afterAll(() => lambda.stop());

  test('answers with the golden predictions, in one piece', async () => {
    await expectSamples(IRIS, async (path, { method, headers, body }) => {
      const event = httpApiEvent(method!, path, Buffer.from(body as string), headers as Record<string, string>);
      const answer = await lambda.invoke<Answer>(event);
      return new Response(answer.body, { status: answer.statusCode, headers: answer.headers });
    });
  });

  test('gives tensors in binary back in base64', async () => {
    const { body, headers } = binaryRequest();
    const answer = await lambda.invoke<Answer>(httpApiEvent('POST', '/v2/models/iris/infer', body, headers));
    expect(answer.statusCode).toBe(200);
    expect(answer.isBase64Encoded).toBe(true);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
  });

  test('answers a wrong shape with its own error', async () => {
    const body = Buffer.from('{"instances": [[1]]}');
    const answer = await lambda.invoke<Answer>(httpApiEvent('POST', '/v1/models/iris:predict', body));
    expect(answer.statusCode).toBe(400);
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
    const lambda = new LambdaEnvironment({ handler, codeFolder, environment: other });
    await lambda.start();
    try {
      await expect(lambda.stream(restEvent('GET', '/v2/health/ready'))).rejects.toThrow(/was deployed/);
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
