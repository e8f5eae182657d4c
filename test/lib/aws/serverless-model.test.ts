import { Aws, type CfnElement, CfnParameter, Lazy, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import type { CfnStage } from 'aws-cdk-lib/aws-apigateway';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Architecture, type CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { type RestFront, ServerlessFront, ServerlessModel } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, Rollout } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { faults, make, model, type Props } from './serverless-support.js';

/** A row of so many numbers, of four bytes each. */
const withRow = (length: number) =>
  Model.fromDirectory(writePackage({ inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, length] }] }));

describe('ServerlessModel on AWS', () => {
  test('runs the handler of the layer over the package, and only what has its digest', () => {
    make()
      .template()
      .hasResourceProperties('AWS::Lambda::Function', {
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: '/opt/modelship/lambda.streamingHandler',
        MemorySize: 1769,
        Timeout: 29,
        Environment: {
          Variables: {
            MODELSHIP_MODEL: '/var/task',
            MODELSHIP_MODEL_DIGEST: model.digest,
            MODELSHIP_TIMEOUT_SECONDS: '29',
          },
        },
        TracingConfig: { Mode: 'Active' },
        ReservedConcurrentExecutions: Match.absent(),
      });
  });

  test('names the code by the digest, so that the same model is the same asset', () => {
    const key = (of: Model) =>
      Object.values(make({ model: of }).template().findResources('AWS::Lambda::Function'))[0]!.Properties.Code.S3Key;
    expect(key(Model.fromDirectory(writePackage()))).toBe(key(model));
    expect(key(Model.fromDirectory(writePackage({ version: '2' })))).not.toBe(key(model));
  });

  test('shares one layer between the models of a stack, and one role for logs', () => {
    const { stack, template } = make({ apiGatewayLogRole: true });
    new ServerlessModel(stack, 'Other', { model, apiGatewayLogRole: true });
    template().resourceCountIs('AWS::Lambda::LayerVersion', 1);
    template().resourceCountIs('AWS::ApiGateway::Account', 1);
    template().resourceCountIs('AWS::Lambda::Function', 2);
  });

  test.each([undefined, false])('changes no setting of the account unless asked for: %s', (apiGatewayLogRole) => {
    make({ apiGatewayLogRole }).template().resourceCountIs('AWS::ApiGateway::Account', 0);
  });

  test.each([
    [undefined, Match.absent()],
    [false, { DestinationArn: Match.anyValue(), Format: Match.anyValue() }],
    [true, { DestinationArn: Match.anyValue(), Format: Match.anyValue() }],
  ])('has an access log of the REST API where the account can write it: %s', (apiGatewayLogRole, AccessLogSetting) => {
    make({ apiGatewayLogRole })
      .template()
      .hasResourceProperties('AWS::ApiGateway::Stage', {
        AccessLogSetting,
        // Of these API Gateway would make a group itself, which no retention and no key reaches.
        MethodSettings: [Match.objectLike({ LoggingLevel: 'OFF', DataTraceEnabled: false })],
      });
  });

  test('keeps the log of a failed first deployment, unless it is not wanted', () => {
    const policy = (props: Props) => {
      const { stack, endpoint, template } = make(props);
      return template().findResources('AWS::Logs::LogGroup')[
        stack.getLogicalId(endpoint.logGroup.node.defaultChild as CfnElement)
      ]!.DeletionPolicy;
    };
    expect(policy({})).toBe('Retain');
    expect(policy({ logRemovalPolicy: RemovalPolicy.DESTROY })).toBe('Delete');
  });

  test('publishes a version for each content, and the API calls the newest', () => {
    const version = (props: Props) => Object.keys(make(props).template().findResources('AWS::Lambda::Version'))[0];
    expect(version({})).toBe(version({}));
    const next = Model.fromDirectory(writePackage({ version: '2' }));
    expect(version({ model: next })).not.toBe(version({}));
    make()
      .template()
      .hasResourceProperties('AWS::Lambda::Alias', { Name: 'live', ProvisionedConcurrencyConfig: Match.absent() });
  });

  test('keeps environments warm and bounds them', () => {
    const template = make({ minReplicas: 2, maxReplicas: 5 }).template();
    template.hasResourceProperties('AWS::Lambda::Alias', {
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 },
    });
    template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: 5 });
  });

  test('asks for IAM signatures on every path', () => {
    const methods = Object.values(make().template().findResources('AWS::ApiGateway::Method'));
    expect(methods).toHaveLength(4);
    for (const { Properties } of methods) expect(Properties.AuthorizationType).toBe('AWS_IAM');
  });

  test('grants the invocation of this stage and nothing else', () => {
    const { stack, endpoint, template } = make();
    const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    endpoint.grantInvoke(role);
    template().hasResourceProperties('AWS::IAM::Policy', {
      Roles: [Match.objectLike({ Ref: Match.stringLikeRegexp('^Caller') })],
      PolicyDocument: {
        Statement: [
          {
            Action: 'execute-api:Invoke',
            Effect: 'Allow',
            Resource: {
              'Fn::Join': [
                '',
                [
                  'arn:',
                  { Ref: 'AWS::Partition' },
                  ':execute-api:',
                  { Ref: 'AWS::Region' },
                  ':',
                  { Ref: 'AWS::AccountId' },
                  ':',
                  Match.objectLike({ Ref: Match.stringLikeRegexp('^IrisApi') }),
                  '/',
                  Match.objectLike({ Ref: Match.stringLikeRegexp('Stage') }),
                  '/*/*',
                ],
              ],
            },
          },
        ],
      },
    });
  });

  test('with keys, callers have a usage plan with rate and quota', () => {
    const template = make({
      access: Access.apiKey(),
      throttle: { requestsPerSecond: 10, requestsPerDay: 1000 },
    }).template();
    template.allResourcesProperties('AWS::ApiGateway::Method', { ApiKeyRequired: true });
    template.hasResourceProperties('AWS::ApiGateway::UsagePlan', {
      Throttle: { RateLimit: 10, BurstLimit: 10 },
      Quota: { Limit: 1000, Period: 'DAY' },
    });
  });

  test('with tokens, an authorizer of the same layer checks issuer and audience', () => {
    const access = Access.jwt({ issuer: 'https://issuer.example.com', audience: ['a', 'b'] });
    const template = make({ access }).template();
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: '/opt/modelship/authorizer.handler',
      Environment: {
        Variables: { MODELSHIP_JWT_ISSUER: 'https://issuer.example.com', MODELSHIP_JWT_AUDIENCE: 'a,b' },
      },
    });
    template.allResourcesProperties('AWS::ApiGateway::Method', { AuthorizationType: 'CUSTOM' });
    template.resourceCountIs('AWS::Lambda::LayerVersion', 1);
  });

  test('is open to anyone only when asked to be', () => {
    make({ access: Access.anonymous() })
      .template()
      .allResourcesProperties('AWS::ApiGateway::Method', { AuthorizationType: 'NONE', ApiKeyRequired: Match.absent() });
  });

  test.each([Access.apiKey(), Access.anonymous(), Access.jwt({ issuer: 'https://i.example', audience: ['a'] })])(
    'refuses a grant by IAM where IAM is not asked: $kind',
    (access) => {
      const { stack, endpoint } = make({ access });
      const role = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
      expect(() => endpoint.grantInvoke(role)).toThrow(/does not use IAM; use Access\.cloudIdentity\(\)/);
    },
  );

  test('streams answers, which then pass as they are whatever the caller accepts', () => {
    make()
      .template()
      .allResourcesProperties('AWS::ApiGateway::Method', {
        Integration: Match.objectLike({
          Type: 'AWS_PROXY',
          ResponseTransferMode: 'STREAM',
          TimeoutInMillis: 29_000,
          Uri: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('/response-streaming-invocations$')])] },
        }),
      });
  });

  test('throttles everyone together, logs who asked, and no bodies', () => {
    make({ apiGatewayLogRole: true })
      .template()
      .hasResourceProperties('AWS::ApiGateway::Stage', {
        AccessLogSetting: { Format: Match.stringLikeRegexp('"requestId"') },
        MethodSettings: [
          Match.objectLike({
            DataTraceEnabled: false,
            ThrottlingRateLimit: 100,
            ThrottlingBurstLimit: 200,
          }),
        ],
      });
  });

  test('tells throttled callers when to try again', () => {
    const responses = Object.values(make().template().findResources('AWS::ApiGateway::GatewayResponse'));
    const retryAfter = Object.fromEntries(
      responses.map(({ Properties: { ResponseType, StatusCode, ResponseParameters } }) => [
        `${ResponseType} ${StatusCode}`,
        ResponseParameters?.['gatewayresponse.header.Retry-After'],
      ]),
    );
    expect(retryAfter).toMatchObject({ 'THROTTLED 429': "'1'", 'QUOTA_EXCEEDED 429': "'3600'" });
  });

  test('keeps every log for 90 days, or as long as asked', () => {
    make().template().allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
    make({ logRetentionDays: 7 }).template().allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
  });

  test('encrypts logs and environment with a customer key', () => {
    const template = make((stack) => ({ encryptionKey: new Key(stack, 'Key') })).template();
    template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: Match.anyValue() });
    template.hasResourceProperties('AWS::Lambda::Function', { KmsKeyArn: Match.anyValue() });
  });

  test('lets CloudWatch Logs use the customer key, for log groups of this account only', () => {
    const template = make((stack) => ({ encryptionKey: new Key(stack, 'Key') })).template();
    const account = { Ref: 'AWS::AccountId' };
    const region = { Ref: 'AWS::Region' };
    const logGroups = ['arn:', { Ref: 'AWS::Partition' }, ':logs:', region, ':', account, ':log-group:*'];
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          {
            Effect: 'Allow',
            Principal: { Service: { 'Fn::Join': ['', ['logs.', region, '.amazonaws.com']] } },
            Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
            Resource: '*',
            Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': { 'Fn::Join': ['', logGroups] } } },
          },
        ]),
      },
    });
  });

  test('has three alarms and a dashboard, which can be left out', () => {
    make().template().resourceCountIs('AWS::CloudWatch::Alarm', 3);
    make().template().resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    make({ dashboard: false }).template().resourceCountIs('AWS::CloudWatch::Dashboard', 0);
  });

  test('no role has a managed policy', () => {
    for (const { Properties } of Object.values(make().template().findResources('AWS::IAM::Role'))) {
      expect(Properties.ManagedPolicyArns).toBeUndefined();
    }
  });

  test('every child can be changed by its L1', () => {
    const { endpoint, template } = make();
    (endpoint.function.node.defaultChild as CfnFunction).addPropertyOverride('MemorySize', 512);
    ((endpoint.front as RestFront).api.deploymentStage.node.defaultChild as CfnStage).cacheClusterEnabled = true;
    template().hasResourceProperties('AWS::Lambda::Function', { MemorySize: 512 });
    template().hasResourceProperties('AWS::ApiGateway::Stage', { CacheClusterEnabled: true });
  });

  test('tells its URL and that of the model', () => {
    const { stack, endpoint } = make();
    expect(JSON.stringify(stack.resolve(endpoint.predictUrl))).toMatch(/\/v1\/models\/iris:predict/);
  });

  test('tells the function a time that is known at deployment only', () => {
    const { template } = make((stack) => ({
      timeoutSeconds: new CfnParameter(stack, 'Seconds', { type: 'Number' }).valueAsNumber,
    }));
    template().hasResourceProperties('AWS::Lambda::Function', {
      Timeout: { Ref: 'Seconds' },
      Environment: { Variables: Match.objectLike({ MODELSHIP_TIMEOUT_SECONDS: { Ref: 'Seconds' } }) },
    });
  });

  test('serves on x86 when asked', () => {
    make({ architecture: Architecture.X86_64 })
      .template()
      .hasResourceProperties('AWS::Lambda::LayerVersion', { CompatibleArchitectures: ['x86_64'] });
  });
});

describe('ServerlessModel on AWS refuses', () => {
  test('everything that is wrong, in one error', () => {
    const wrong: Props = {
      memoryMib: 64,
      timeoutSeconds: 301,
      minReplicas: 3,
      maxReplicas: 2,
      throttle: { requestsPerSecond: 0, requestsPerDay: 10 },
      logRetentionDays: 8,
      rollout: Rollout.canary({ percent: 0, bakeMinutes: 3000 }),
      environment: { MODELSHIP_MODEL: 'x', '1A': 'y' },
    };
    expect(faults(wrong).sort()).toEqual([
      'environment.1A: BAD_TEXT',
      'environment.MODELSHIP_MODEL: RESERVED_VARIABLE',
      'logRetentionDays: OUT_OF_RANGE',
      'memoryMib: OUT_OF_RANGE',
      'minReplicas: MIN_OVER_MAX',
      'rollout.bakeMinutes: OUT_OF_RANGE',
      'rollout.percent: OUT_OF_RANGE',
      'throttle.requestsPerDay: UNSUPPORTED',
      'throttle.requestsPerSecond: OUT_OF_RANGE',
      'timeoutSeconds: OUT_OF_RANGE',
    ]);
  });

  test.each<[string, Props, string]>([
    ['no replica at all', { maxReplicas: 0 }, 'maxReplicas: OUT_OF_RANGE'],
    ['half a replica', { minReplicas: 0.5 }, 'minReplicas: OUT_OF_RANGE'],
    [
      'an issuer without TLS',
      { access: Access.jwt({ issuer: 'http://i', audience: ['a'] }) },
      'access.issuer: BAD_TEXT',
    ],
    ['no audience', { access: Access.jwt({ issuer: 'https://i', audience: [] }) }, 'access.audience: MISSING'],
    ['a misspelt prop', { memoryMb: 512 } as Props, 'memoryMb: UNKNOWN_PROP'],
    ['a model whose smallest request is too large', { model: withRow(2_000_000) }, 'model: PAYLOAD_TOO_LARGE'],
  ])('%s', (_, props, fault) => {
    expect(faults(props)).toEqual([fault]);
  });

  test('requests that a queue is too narrow for, and an API is not', () => {
    const row = withRow(300_000);
    expect(faults({ model: row })).toEqual([]);
    const queue = (stack: Stack) => ({
      model: row,
      front: ServerlessFront.queue({ outputBucket: Bucket.fromBucketName(stack, 'Answers', 'answers') }),
    });
    expect(faults(queue)).toEqual(['model: PAYLOAD_TOO_LARGE']);
    expect(() => make(queue)).toThrow(/1200000 bytes, and a message of SQS at most 1048576; use ContainerModel/);
  });

  test('with what was got, what is allowed and by whom', () => {
    expect(() => make({ memoryMib: 64 })).toThrow(
      'memoryMib: got 64; AWS Lambda allows a whole number from 128 to 10240 MiB',
    );
  });

  test('no token', () => {
    const number = Lazy.number({ produce: () => 512 });
    const props: Props = {
      memoryMib: number,
      timeoutSeconds: number,
      minReplicas: number,
      maxReplicas: number,
      access: Access.jwt({ issuer: `https://${Aws.URL_SUFFIX}`, audience: [Aws.ACCOUNT_ID] }),
    };
    expect(faults(props)).toEqual([]);
  });
});
