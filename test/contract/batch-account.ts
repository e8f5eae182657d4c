import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect } from 'vitest';
import { Moto } from '../support/moto.js';
import type { Synthesized } from './aws-assets.js';
import type { Row } from './batch-rows.js';
import { RolePolicies } from './role-policies.js';
import { expectClose, IRIS } from './started-runtime.js';

/** In which the files and the results of batches lie. */
export const BUCKET = 'batches';

/** An execution of the map, as Step Functions writes of it. */
export interface Written {
  readonly Input: string;
  readonly Output: string;
  readonly Status: string;
  readonly Error: string;
  readonly Cause: string;
}

/** How a batch ended, and what it wrote. */
export interface Batch {
  readonly execution: DescribeExecutionCommandOutput;
  readonly succeeded: Written[];
  readonly failed: Written[];
  readonly pending: Written[];
}

/** Step Functions with the state machines of one template, and S3 with their bucket. */
export class Account {
  /** Of the state machines, by their names. */
  private readonly roles = new Map<string, RolePolicies>();

  private constructor(
    readonly moto: Moto,
    readonly s3: S3Client,
    private readonly states: SFNClient,
  ) {}

  static async open(apiGateway: string): Promise<Account> {
    const moto = await Moto.start({ apiGateway });
    const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = moto.env;
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
    const s3 = new S3Client({ region, endpoint, credentials, forcePathStyle: true });
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    return new Account(moto, s3, new SFNClient({ region, endpoint, credentials }));
  }

  async create(synthesized: Synthesized): Promise<void> {
    for (const machine of synthesized.all('AWS::StepFunctions::StateMachine')) {
      const { StateMachineName: name, DefinitionString: definition, RoleArn } = machine;
      this.roles.set(name, new RolePolicies(synthesized, RoleArn['Fn::GetAtt'][0]));
      const roleArn = 'arn:aws:iam::123456789012:role/batch';
      await this.states.send(
        new CreateStateMachineCommand({ name, definition: synthesized.resolve(definition), roleArn }),
      );
    }
  }

  /** Whether each of the state machines may do this. */
  mayAll(action: string, resource: string): boolean {
    return [...this.roles.values()].every((role) => role.allows(action, resource));
  }

  async write(key: string, content: string): Promise<void> {
    await this.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: Buffer.from(content) }));
  }

  async read(key: string): Promise<string> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    return Body!.transformToString();
  }

  /** Executes a state machine to its end. */
  async execute(machine: string, name: string, key: string): Promise<DescribeExecutionCommandOutput> {
    const stateMachineArn = `arn:aws:states:us-east-1:123456789012:stateMachine:${machine}`;
    const input = JSON.stringify({ key });
    const { executionArn } = await this.states.send(new StartExecutionCommand({ stateMachineArn, name, input }));
    let execution: DescribeExecutionCommandOutput;
    do {
      await new Promise((later) => setTimeout(later, 50));
      execution = await this.states.send(new DescribeExecutionCommand({ executionArn }));
    } while (execution.status === 'RUNNING');
    return execution;
  }

  /** Runs a batch over a file, to its end. */
  async run(machine: string, content: string | undefined): Promise<Batch> {
    const name = crypto.randomUUID();
    const key = `batch/input/${name}.jsonl`;
    if (content !== undefined) await this.write(key, content);
    const execution = await this.execute(machine, name, key);
    const role = this.roles.get(machine)!;
    expect(role.allows('s3:GetObject', `arn:aws:s3:::${BUCKET}/${key}`)).toBe(true);
    const { Contents = [] } = await this.s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: `batch/output/${name}/` }),
    );
    for (const { Key } of Contents) expect(role.allows('s3:PutObject', `arn:aws:s3:::${BUCKET}/${Key}`)).toBe(true);
    // Requests run as executions of the state machine itself.
    expect(role.allows('states:StartExecution', execution.stateMachineArn!)).toBe(true);
    const written = (kind: string) =>
      Promise.all(
        Contents.filter(({ Key }) => Key!.split('/').at(-1)!.startsWith(`${kind}_`)).map(
          async ({ Key }) => JSON.parse(await this.read(Key!)) as Written[],
        ),
      ).then((files) => files.flat());
    return {
      execution,
      succeeded: await written('SUCCEEDED'),
      failed: await written('FAILED'),
      pending: await written('PENDING'),
    };
  }

  async close(): Promise<void> {
    this.s3.destroy();
    this.states.destroy();
    await this.moto.stop();
  }
}

/** The rows that an execution of the map had. */
export const itemsOf = ({ Input }: Written): unknown[] => JSON.parse(Input).Items;

/** Fails unless each of the file's rows was answered once, with what the model's own framework gave for it. */
export function expectGolden(succeeded: readonly Written[], expected: readonly Row[]): void {
  // The executions of a map end in no order, and tell by their input which rows they had.
  const answers = succeeded.flatMap((written) => {
    const items = itemsOf(written);
    const { predictions } = JSON.parse(written.Output) as { predictions: Record<string, number | number[]>[] };
    expect(predictions).toHaveLength(items.length);
    return items.map((item, index) => ({ item: JSON.stringify(item), prediction: predictions[index]! }));
  });
  expect(answers).toHaveLength(expected.length);
  for (const { line, golden: outputs } of expected) {
    const { prediction } = answers.find(({ item }) => item === JSON.stringify(line))!;
    for (const [name, values] of Object.entries(outputs)) expectClose(IRIS, [prediction[name]!].flat(), values);
  }
}
