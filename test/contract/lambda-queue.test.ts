import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ServerlessFront } from '../../lib/aws/index.js';
import { Moto } from '../support/moto.js';
import { SynthesizedFunction } from './lambda-function.js';
import { LambdaEnvironment } from './lambda-interface.js';
import { expectClose, IRIS, samplesOf } from './started-runtime.js';

// The function behind a queue, under AWS's runtime interface client; its answers go to a local S3.
const code = new SynthesizedFunction((stack) => ({
  front: ServerlessFront.queue({ outputBucket: Bucket.fromBucketName(stack, 'Answers', 'answers') }),
}));

/** As the event source tells of messages. */
const event = (...messages: { id: string; body: object | string; attributes?: Record<string, string> }[]) => ({
  Records: messages.map(({ id, body, attributes = {} }) => ({
    messageId: id,
    receiptHandle: 'handle',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, stringValue]) => [name, { stringValue, dataType: 'String' }]),
    ),
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:requests',
    awsRegion: 'us-east-1',
  })),
});

const INFER = { path: '/v2/models/iris/infer' };
const request = { instances: [[5.1, 3.5, 1.4, 0.2]] };

describe('the function behind a queue', () => {
  let moto: Moto;
  let lambda: LambdaEnvironment;
  let s3: S3Client;

  const start = async (environment: Record<string, string>) => {
    const { handler, codeFolder } = code;
    const started = new LambdaEnvironment({
      handler,
      codeFolder,
      environment: { ...code.environment, ...moto.env, ...environment },
    });
    await started.start();
    return started;
  };
  const result = async (name: string) => {
    const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: 'answers', Key: `results/${name}` }));
    return { type: ContentType, answer: JSON.parse(await Body!.transformToString()) };
  };

  beforeAll(async () => {
    moto = await Moto.start();
    const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = moto.env;
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
    s3 = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: 'answers' }));
    lambda = await start({});
  }, 900_000);

  afterAll(async () => {
    await lambda.stop();
    s3.destroy();
    await moto.stop();
  });

  test('writes the golden predictions, one answer for each message', async () => {
    const samples = samplesOf(IRIS);
    const messages = samples.map((sample, index) => ({
      id: `golden-${index}`,
      body: sample.request,
      attributes: INFER,
    }));
    expect(await lambda.invoke(event(...messages))).toEqual({ batchItemFailures: [] });
    for (const [index, { response }] of samples.entries()) {
      const { type, answer } = await result(`golden-${index}.out`);
      expect(type).toBe('application/json');
      for (const expected of response.outputs) {
        const output = answer.outputs.find(({ name }: { name: string }) => name === expected.name);
        expectClose(IRIS, output?.data ?? [], expected.data);
      }
    }
  });

  test("asks the model's prediction unless a message says otherwise", async () => {
    await lambda.invoke(event({ id: 'plain', body: request }));
    expect((await result('plain.out')).answer.predictions[0].label).toBe(0);
  });

  test('tells of a wrong request in its answer, and does not try it again', async () => {
    const answer = await lambda.invoke(
      event(
        { id: 'right', body: request },
        { id: 'wrong', body: '{' },
        { id: 'lost', body: request, attributes: { path: '/v1/models/other:predict' } },
      ),
    );
    expect(answer).toEqual({ batchItemFailures: [] });
    expect((await result('right.out')).answer).toHaveProperty('predictions');
    expect((await result('wrong-error.out')).answer).toHaveProperty('error');
    expect((await result('lost-error.out')).answer).toHaveProperty('error');
  });

  test("responds to the request of a rollout's gate, and writes nothing", async () => {
    const written = async () => (await s3.send(new ListObjectsV2Command({ Bucket: 'answers' }))).KeyCount;
    const before = await written();
    const asked = await lambda.invoke<{ statusCode: number; body: string }>({
      version: '2.0',
      rawPath: '/v2/models/iris/infer',
      rawQueryString: '',
      headers: { 'content-type': 'application/json' },
      requestContext: { stage: '$default', http: { method: 'POST' } },
      body: JSON.stringify(samplesOf(IRIS)[0]!.request),
      isBase64Encoded: false,
    });
    expect(asked.statusCode).toBe(200);
    expect(JSON.parse(asked.body)).toHaveProperty('outputs');
    expect(await written()).toBe(before);
  });

  test('writes the same where a message comes twice', async () => {
    await lambda.invoke(event({ id: 'twice', body: request }));
    const first = await result('twice.out');
    await lambda.invoke(event({ id: 'twice', body: request }));
    expect(await result('twice.out')).toEqual(first);
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'answers', Prefix: 'results/twice' }));
    expect(Contents).toHaveLength(1);
  });

  test('keeps an identifier that would leave the folder in it', async () => {
    await lambda.invoke(event({ id: '../../outside', body: request }));
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: 'answers' }));
    expect(Contents!.filter(({ Key }) => !Key!.startsWith('results/'))).toEqual([]);
  });

  test('leaves messages in the queue whose answers cannot be written', async () => {
    const other = await start({ MODELSHIP_RESULTS: 's3://no-such-bucket/results/' });
    try {
      const answer = await other.invoke(event({ id: 'a', body: request }, { id: 'b', body: request }));
      expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }] });
    } finally {
      await other.stop();
    }
  });
});
