import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { ServerlessModel } from '../../../lib/aws/index.js';
import { lintFindings } from './cfn-lint.js';
import { grantedActions } from './granted-actions.js';
import { nagFindings } from './nag-findings.js';
import { minimal, VARIANTS } from './serverless-variants.js';

const build = (variant: string) => (stack: Stack) =>
  new ServerlessModel(stack, 'Iris', { ...minimal, ...VARIANTS[variant]!(stack) });

const methods = ['ANY', '{proxy+}/ANY', 'v1/models/iris:predict/POST', 'v2/models/iris/infer/POST'].map(
  (method) => `Resource/Default/${method}/Resource`,
);

// X-Ray's actions know no resource.
const TRACES = 'AwsSolutions-IAM5[Resource::*] at S/Iris/Role/DefaultPolicy/Resource';

/** What cdk-nag finds with a REST API, and why it stays. */
const REST_API = [
  TRACES,
  // Execution logs would be in a group of API Gateway's own, which never expires.
  'AwsSolutions-APIG6 at S/Iris/Api/Resource/DeploymentStage.prod/Resource',
  // A firewall is the user's to add: it costs by the month, and callers are known already.
  'AwsSolutions-APIG3 at S/Iris/Api/Resource/DeploymentStage.prod/Resource',
  // Callers are machines with an IAM identity, a key or a token of any issuer; Cognito is for people.
  ...methods.map((method) => `AwsSolutions-COG4 at S/Iris/Api/${method}`),
];

/** An access log takes a setting of the account, which only the user may ask for. */
const UNLOGGED = 'AwsSolutions-APIG1 at S/Iris/Api/Resource/DeploymentStage.prod/Resource';
/** The account's one role for the logs of API Gateway, which writes log groups of any name. */
const LOG_ROLE =
  'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:*] at S/ModelshipApiLogRole/Role/DefaultPolicy/Resource';

// Whoever may describe some alarms may not describe those that are made of others.
const ALARMS = 'AwsSolutions-IAM5[Resource::*] at S/Iris/TrafficShift/Role/DefaultPolicy/Resource';

/** With a key, or with nobody asked, there is no authorizer; a variant has it only because it says so. */
const UNAUTHORIZED = methods.map((method) => `AwsSolutions-APIG4 at S/Iris/Api/${method}`);

const ACKNOWLEDGED: Readonly<Record<string, readonly string[]>> = {
  keys: [...REST_API, UNLOGGED, ...UNAUTHORIZED],
  anonymous: [...REST_API, UNLOGGED, ...UNAUTHORIZED],
  'HTTP API': [TRACES],
  'HTTP API, tokens': [TRACES],
  'HTTP API, anonymous': [
    TRACES,
    ...['ANY--', 'ANY--{proxy+}'].map((route) => `AwsSolutions-APIG4 at S/Iris/HttpApi/Resource/${route}/Resource`),
  ],
  'function URL': [TRACES],
  'function URL, anonymous': [TRACES],
  canary: [...REST_API, UNLOGGED, ALARMS],
  gate: [...REST_API, UNLOGGED, ALARMS],
  'linear, function URL': [TRACES, ALARMS],
  // Lambda's network interfaces have no name before they are made.
  network: [TRACES],
  // The package's files, and no others, begin with the prefix.
  bucket: [
    TRACES,
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::models-of-mine/iris/1/*] at S/Iris/Role/DefaultPolicy/Resource',
  ],
  'S3 Files, read from S3': [
    ...REST_API,
    UNLOGGED,
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::models-of-mine/models/iris/1/*] at S/Iris/Role/DefaultPolicy/Resource',
  ],
  image: [TRACES],
  'warm, bounded and encrypted': [...REST_API, LOG_ROLE],
  firewall: [...REST_API, UNLOGGED].filter((finding) => !finding.startsWith('AwsSolutions-APIG3')),
  // Answers, and nothing else, begin with the prefix.
  queue: [
    TRACES,
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::answers-of-mine/results/*] at S/Iris/Role/DefaultPolicy/Resource',
  ],
  // The interface endpoint is the network owner's. CDK opens its group to the range of the VPC, which cdk-nag cannot resolve.
  'private REST API': [...REST_API, UNLOGGED, 'AwsSolutions-EC23 at S/Vpc/Api/SecurityGroup/Resource'],
};

describe.each(Object.keys(VARIANTS))('ServerlessModel on AWS, %s', (variant) => {
  test('has no finding of cdk-nag beside those that are explained', () => {
    expect(nagFindings(build(variant))).toEqual([...(ACKNOWLEDGED[variant] ?? [...REST_API, UNLOGGED])].sort());
  });
});

test('cfn-lint finds nothing in any variant', () => {
  expect(lintFindings(Object.keys(VARIANTS).map(build))).toBe('');
});

const grants = (variant: string): string[] => {
  const context = { 'aws:cdk:disable-asset-staging': true };
  const stack = new Stack(new App({ analyticsReporting: false, context }), 'S');
  build(variant)(stack);
  return (
    grantedActions(stack)
      .map((grant) => grant.replaceAll(/\{(\w+?)[0-9A-F]{8}(\.\w+)?\}/g, '{$1}'))
      // Those of the network's owner.
      .filter((grant) => !grant.endsWith('{FlowLogs}'))
  );
};

/** What every function may do. */
const FUNCTION = [
  'logs:CreateLogStream on {IrisLogs}',
  'logs:PutLogEvents on {IrisLogs}',
  // X-Ray's actions know no resource.
  'xray:PutTelemetryRecords on *',
  'xray:PutTraceSegments on *',
];
/** What CodeDeploy may do. */
const CODE_DEPLOY = [
  'cloudwatch:DescribeAlarms on *',
  ...['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'].flatMap((action) => [
    `${action} on {Iris}`,
    `${action} on {Iris}:live`,
  ]),
];
/** What Lambda may do in a network, which the code of the function is denied: hence twice, once on a condition. */
const NETWORK = [
  'AssignPrivateIpAddresses',
  'CreateNetworkInterface',
  'DeleteNetworkInterface',
  'DescribeNetworkInterfaces',
  'DescribeSubnets',
  'UnassignPrivateIpAddresses',
].flatMap((action) => [`ec2:${action} on *`, `ec2:${action} on * if`]);
/** What S3 Files itself may do, by a role of its owner's, and the mount, which may not write. */
const S3_FILES = [
  's3:ListBucket on arn:{AWS::Partition}:s3:::models-of-mine',
  's3files:ClientMount on {part 0 of {AccessPoint.AccessPointArn}} if',
  's3files:ClientMount on {AccessPoint.AccessPointArn}',
];

test.each<[string, readonly string[]]>([
  ['default', [...FUNCTION]],
  ['keys', [...FUNCTION]],
  [
    'tokens',
    [
      ...FUNCTION,
      'logs:CreateLogStream on {IrisApiJwtAuthorizerLogs}',
      'logs:PutLogEvents on {IrisApiJwtAuthorizerLogs}',
    ],
  ],
  ['HTTP API', FUNCTION],
  ['HTTP API, tokens', FUNCTION],
  ['function URL', FUNCTION],
  ['firewall', [...FUNCTION]],
  ['canary', [...FUNCTION, ...CODE_DEPLOY]],
  ['network', [...FUNCTION, ...NETWORK]],
  ['bucket', [...FUNCTION, 's3:GetObject on arn:{AWS::Partition}:s3:::models-of-mine/iris/1/*']],
  ['file system', [...FUNCTION, ...NETWORK, 'elasticfilesystem:ClientMount on {Files} if']],
  ['S3 Files', [...FUNCTION, ...NETWORK, ...S3_FILES]],
  [
    'S3 Files, read from S3',
    [
      ...FUNCTION,
      ...NETWORK,
      ...S3_FILES,
      ...['GetObject', 'GetObjectVersion'].map(
        (action) => `s3:${action} on arn:{AWS::Partition}:s3:::models-of-mine/models/iris/1/*`,
      ),
    ],
  ],
  ['image', FUNCTION],
  [
    'queue',
    [
      ...FUNCTION,
      's3:PutObject on arn:{AWS::Partition}:s3:::answers-of-mine/results/*',
      ...['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'].map(
        (action) => `sqs:${action} on {IrisQueue}`,
      ),
    ],
  ],
])('%s grants what the list says and nothing more', (variant, expected) => {
  expect(grants(variant)).toEqual([...expected].sort());
});
