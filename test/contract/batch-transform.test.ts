import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { extract } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BatchCompute, BatchModel } from '../../lib/aws/index.js';
import { ImageSource } from '../../lib/serving/index.js';
import { AwsCalls } from '../support/aws-calls.js';
import { freePort } from '../support/free-port.js';
import { Synthesized } from './aws-assets.js';
import { Account, BUCKET } from './batch-account.js';
import { golden, lines, rows, WRONG } from './batch-rows.js';
import { RolePolicies } from './role-policies.js';
import { expectClose, IRIS, SERVER, StartedRuntime } from './started-runtime.js';
import { type TransformJob, transform } from './transform-job.js';

const image = ImageSource.fromRegistry('123456789012.dkr.ecr.us-east-1.amazonaws.com/runtime:1');
let machine: string;
const synthesized = new Synthesized((stack) => {
  const inputBucket = Bucket.fromBucketName(stack, 'Bucket', BUCKET);
  const compute = BatchCompute.transform({ model: IRIS, image });
  machine = new BatchModel(stack, 'Batch', { compute, inputBucket }).stateMachine.stateMachineName!;
});
const container = synthesized.only('AWS::SageMaker::Model').PrimaryContainer;

describe('a batch by a transform job', () => {
  let account: Account;
  let aws: AwsCalls;
  let runtime: StartedRuntime;

  /** What Step Functions asks SageMaker for when it is started with a prefix. */
  const jobFor = async (prefix: string) => {
    const name = crypto.randomUUID();
    expect(await account.execute(machine, name, prefix)).toMatchObject({ status: 'SUCCEEDED' });
    const { TransformJobSummaries } = await aws.call('sagemaker', 'list_transform_jobs');
    const [newest] = TransformJobSummaries.slice(-1);
    const job: TransformJob = await aws.call('sagemaker', 'describe_transform_job', {
      TransformJobName: newest.TransformJobName,
    });
    return { job, folder: `batch/output/${name}` };
  };

  beforeAll(async () => {
    account = await Account.open('http://127.0.0.1:1');
    aws = new AwsCalls({ ...process.env, ...account.moto.env });
    await account.create(synthesized);
    const url = synthesized.resolve(container.ModelDataUrl);
    const unpacked = mkdtempSync(join(tmpdir(), 'modelship-opt-ml-model-'));
    const archive = synthesized.files.find(({ bucket, key }) => url === `s3://${bucket}/${key}`)!;
    extract({ file: archive.path, cwd: unpacked, sync: true });
    const port = await freePort();
    expect(container.Environment.MODELSHIP_MODEL).toBe('/opt/ml/model');
    const env = {
      ...container.Environment,
      MODELSHIP_MODEL: unpacked,
      MODELSHIP_PORT: `${port}`,
      SAGEMAKER_BATCH: 'true',
    };
    runtime = new StartedRuntime({ command: [process.execPath, SERVER, 'serve'], env, port });
    await runtime.until('/ping');
  });

  afterAll(async () => {
    await runtime.stop();
    await aws.stop();
    await account.close();
  });

  test('names its job as SageMaker allows, and its model as the template does', async () => {
    const { job } = await jobFor('batch/input/none/');
    const { TransformJobName, ModelName } = job as unknown as Record<string, string>;
    expect(ModelName).toMatch(/^BatchModel/);
    expect(TransformJobName).toMatch(/^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/);
    const arn = `arn:aws:sagemaker:us-east-1:123456789012:transform-job/${TransformJobName}`;
    for (const action of ['CreateTransformJob', 'DescribeTransformJob', 'StopTransformJob']) {
      expect(account.mayAll(`sagemaker:${action}`, arn)).toBe(true);
    }
  });

  test('writes the golden predictions of every object under the prefix, line by line', async () => {
    await account.write('batch/input/golden/first.jsonl', golden);
    await account.write('batch/input/golden/second.jsonl', lines(rows[0]!.line));
    await account.write('batch/input/other.jsonl', lines(WRONG));
    const { job, folder } = await jobFor('batch/input/golden/');
    await transform(account.s3, job, runtime.url);
    const { ExecutionRoleArn } = synthesized.only('AWS::SageMaker::Model');
    const role = new RolePolicies(synthesized, ExecutionRoleArn['Fn::GetAtt'][0]);
    expect(role.allows('s3:GetObject', `arn:aws:s3:::${BUCKET}/batch/input/golden/first.jsonl`)).toBe(true);
    expect(role.allows('s3:PutObject', `arn:aws:s3:::${BUCKET}/${folder}/first.jsonl.out`)).toBe(true);
    for (const [name, expected] of [
      ['first', rows],
      ['second', rows.slice(0, 1)],
    ] as const) {
      const predictions = (await account.read(`${folder}/${name}.jsonl.out`)).trimEnd().split('\n');
      expect(predictions).toHaveLength(expected.length);
      for (const [index, { golden: outputs }] of expected.entries()) {
        const prediction = JSON.parse(predictions[index]!);
        for (const [output, values] of Object.entries(outputs)) expectClose(IRIS, [prediction[output]].flat(), values);
      }
    }
  });

  test('assembles what it asked in several requests in the order of the lines', async () => {
    const times = 30_000;
    await account.write('batch/input/many/rows.jsonl', golden.repeat(times));
    const { job, folder } = await jobFor('batch/input/many/');
    expect(await transform(account.s3, job, runtime.url)).toBeGreaterThan(1);
    const predictions = (await account.read(`${folder}/rows.jsonl.out`)).trimEnd().split('\n');
    const labels = rows.map(({ golden: outputs }) => outputs.label![0]);
    const answered = predictions.map((line) => JSON.parse(line).label);
    expect(answered).toEqual(Array<typeof labels>(times).fill(labels).flat());
  });

  test('fails the job for a wrong line, with the cause, and answers the next', async () => {
    await account.write('batch/input/wrong/rows.jsonl', lines(rows[0]!.line, WRONG));
    const { job } = await jobFor('batch/input/wrong/');
    await expect(transform(account.s3, job, runtime.url)).rejects.toThrow(/^400 .*features/);
    expect((await fetch(`${runtime.url}/ping`)).status).toBe(200);
  });
});
