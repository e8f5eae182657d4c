import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ServerlessFront, ServerlessModel } from '../../lib/aws/index.js';
import { lambdaImageContext } from '../../lib/bundle/lambda-image-context.js';
import { Model } from '../../lib/model/model.js';
import { Rollout } from '../../lib/serving/index.js';
import { PYTHON, packCrashing } from '../support/crashing-package.js';
import { matches } from './filter-pattern.js';
import { LambdaEnvironment } from './lambda-interface.js';

// What a function writes while its model fails, against what the template of a rollout counts.

let folder: string;
let model: Model;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-rollout-'));
  model = Model.fromDirectory(await packCrashing(folder), { trustPickle: true });
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** What CloudWatch Logs does with the log of a function behind a front. */
function metricFilter(front: (stack: Stack) => ServerlessFront) {
  const context = { 'aws:cdk:disable-asset-staging': true };
  const stack = new Stack(new App({ analyticsReporting: false, context }), 'S');
  const rollout = Rollout.canary({ percent: 1, bakeMinutes: 5 });
  new ServerlessModel(stack, 'Crashing', { model, rollout, front: front(stack) });
  const [filter] = Object.values(Template.fromStack(stack).findResources('AWS::Logs::MetricFilter'));
  const { FilterPattern: pattern, MetricTransformations: transformations } = filter!.Properties;
  return { pattern, dimensions: transformations[0].Dimensions as { Key: string; Value: string }[] };
}

function started(handler: string): LambdaEnvironment {
  const { directory } = lambdaImageContext({ architecture: process.arch, model });
  return new LambdaEnvironment({
    handler: '',
    codeFolder: directory,
    environment: {
      MODELSHIP_MODEL: join(directory, 'model'),
      MODELSHIP_MODEL_DIGEST: model.digest,
      MODELSHIP_TRUST_PICKLE: 'true',
      MODELSHIP_PYTHON: PYTHON,
      MODELSHIP_RESULTS: 's3://answers/results/',
      AWS_LAMBDA_FUNCTION_VERSION: '7',
    },
    command: () => [process.execPath, join(directory, 'runtime/lambda-bootstrap.js'), handler],
  });
}

/** As an HTTP API and a function URL tell of a request. */
const event = (first: number | string) => ({
  version: '2.0',
  rawPath: '/v1/models/crashing:predict',
  rawQueryString: '',
  headers: { 'content-type': 'application/json' },
  requestContext: { stage: '$default', http: { method: 'POST' } },
  body: JSON.stringify({ instances: [[first, 1]] }),
  isBase64Encoded: false,
});

/** As a REST API tells of one. */
const restEvent = (first: number | string) => {
  const { rawPath: path, headers, body } = event(first);
  return { httpMethod: 'POST', path, headers, body, isBase64Encoded: false };
};

/** As the event source of a queue tells of one. */
const messages = (first: number | string) => ({ Records: [{ messageId: `${first}`, body: event(first).body }] });

type Send = (lambda: LambdaEnvironment, first: number | string) => Promise<unknown>;

const stream =
  (as: (first: number | string) => object): Send =>
  async (lambda, first) =>
    (await lambda.stream(as(first))).statusCode;

const FRONTS: readonly [string, string, ServerlessFront, Send][] = [
  ['a REST API', 'streamingHandler', ServerlessFront.restApi(), stream(restEvent)],
  ['a function URL', 'streamingHandler', ServerlessFront.functionUrl(), stream(event)],
  [
    'an HTTP API',
    'handler',
    ServerlessFront.httpApi(),
    async (lambda, first) => (await lambda.invoke<{ statusCode: number }>(event(first))).statusCode,
  ],
];

describe.each(FRONTS)('a new version behind %s', (_, handler, front, send) => {
  test('is counted for each answer that it fails at, and for no other', { timeout: 120_000 }, async () => {
    const { pattern, dimensions } = metricFilter(() => front);
    const lambda = started(handler);
    await lambda.start();
    try {
      // The process ends at 13; what is no number is the caller's fault.
      expect(await send(lambda, 13)).toBe(503);
      expect(await send(lambda, 'a')).toBe(400);
      expect(await send(lambda, 2)).toBe(200);
      const counted = await vi.waitFor(() => {
        const lines = lambda.log.split('\n').filter((line) => matches(pattern, line));
        expect(lines).not.toEqual([]);
        return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      });
      expect(counted).toEqual([
        {
          time: expect.any(String),
          level: 'error',
          severity: 'ERROR',
          message: 'request',
          method: 'POST',
          path: '/v1/models/crashing:predict',
          status: 503,
          milliseconds: expect.any(Number),
          function_name: 'iris',
          function_version: '7',
        },
      ]);
      // Where the alarm looks for them.
      expect(dimensions.map(({ Key, Value }) => [Key, counted[0]![Value.slice('$.'.length)]])).toEqual([
        ['FunctionName', 'iris'],
        ['ExecutedVersion', '7'],
      ]);
    } finally {
      await lambda.stop();
    }
  });
});

test('a new version behind a queue is counted for each message that it fails at', { timeout: 120_000 }, async () => {
  const { pattern } = metricFilter((stack) =>
    ServerlessFront.queue({ outputBucket: Bucket.fromBucketName(stack, 'Answers', 'answers') }),
  );
  const lambda = started('queueHandler');
  await lambda.start();
  try {
    expect(await lambda.invoke(messages(13))).toEqual({ batchItemFailures: [{ itemIdentifier: '13' }] });
    await vi.waitFor(() => expect(lambda.log.split('\n').filter((line) => matches(pattern, line))).toHaveLength(1));
  } finally {
    await lambda.stop();
  }
});
