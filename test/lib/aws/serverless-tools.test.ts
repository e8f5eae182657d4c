import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { ServerlessModel } from '../../../lib/aws/index.js';
import { requireTool } from '../../support/tools.js';
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
  // The account's one role for the logs of API Gateway, which writes log groups of any name.
  'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:*] at S/ModelshipApiLogRole/Role/DefaultPolicy/Resource',
  // A firewall is the user's to add: it costs by the month, and callers are known already.
  'AwsSolutions-APIG3 at S/Iris/Api/Resource/DeploymentStage.prod/Resource',
  // Callers are machines with an IAM identity, a key or a token of any issuer; Cognito is for people.
  ...methods.map((method) => `AwsSolutions-COG4 at S/Iris/Api/${method}`),
];

// Whoever may describe some alarms may not describe those that are made of others.
const ALARMS = 'AwsSolutions-IAM5[Resource::*] at S/Iris/TrafficShift/Role/DefaultPolicy/Resource';

/** With a key, or with nobody asked, there is no authorizer; a variant has it only because it says so. */
const UNAUTHORIZED = methods.map((method) => `AwsSolutions-APIG4 at S/Iris/Api/${method}`);

const ACKNOWLEDGED: Readonly<Record<string, readonly string[]>> = {
  keys: [...REST_API, ...UNAUTHORIZED],
  anonymous: [...REST_API, ...UNAUTHORIZED],
  'HTTP API': [TRACES],
  'HTTP API, tokens': [TRACES],
  'HTTP API, anonymous': [
    TRACES,
    ...['ANY--', 'ANY--{proxy+}'].map((route) => `AwsSolutions-APIG4 at S/Iris/HttpApi/Resource/${route}/Resource`),
  ],
  'function URL': [TRACES],
  'function URL, anonymous': [TRACES],
  canary: [...REST_API, ALARMS],
  'linear, function URL': [TRACES, ALARMS],
  // Lambda's network interfaces have no name before they are made.
  network: [TRACES],
  // The package's files, and no others, begin with the prefix.
  bucket: [
    TRACES,
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::models-of-mine/iris/1/*] at S/Iris/Role/DefaultPolicy/Resource',
  ],
  image: [TRACES],
  firewall: REST_API.filter((finding) => !finding.startsWith('AwsSolutions-APIG3')),
  // Answers, and nothing else, begin with the prefix.
  queue: [
    TRACES,
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::answers-of-mine/results/*] at S/Iris/Role/DefaultPolicy/Resource',
  ],
};

describe.each(Object.keys(VARIANTS))('ServerlessModel on AWS, %s', (variant) => {
  test('has no finding of cdk-nag beside those that are explained', () => {
    expect(nagFindings(build(variant))).toEqual([...(ACKNOWLEDGED[variant] ?? REST_API)].sort());
  });
});

test('cfn-lint finds nothing in any variant', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'modelship-lint-'));
  const app = new App({ outdir, analyticsReporting: false });
  for (const [index, variant] of Object.keys(VARIANTS).entries()) build(variant)(new Stack(app, `S${index}`));
  const templates = app.synth().stacks.map((stack) => stack.templateFullPath);
  // W3005: CDK writes out dependencies that references imply.
  const output = execFileSync(requireTool('cfn-lint'), ['--ignore-checks', 'W3005', '--', ...templates], {
    encoding: 'utf8',
  });
  expect(output.trim()).toBe('');
});

test('grants what the list says and nothing more', () => {
  const stack = new Stack(new App({ analyticsReporting: false }), 'S');
  build('default')(stack);
  const allLogs = 'arn:{AWS::Partition}:logs:{AWS::Region}:{AWS::AccountId}:*';
  expect(grantedActions(stack)).toEqual([
    `logs:CreateLogGroup on ${allLogs}`,
    `logs:CreateLogStream on ${allLogs}`,
    'logs:CreateLogStream on {IrisLogsBA40F2D7.Arn}',
    `logs:DescribeLogGroups on ${allLogs}`,
    `logs:DescribeLogStreams on ${allLogs}`,
    `logs:FilterLogEvents on ${allLogs}`,
    `logs:GetLogEvents on ${allLogs}`,
    `logs:PutLogEvents on ${allLogs}`,
    'logs:PutLogEvents on {IrisLogsBA40F2D7.Arn}',
    'xray:PutTelemetryRecords on *',
    'xray:PutTraceSegments on *',
  ]);
});
