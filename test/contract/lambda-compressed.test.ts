import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerlessFront } from '../../lib/aws/index.js';
import { SynthesizedFunction } from './lambda-function.js';
import { LambdaEnvironment } from './lambda-interface.js';

// Bodies with `Content-Encoding: gzip`, as each front hands them to the function.

const JSON_BODY = JSON.stringify({ instances: [[5.1, 3.5, 1.4, 0.2]] });
const PREDICT = '/v1/models/iris:predict';

/** What API Gateway's HTTP API and a function URL make of a body: text of a type that is known as text, else base64. */
function httpApiEvent(body: Buffer, type: string) {
  const isText = /^(text\/|application\/(json|xml|javascript)$)/.test(type);
  return {
    version: '2.0',
    rawPath: PREDICT,
    rawQueryString: '',
    headers: { 'content-encoding': 'gzip', 'content-type': type },
    requestContext: { stage: '$default', http: { method: 'POST', path: PREDICT } },
    body: body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  };
}

/** A REST API has unpacked the body. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html */
function restEvent(body: string) {
  const headers = { 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' };
  return { httpMethod: 'POST', path: PREDICT, headers, queryStringParameters: null, body, isBase64Encoded: false };
}

async function answerOf(lambda: LambdaEnvironment, event: object) {
  const { statusCode, body } = await lambda.stream(event);
  return { statusCode, answer: JSON.parse(body.toString()) };
}

describe('the function behind a REST API', () => {
  const lambda = new LambdaEnvironment(new SynthesizedFunction({ front: ServerlessFront.restApi() }));
  beforeAll(() => lambda.start(), 900_000);
  afterAll(() => lambda.stop());

  test('takes what API Gateway has unpacked, though the header says otherwise', async () => {
    const { statusCode, answer } = await answerOf(lambda, restEvent(JSON_BODY));
    expect(statusCode).toBe(200);
    expect(answer.predictions).toHaveLength(1);
  });
});

describe.each([
  [
    'a function URL',
    ServerlessFront.functionUrl(),
    (lambda: LambdaEnvironment, event: object) => answerOf(lambda, event),
  ],
  [
    'an HTTP API',
    ServerlessFront.httpApi(),
    async (lambda: LambdaEnvironment, event: object) => {
      const { statusCode, body } = await lambda.invoke<{ statusCode: number; body: string }>(event);
      return { statusCode, answer: JSON.parse(body) };
    },
  ],
])('the function behind %s', (_, front, ask) => {
  const lambda = new LambdaEnvironment(new SynthesizedFunction({ front }));
  beforeAll(() => lambda.start(), 900_000);
  afterAll(() => lambda.stop());

  test('unpacks JSON of a type that comes as bytes', async () => {
    const { statusCode, answer } = await ask(lambda, httpApiEvent(gzipSync(JSON_BODY), 'application/predict+json'));
    expect(statusCode).toBe(200);
    expect(answer.predictions).toHaveLength(1);
  });

  test('refuses packed JSON that came as text, which spoils it, and lives on', async () => {
    const { statusCode, answer } = await ask(lambda, httpApiEvent(gzipSync(JSON_BODY), 'application/json'));
    expect(statusCode).toBe(400);
    expect(answer.error).toContain('not valid gzip data');
    const after = await ask(lambda, httpApiEvent(gzipSync(JSON_BODY), 'application/predict+json'));
    expect(after.statusCode).toBe(200);
  });

  test('refuses what is too large once it is unpacked', async () => {
    // 65 MiB of spaces, in some 64 KiB.
    const bomb = gzipSync(Buffer.alloc(65 * 2 ** 20, ' '));
    const { statusCode } = await ask(lambda, httpApiEvent(bomb, 'application/predict+json'));
    expect(statusCode).toBe(413);
  });
});
