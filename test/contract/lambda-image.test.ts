import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lambdaImageContext } from '../../lib/bundle/lambda-image-context.js';
import { LambdaEnvironment } from './lambda-interface.js';
import { expectSamples, IRIS } from './started-runtime.js';

// What the image of a function starts, over what its context puts into it. test/images builds such an image.
const { directory } = lambdaImageContext({ architecture: process.arch, model: IRIS });
const environment = { MODELSHIP_MODEL: join(directory, 'model'), MODELSHIP_MODEL_DIGEST: IRIS.digest };

function started(command: readonly string[], variables: Readonly<Record<string, string>> = {}): LambdaEnvironment {
  return new LambdaEnvironment({
    handler: '',
    codeFolder: directory,
    environment: { ...environment, ...variables },
    command: () => [process.execPath, join(directory, 'runtime/lambda-bootstrap.js'), ...command],
  });
}

function event(method: string, path: string, body?: string) {
  return {
    version: '2.0',
    rawPath: path,
    rawQueryString: '',
    headers: {},
    requestContext: { stage: '$default', http: { method } },
    body,
    isBase64Encoded: false,
  };
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

describe('the handler that answers in one piece', () => {
  const lambda = started(['handler']);
  beforeAll(() => lambda.start());
  afterAll(() => lambda.stop());

  test('gives the golden predictions', async () => {
    await expectSamples(IRIS, async (path, { method, body }) => {
      const answer = await lambda.invoke<Answer>(event(method!, path, body as string));
      return new Response(answer.body, { status: answer.statusCode, headers: answer.headers });
    });
  });

  test('tells of a wrong request by its status', async () => {
    const answer = await lambda.invoke<Answer>(event('POST', '/v1/models/iris:predict', '{'));
    expect(answer.statusCode).toBe(400);
  });

  test('tells of an event that is no request as a failure of the function, and lives on', async () => {
    await expect(lambda.invoke({ rawPath: '/' })).rejects.toThrow(/errorMessage/);
    expect((await lambda.invoke<Answer>(event('GET', '/v2/health/ready'))).statusCode).toBe(200);
  });
});

describe('the handler that streams', () => {
  const lambda = started(['streamingHandler']);
  beforeAll(() => lambda.start());
  afterAll(() => lambda.stop());

  test('gives the golden predictions', async () => {
    await expectSamples(IRIS, async (path, { method, body }) => {
      const answer = await lambda.stream(event(method!, path, body as string));
      return new Response(new Uint8Array(answer.body), { status: answer.statusCode, headers: answer.headers });
    });
  });

  test('tells of an event that is no request as a failure of the function, and lives on', async () => {
    await expect(lambda.stream({ rawPath: '/' })).rejects.toThrow(/errorMessage/);
    expect((await lambda.stream(event('GET', '/v2/health/ready'))).statusCode).toBe(200);
  });
});

describe('a function that cannot start', () => {
  test.each([
    [
      'its model is not what was deployed',
      ['handler'],
      { MODELSHIP_MODEL_DIGEST: `sha256:${'0'.repeat(64)}` },
      /was deployed/,
    ],
    ['a variable is wrong', ['handler'], { MODELSHIP_THREADS: 'many' }, /MODELSHIP_THREADS/],
    [
      'its handler does not exist',
      ['lambda.handler'],
      {},
      /got the handler lambda\.handler; handler, queueHandler, streamingHandler/,
    ],
  ])('says why, and takes no event: %s', async (_, command, variables, message) => {
    const lambda = started(command, variables as Record<string, string>);
    await lambda.start();
    try {
      await expect(lambda.invoke(event('GET', '/'))).rejects.toThrow(message);
      expect(lambda.asked).toBe(0);
    } finally {
      await lambda.stop();
    }
  });
});
