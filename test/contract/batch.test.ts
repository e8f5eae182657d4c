import { Bucket } from 'aws-cdk-lib/aws-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BatchCompute, BatchModel, type BatchRequestOptions, ContainerModel } from '../../lib/aws/index.js';
import { ImageSource } from '../../lib/serving/index.js';
import { freePort } from '../support/free-port.js';
import { ApiGateway, restEvent } from './api-gateway.js';
import { Synthesized } from './aws-assets.js';
import { Account, BUCKET, expectGolden, itemsOf } from './batch-account.js';
import { golden, lines, rows, WRONG } from './batch-rows.js';
import { SynthesizedFunction } from './lambda-function.js';
import { LambdaEnvironment } from './lambda-interface.js';
import { IRIS, StartedRuntime } from './started-runtime.js';

const image = ImageSource.fromRegistry('123456789012.dkr.ecr.us-east-1.amazonaws.com/runtime:1');

describe('a batch by a function behind a REST API', () => {
  const gateway = new ApiGateway();
  let account: Account;
  let lambda: LambdaEnvironment;

  const machines = new Map<string, string>();
  const code = new SynthesizedFunction({}, undefined, (stack, served) => {
    const inputBucket = Bucket.fromBucketName(stack, 'Bucket', BUCKET);
    const make = (id: string, options: BatchRequestOptions) => {
      const compute = BatchCompute.serverless(served, options);
      const { stateMachine } = new BatchModel(stack, id, { compute, inputBucket });
      machines.set(id, stateMachine.stateMachineName!);
    };
    make('Strict', { rowsPerRequest: 3, maxConcurrency: 2 });
    make('Tolerant', { rowsPerRequest: 3, toleratedFailurePercent: 50 });
    make('OneByOne', { rowsPerRequest: 1, maxConcurrency: 1 });
    make('Large', { rowsPerRequest: 10_000 });
  });
  const run = (id: string, content?: string) => account.run(machines.get(id)!, content);

  beforeAll(async () => {
    account = await Account.open(await gateway.start());
    lambda = new LambdaEnvironment(code);
    await lambda.start();
    const api = code.synthesized.only('AWS::ApiGateway::Stage').RestApiId.Ref;
    const stage = code.synthesized.only('AWS::ApiGateway::Stage').StageName;
    const mayInvoke = (arn: string) => account.mayAll('execute-api:Invoke', arn);
    gateway.serve(api, stage, mayInvoke, async ({ method, path, headers, body }) => {
      const answer = await lambda.stream(restEvent(method, path, headers, body));
      return new Response(new Uint8Array(answer.body), { status: answer.statusCode, headers: answer.headers });
    });
    await account.create(code.synthesized);
  }, 900_000);

  afterAll(async () => {
    await lambda.stop();
    await account.close();
    gateway.stop();
  });

  beforeEach(() => gateway.reset());

  test('writes the golden predictions of every row, in the order of the rows of each request', async () => {
    const { execution, succeeded, failed } = await run('Strict', golden);
    expect(failed).toEqual([]);
    expect(execution.status).toBe('SUCCEEDED');
    expectGolden(succeeded, rows);
  });

  test('asks in requests of as many rows, as many at once, as was said', async () => {
    gateway.waitFor(2);
    const { succeeded } = await run('Strict', golden);
    expect(succeeded).toHaveLength(Math.ceil(rows.length / 3));
    expect(gateway.requests).toHaveLength(succeeded.length);
    for (const { body } of gateway.requests) expect(JSON.parse(body).instances.length).toBeLessThanOrEqual(3);
    expect(gateway.mostAtOnce).toBe(2);
  });

  test('takes a last line without an end, and lines that are empty', async () => {
    const { succeeded } = await run('Strict', `\n${golden.trimEnd()}`);
    expectGolden(succeeded, rows);
  });

  test('writes wrong rows with the cause, asks once for them, and goes on as far as is tolerated', async () => {
    const good = rows.slice(0, 3);
    const { execution, succeeded, failed } = await run('Tolerant', lines(...good.map(({ line }) => line), WRONG));
    expect(execution.status).toBe('SUCCEEDED');
    expectGolden(succeeded, good);
    expect(failed).toHaveLength(1);
    expect(itemsOf(failed[0]!)).toEqual([WRONG]);
    expect(failed[0]).toMatchObject({ Status: 'FAILED', Error: 'ApiGateway.400' });
    expect(JSON.parse(failed[0]!.Cause).error).toMatch(/features/);
    expect(gateway.requests).toHaveLength(2);
  });

  test('gives up at the first failure by default, and says which rows were not asked', async () => {
    const { execution, failed, pending } = await run('OneByOne', lines(WRONG, rows[0]!.line, rows[1]!.line));
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' });
    expect(failed.map(itemsOf)).toEqual([[WRONG]]);
    expect(pending.map(itemsOf)).toEqual([[rows[0]!.line], [rows[1]!.line]]);
    expect(gateway.requests).toHaveLength(1);
  });

  test.each([429, 503, 504])('asks again what was answered %i', async (status) => {
    gateway.failures.push(status, status);
    const { execution, succeeded } = await run('OneByOne', golden);
    expect(execution.status).toBe('SUCCEEDED');
    expectGolden(succeeded, rows);
    expect(gateway.requests).toHaveLength(rows.length + 2);
  });

  test('gives up what is answered 503 for ever, with the status as its cause', async () => {
    gateway.failures.push(...Array<number>(100).fill(503));
    const { execution, failed } = await run('OneByOne', lines(rows[0]!.line));
    expect(execution.status).toBe('FAILED');
    expect(failed[0]).toMatchObject({ Error: 'ApiGateway.503' });
    expect(gateway.requests).toHaveLength(7);
  });

  test('asks nothing for a file without rows', async () => {
    const { execution, succeeded, failed } = await run('Strict', '');
    expect(execution.status).toBe('SUCCEEDED');
    expect([...succeeded, ...failed, ...gateway.requests]).toEqual([]);
  });

  test.each([
    ['is not there', undefined],
    ['is no JSON Lines', `${golden}{"features":\n`],
  ])('asks nothing for a file that %s', async (_, content) => {
    const { execution } = await run('Strict', content);
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.ItemReaderFailed' });
    expect(gateway.requests).toEqual([]);
  });

  test('keeps requests and answers to what Step Functions passes, however many rows were asked for', async () => {
    // Their lines fit into one request; with what is around them, or as predictions, they do not.
    const many = Array.from({ length: 7000 }, (_, index) => ({ features: [index / 1000, 3.5, 1.4, 0.2] }));
    const { execution, succeeded, failed } = await run('Large', lines(...many));
    expect(failed).toEqual([]);
    expect(execution.status).toBe('SUCCEEDED');
    expect(succeeded.flatMap(({ Output }) => JSON.parse(Output).predictions)).toHaveLength(many.length);
  });
});

describe('a batch by a service on ECS', () => {
  const gateway = new ApiGateway();
  let account: Account;
  let task: StartedRuntime;
  let machine: string;

  const synthesized = new Synthesized((stack) => {
    const compute = BatchCompute.container(new ContainerModel(stack, 'Iris', { model: IRIS, image }), {
      rowsPerRequest: 4,
      toleratedFailurePercent: 50,
    });
    const inputBucket = Bucket.fromBucketName(stack, 'Bucket', BUCKET);
    machine = new BatchModel(stack, 'Batch', { compute, inputBucket }).stateMachine.stateMachineName!;
  });

  beforeAll(async () => {
    account = await Account.open(await gateway.start());
    await synthesized.upload(account.moto.url);
    const [{ Environment }] = synthesized.only('AWS::ECS::TaskDefinition').ContainerDefinitions;
    const environment: Record<string, string> = Object.fromEntries(
      Environment.map(({ Name, Value }: { Name: string; Value: unknown }) => [Name, synthesized.resolve(Value)]),
    );
    const port = await freePort();
    task = new StartedRuntime({ env: { ...environment, ...account.moto.env, MODELSHIP_PORT: `${port}` }, port });
    await task.until(synthesized.only('AWS::ElasticLoadBalancingV2::TargetGroup').HealthCheckPath);
    const api = synthesized.only('AWS::ApiGatewayV2::Stage').ApiId.Ref;
    const mayInvoke = (arn: string) => account.mayAll('execute-api:Invoke', arn);
    gateway.serve(api, undefined, mayInvoke, ({ method, path, headers, body }) =>
      fetch(task.url + path, { method, headers: { 'content-type': headers['content-type']! }, body }),
    );
    await account.create(synthesized);
  });

  afterAll(async () => {
    await task.stop();
    await account.close();
    gateway.stop();
  });

  test('writes the golden predictions of every row, and what failed with its cause', async () => {
    const { execution, succeeded, failed } = await account.run(machine, `${golden}${lines(WRONG)}`);
    expect(failed.map(itemsOf)).toEqual([[WRONG]]);
    expect(failed[0]).toMatchObject({ Error: 'ApiGateway.400' });
    expect(execution.status).toBe('SUCCEEDED');
    expectGolden(succeeded, rows);
  });
});
