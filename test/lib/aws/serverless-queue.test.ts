import { Lazy, type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { type QueueFrontOptions, ServerlessFront } from '../../../lib/aws/index.js';
import { Access, Rollout } from '../../../lib/serving/index.js';
import { grantedActions } from './granted-actions.js';
import { faults, granted, make, type Props } from './serverless-support.js';

const queue =
  (props: Props = {}, options: Partial<QueueFrontOptions> = {}) =>
  (stack: Stack): Props => ({
    front: ServerlessFront.queue({ outputBucket: Bucket.fromBucketName(stack, 'Answers', 'answers'), ...options }),
    ...props,
  });

describe('ServerlessModel behind a queue', () => {
  const { stack, endpoint, template: synthesize } = make(queue());
  const template = synthesize();

  test('takes its messages by the alias, and has single ones come again', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IrisQueue'), 'Arn'] },
      // The name and `:live`, out of the ARN of the alias.
      FunctionName: {
        'Fn::Join': Match.arrayWith([
          Match.arrayWith([
            { 'Fn::Select': [6, { 'Fn::Split': [':', { Ref: Match.stringLikeRegexp('^IrisAliaslive') }] }] },
          ]),
        ]),
      },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: 10,
      ScalingConfig: Match.absent(),
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: '/opt/modelship/lambda.queueHandler',
      Environment: { Variables: { MODELSHIP_RESULTS: 's3://answers/results/' } },
    });
  });

  test('keeps what nobody could answer for two weeks, after three tries', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      RedrivePolicy: {
        deadLetterTargetArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'Arn'] },
        maxReceiveCount: 3,
      },
      VisibilityTimeout: 6 * 29,
    });
    template.allResourcesProperties('AWS::SQS::Queue', { MessageRetentionPeriod: 14 * 24 * 3600 });
  });

  test('encrypts its queues, and takes messages by TLS only', () => {
    template.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
    template.resourcePropertiesCountIs(
      'AWS::SQS::QueuePolicy',
      {
        PolicyDocument: {
          Statement: [
            {
              Action: 'sqs:*',
              Effect: 'Deny',
              Principal: { AWS: '*' },
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
              Resource: Match.anyValue(),
            },
          ],
        },
      },
      2,
    );
  });

  test('may write answers below the prefix, and read none', () => {
    expect(grantedActions(stack).filter((action) => /^s(3|qs):/.test(action))).toEqual([
      's3:PutObject on arn:{AWS::Partition}:s3:::answers/results/*',
      expect.stringMatching(/^sqs:ChangeMessageVisibility on \{IrisQueue/),
      expect.stringMatching(/^sqs:DeleteMessage on \{IrisQueue/),
      expect.stringMatching(/^sqs:GetQueueAttributes on \{IrisQueue/),
      expect.stringMatching(/^sqs:GetQueueUrl on \{IrisQueue/),
      expect.stringMatching(/^sqs:ReceiveMessage on \{IrisQueue/),
    ]);
  });

  test('lets callers send and nothing else', () => {
    expect(granted(queue())).toEqual([
      {
        Action: ['sqs:SendMessage', 'sqs:GetQueueAttributes', 'sqs:GetQueueUrl'],
        Effect: 'Allow',
        Resource: { 'Fn::GetAtt': [expect.stringMatching(/^IrisQueue/), 'Arn'] },
      },
    ]);
  });

  test('watches the dead letters, and how long requests wait', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [
        { Name: 'QueueName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('DeadLetters'), 'QueueName'] } },
      ],
      Threshold: 1,
      EvaluationPeriods: 1,
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ApproximateAgeOfOldestMessage',
      Threshold: 900,
    });
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    make(queue({ dashboard: false }))
      .template()
      .resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });

  test('has no door that answers', () => {
    for (const type of ['ApiGateway::RestApi', 'ApiGatewayV2::Api', 'Lambda::Url']) {
      template.resourceCountIs(`AWS::${type}`, 0);
    }
    expect(stack.resolve(endpoint.predictUrl)).toEqual({ Ref: expect.stringMatching(/^IrisQueue/) });
    expect(() => endpoint.metricLatency()).toThrow(/a queue has no metric for errors and latency/);
    expect(endpoint.metricThrottles().namespace).toBe('AWS/Lambda');
  });

  test('bounds the environments at the queue, so that no call is refused', () => {
    const bounded = make(queue({ maxReplicas: 5 })).template();
    bounded.hasResourceProperties('AWS::Lambda::EventSourceMapping', { ScalingConfig: { MaximumConcurrency: 5 } });
    bounded.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: Match.absent() });
  });

  test('is as it is told to be', () => {
    const other = make(
      queue({ timeoutSeconds: 900 }, { outputPrefix: 'a/b/', batchSize: 1, maxReceives: 9 }),
    ).template();
    other.hasResourceProperties('AWS::Lambda::EventSourceMapping', { BatchSize: 1 });
    other.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 5400, RedrivePolicy: { maxReceiveCount: 9 } });
    other.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { MODELSHIP_RESULTS: 's3://answers/a/b/' } },
    });
  });

  test('encrypts queues with the customer key, and answers with that of the bucket', () => {
    const keys = make((stack) => ({
      encryptionKey: new Key(stack, 'Mine'),
      front: ServerlessFront.queue({
        outputBucket: new Bucket(stack, 'Answers', { encryptionKey: new Key(stack, 'Theirs') }),
      }),
    }));
    keys.template().allResourcesProperties('AWS::SQS::Queue', { KmsMasterKeyId: Match.anyValue() });
    const granted = grantedActions(keys.stack).filter((action) => action.startsWith('kms:'));
    expect(granted).toContainEqual(expect.stringMatching(/^kms:Decrypt on \{Mine/));
    expect(granted).toContainEqual(expect.stringMatching(/^kms:Encrypt on \{Theirs/));
    expect(granted.filter((action) => /Decrypt on \{Theirs/.test(action))).toEqual([]);
  });

  test('moves to new versions by CodeDeploy, and back when letters are dead', () => {
    make(queue({ rollout: Rollout.canary({ percent: 10, bakeMinutes: 10 }) }))
      .template()
      .hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
        AlarmConfiguration: {
          Alarms: Match.arrayWith([{ Name: { Ref: Match.stringLikeRegexp('^IrisTelemetryErrors') } }]),
        },
      });
  });
});

describe('ServerlessModel refuses', () => {
  test.each<[string, (stack: Stack) => Props, string]>([
    ['one environment at a queue', queue({ maxReplicas: 1 }), 'maxReplicas: OUT_OF_RANGE'],
    [
      'tokens at a queue',
      queue({ access: Access.jwt({ issuer: 'https://i', audience: ['a'] }) }),
      'access: UNSUPPORTED',
    ],
    ['anyone at a queue', queue({ access: Access.anonymous() }), 'access: UNSUPPORTED'],
    ['a throttle at a queue', queue({ throttle: { requestsPerSecond: 1 } }), 'throttle: UNSUPPORTED'],
    ['more than a quarter of an hour', queue({ timeoutSeconds: 901 }), 'timeoutSeconds: OUT_OF_RANGE'],
    ['more messages than fit', queue({}, { batchSize: 11 }), 'front.batchSize: OUT_OF_RANGE'],
    ['no try at all', queue({}, { maxReceives: 0 }), 'front.maxReceives: OUT_OF_RANGE'],
    ['a prefix that is no folder', queue({}, { outputPrefix: 'answers' }), 'front.outputPrefix: BAD_TEXT'],
    [
      'another place for answers',
      queue({ environment: { MODELSHIP_RESULTS: 's3://a/' } }),
      'environment.MODELSHIP_RESULTS: RESERVED_VARIABLE',
    ],
  ])('%s', (_, props, fault) => {
    expect(faults(props)).toEqual([fault]);
  });

  test('no token', () => {
    const number = Lazy.number({ produce: () => 5 });
    expect(faults(queue({ maxReplicas: number, timeoutSeconds: number }, { batchSize: number }))).toEqual([]);
  });
});
