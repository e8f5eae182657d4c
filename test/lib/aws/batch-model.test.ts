import { App, CfnParameter, Duration, Lazy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { ServerlessFront } from '../../../lib/aws/front.js';
import { BatchCompute, BatchModel, type BatchModelProps, ServerlessModel } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, ImageSource } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { VARIANTS } from './batch-variants.js';
import { faultsOf } from './faults.js';
import { grantedActions, text } from './granted-actions.js';
import { IMAGE, model } from './managed-endpoint-variants.js';

const stackOf = () => new Stack(new App({ analyticsReporting: false }), 'S');

function make(props: (stack: Stack) => BatchModelProps) {
  const stack = stackOf();
  const batch = new BatchModel(stack, 'Batch', props(stack));
  return { stack, batch, template: () => Template.fromStack(stack) };
}

/** The one state of the state machine, with logical ids for what has no name. */
function state(template: Template) {
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const definition = JSON.parse(text(machine!.Properties.DefinitionString));
  expect(definition.StartAt).toBe('Predictions');
  return { ...definition.States.Predictions, timeout: definition.TimeoutSeconds };
}

/** `prop: CODE` of everything that is wrong. */
function faults(props: (stack: Stack) => BatchModelProps): string[] {
  return faultsOf(() => make(props));
}

const map = VARIANTS['by a function behind a REST API']!;
const transform = VARIANTS['by a transform job']!;

describe('BatchModel by a service', () => {
  test('sends the lines of the file to the service, many in a request', () => {
    const made = state(make(map).template());
    expect(made).toMatchObject({
      Type: 'Map',
      ItemReader: { ReaderConfig: { InputType: 'JSONL' }, Parameters: { 'Key.$': '$.key' } },
      ItemBatcher: { MaxItemsPerBatch: 100, MaxInputBytesPerBatch: 258_048 },
      MaxConcurrency: 10,
      ToleratedFailurePercentage: 0,
      timeout: 86_400,
    });
    expect(made.ItemProcessor.ProcessorConfig).toEqual({ Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' });
    expect(made.ItemProcessor.States.Predict.Parameters).toMatchObject({
      Method: 'POST',
      Path: '/v1/models/iris:predict',
      AuthType: 'IAM_ROLE',
      RequestBody: { 'instances.$': '$.Items' },
    });
    expect(made.ItemProcessor.States.Predict.Parameters.Stage).toMatch(/DeploymentStage/);
  });

  test('asks for no more rows at once than their predictions leave room for', () => {
    const rows = (shape: number[], rowsPerRequest?: number) => {
      const outputs = [{ name: 'probabilities', datatype: 'FP64' as const, shape }];
      const wide = Model.fromDirectory(writePackage({ outputs }));
      const made = make((stack) => ({
        compute: BatchCompute.serverless(new ServerlessModel(stack, 'Iris', { model: wide }), { rowsPerRequest }),
        inputBucket: new Bucket(stack, 'Bucket'),
      }));
      return state(made.template()).ItemBatcher.MaxItemsPerBatch;
    };
    expect(rows([-1, 3])).toBe(100);
    expect(rows([-1, 3], 10_000)).toBeLessThan(10_000);
    expect(rows([-1, 1000])).toBeLessThan(100);
    expect(rows([-1, 10_000])).toBe(1);
  });

  test('names no stage where the URL has none', () => {
    for (const variant of ['by a function behind an HTTP API', 'by a service on ECS']) {
      const { Parameters } = state(make(VARIANTS[variant]!).template()).ItemProcessor.States.Predict;
      expect(Parameters.Stage).toBeUndefined();
      expect(Parameters.Path).toBe('/v1/models/iris:predict');
      expect(Parameters.ApiEndpoint).not.toMatch(/^https/);
    }
  });

  test('tries again what was throttled or failed, and not what the rows are to blame for', () => {
    const { Retry } = state(make(map).template()).ItemProcessor.States.Predict;
    expect(Retry[0]).toEqual({ ErrorEquals: ['ApiGateway.400', 'ApiGateway.403', 'ApiGateway.413'], MaxAttempts: 0 });
    expect(Retry[1]).toMatchObject({ ErrorEquals: ['States.TaskFailed', 'States.Timeout'], MaxAttempts: 6 });
  });

  test('writes predictions and failures into a folder of the execution', () => {
    const { ResultWriter } = state(make(map).template());
    expect(ResultWriter.Parameters['Prefix.$']).toBe("States.Format('batch/output/{}', $$.Execution.Name)");
  });

  test('may call the service, read and write its prefixes, and run itself', () => {
    const { stack } = make(map);
    const ours = grantedActions(stack).filter((action) => /^(execute-api|s3|states)/.test(action));
    const states = 'arn:{AWS::Partition}:states:{AWS::Region}:{AWS::AccountId}';
    expect(ours).toEqual([
      expect.stringMatching(/^execute-api:Invoke on .*\/\{IrisApiDeploymentStage.*\}\/\*\/\*$/),
      's3:AbortMultipartUpload on {Bucket83908E77.Arn}/batch/output/*',
      's3:GetObject on {Bucket83908E77.Arn}/batch/input/*',
      's3:GetObject on {Bucket83908E77.Arn}/batch/output/*',
      's3:ListMultipartUploadParts on {Bucket83908E77.Arn}/batch/output/*',
      's3:PutObject on {Bucket83908E77.Arn}/batch/output/*',
      `states:DescribeExecution on ${states}:execution:S-Batch-19DA8718/*`,
      `states:DescribeExecution on ${states}:execution:S-Batch-19DA8718:*`,
      `states:RedriveExecution on ${states}:execution:S-Batch-19DA8718/*`,
      `states:RedriveExecution on ${states}:execution:S-Batch-19DA8718:*`,
      `states:StartExecution on ${states}:stateMachine:S-Batch-19DA8718`,
      `states:StopExecution on ${states}:execution:S-Batch-19DA8718/*`,
      `states:StopExecution on ${states}:execution:S-Batch-19DA8718:*`,
    ]);
  });
});

describe('BatchModel by a transform job', () => {
  test('runs a job for every object under the prefix, line by line', () => {
    const { template } = make(transform);
    const { Resource, Parameters } = state(template());
    expect(Resource).toMatch(/:states:::sagemaker:createTransformJob\.sync$/);
    expect(Parameters).toMatchObject({
      BatchStrategy: 'MultiRecord',
      MaxConcurrentTransforms: 4,
      TransformInput: { ContentType: 'application/jsonlines', SplitType: 'Line' },
      TransformOutput: { Accept: 'application/x-ndjson', AssembleWith: 'Line' },
      TransformResources: { InstanceType: 'ml.m5.large', InstanceCount: 1 },
    });
    expect(Parameters.TransformResources.VolumeKmsKeyId).toBeUndefined();
  });

  test('gives jobs names that SageMaker takes, however long the path', () => {
    const stack = stackOf();
    new BatchModel(stack, 'B'.repeat(100), transform(stack));
    const [, prefix] = /States\.Format\('(.*)-\{\}', States\.UUID\(\)\)/.exec(
      state(Template.fromStack(stack)).Parameters['TransformJobName.$'],
    )!;
    expect(`${prefix}-${'0'.repeat(36)}`).toMatch(/^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}$/);
  });

  test('gives no key for disks that the hardware encrypts, nor the right to it', () => {
    const { stack, template } = make((scope) => ({
      ...VARIANTS['by a transform job, encrypted']!(scope),
      compute: BatchCompute.transform({
        model,
        image: ImageSource.fromRegistry(IMAGE),
        instanceType: 'ml.g5.xlarge',
      }),
    }));
    const { Parameters } = state(template());
    expect(Parameters.TransformResources).toMatchObject({ InstanceType: 'ml.g5.xlarge', InstanceCount: 1 });
    expect(Parameters.TransformResources).not.toHaveProperty('VolumeKmsKeyId');
    expect(Parameters.TransformOutput.KmsKeyId).toMatch(/Key/);
    expect(grantedActions(stack).filter((action) => action.startsWith('kms:CreateGrant'))).toEqual([]);
  });

  test('gives SageMaker an archive, for it takes no prefix, and no network', () => {
    const [{ Properties }] = Object.values(make(transform).template().findResources('AWS::SageMaker::Model')) as [
      { Properties: Record<string, Record<string, unknown>> },
    ];
    expect(Properties.PrimaryContainer!.ModelDataSource).toBeUndefined();
    expect(text(Properties.PrimaryContainer!.ModelDataUrl)).toMatch(/\.tar\.gz$/);
    expect(Properties.EnableNetworkIsolation).toBe(true);
  });

  test('encrypts disks and predictions with the key', () => {
    const { stack, template } = make(VARIANTS['by a transform job, encrypted']!);
    const { Parameters } = state(template());
    expect(grantedActions(stack).filter((action) => /^kms:(Create|Describe)/.test(action))).toEqual([
      expect.stringMatching(/^kms:CreateGrant on \{Key\w+\.Arn\} if$/),
      expect.stringMatching(/^kms:DescribeKey on \{Key\w+\.Arn\}$/),
    ]);
    expect(Parameters.TransformResources.VolumeKmsKeyId).toMatch(/Key/);
    expect(Parameters.TransformOutput.KmsKeyId).toMatch(/Key/);
  });
});

describe('BatchModel', () => {
  test('lets a grantee start it and nothing else', () => {
    const { stack, batch } = make(transform);
    const grantee = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    batch.grantStart(grantee);
    expect(grantedActions(stack).filter((action) => action.startsWith('states:'))).toEqual([
      `states:StartExecution on {${stack.getLogicalId(batch.stateMachine)}}`,
    ]);
  });

  test('logs every step, for 90 days and without rows or predictions', () => {
    const { template } = make(transform);
    template().hasResourceProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
    template().hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
  });

  test('watches executions that failed, and those that ran out of time', () => {
    const { template } = make(transform);
    const [alarm] = Object.values(template().findResources('AWS::CloudWatch::Alarm'));
    expect(alarm!.Properties).toMatchObject({ Threshold: 1, EvaluationPeriods: 1 });
    const [sum, ...metrics] = alarm!.Properties.Metrics;
    expect(sum.Expression).toBe('FILL(failed, 0) + FILL(timedOut, 0)');
    expect(
      metrics.map(({ Id, MetricStat }: Record<string, { Stat: string; Metric: { MetricName: string } }>) => [
        Id,
        MetricStat!.Stat,
        MetricStat!.Metric.MetricName,
      ]),
    ).toEqual([
      ['failed', 'Sum', 'ExecutionsFailed'],
      ['timedOut', 'Sum', 'ExecutionsTimedOut'],
    ]);
  });

  test('lets tokens pass', () => {
    const token = Lazy.number({ produce: () => 5 });
    const job = { model, image: ImageSource.fromRegistry(IMAGE), instanceCount: token, timeoutSeconds: token };
    expect(faults((stack) => ({ ...transform(stack), compute: BatchCompute.transform(job) }))).toEqual([]);
  });
});

describe('BatchModel refuses', () => {
  const by = (compute: (stack: Stack) => BatchCompute) => (stack: Stack) => ({
    compute: compute(stack),
    inputBucket: new Bucket(stack, 'Bucket'),
  });
  const job = { model, image: ImageSource.fromRegistry(IMAGE) };
  const serving = (stack: Stack) => new ServerlessModel(stack, 'Iris', { model });

  test.each<[string, (stack: Stack) => BatchModelProps, string[]]>([
    [
      'a name in place of a service',
      (stack) => ({ ...transform(stack), compute: BatchCompute.serverless('iris' as never) }),
      ['compute.service: WRONG_TYPE'],
    ],
    [
      'prefixes that are no folders',
      (stack) => ({ ...transform(stack), inputPrefix: '/in/', outputPrefix: 'out' }),
      ['inputPrefix: BAD_TEXT', 'outputPrefix: BAD_TEXT'],
    ],
    [
      'a prefix that would end the expression it stands in',
      (stack) => ({ ...transform(stack), outputPrefix: "out'/" }),
      ['outputPrefix: BAD_TEXT'],
    ],
    [
      'numbers beyond what a map takes',
      by((stack) =>
        BatchCompute.serverless(serving(stack), {
          rowsPerRequest: 0,
          maxConcurrency: 10_001,
          toleratedFailurePercent: 101,
        }),
      ),
      [
        'compute.rowsPerRequest: OUT_OF_RANGE',
        'compute.maxConcurrency: OUT_OF_RANGE',
        'compute.toleratedFailurePercent: OUT_OF_RANGE',
      ],
    ],
    [
      'numbers beyond what a job takes',
      by(() => BatchCompute.transform({ ...job, instanceType: 'm5.large', instanceCount: 0, timeoutSeconds: 3601 })),
      ['compute.instanceType: BAD_TEXT', 'compute.instanceCount: OUT_OF_RANGE', 'compute.timeoutSeconds: OUT_OF_RANGE'],
    ],
    [
      'a function that API Gateway does not stand before',
      by((stack) =>
        BatchCompute.serverless(new ServerlessModel(stack, 'Iris', { model, front: ServerlessFront.functionUrl() })),
      ),
      ['compute: UNSUPPORTED_FRONT'],
    ],
    [
      'predictions that Step Functions cannot pass',
      by((stack) => {
        const outputs = [{ name: 'mask', datatype: 'FP32' as const, shape: [-1, 512, 512] }];
        const wide = Model.fromDirectory(writePackage({ outputs }));
        return BatchCompute.serverless(new ServerlessModel(stack, 'Iris', { model: wide }));
      }),
      ['compute: PAYLOAD_TOO_LARGE'],
    ],
    [
      'rows that Step Functions cannot pass',
      by((stack) => {
        const inputs = [{ name: 'image', datatype: 'FP32' as const, shape: [-1, 100_000] }];
        const wide = Model.fromDirectory(writePackage({ inputs }));
        return BatchCompute.serverless(new ServerlessModel(stack, 'Iris', { model: wide }));
      }),
      ['compute: PAYLOAD_TOO_LARGE'],
    ],
    [
      'a time limit that only a deployment tells, of which the seconds are not known',
      (stack) => ({
        ...transform(stack),
        timeout: Duration.hours(new CfnParameter(stack, 'N', { type: 'Number' }).valueAsNumber),
      }),
      ['timeout: UNRESOLVED_TOKEN'],
    ],
    [
      'a GPU that the runtime does not use',
      by(() => BatchCompute.transform({ model, instanceType: 'ml.g4dn.xlarge' })),
      ['compute.image: NO_GPU_RUNTIME'],
    ],
    [
      'a misspelt prop',
      (stack) => ({ ...transform(stack), inputBuket: 1 }) as BatchModelProps,
      ['inputBuket: UNKNOWN_PROP'],
    ],
  ])('%s', (_what, props, expected) => {
    expect(faults(props)).toEqual(expected);
  });

  test('callers that are not known by IAM, which is how Step Functions comes', () => {
    expect(() =>
      make(
        by((stack) => BatchCompute.serverless(new ServerlessModel(stack, 'Iris', { model, access: Access.apiKey() }))),
      ),
    ).toThrow(/Access\.cloudIdentity\(\)/);
  });

  test('an image that SageMaker cannot pull', () => {
    expect(() =>
      make(by(() => BatchCompute.transform({ model, image: ImageSource.fromRegistry('ghcr.io/a/b:1') }))),
    ).toThrow(/compute\.image: got .*\[NOT_IN_ECR\]/);
  });
});
