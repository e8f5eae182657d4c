import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { BatchModel } from '../../../lib/aws/index.js';
import { requireTool } from '../../support/tools.js';
import { VARIANTS } from './batch-variants.js';
import { nagFindings } from './nag-findings.js';

const build = (variant: string) => (stack: Stack) => new BatchModel(stack, 'Batch', VARIANTS[variant]!(stack));
const role = 'S/Batch/Role/DefaultPolicy/Resource';
const modelRole = 'S/Batch/ModelRole/DefaultPolicy/Resource';

/** Deliveries of logs and traces know no resources. */
const EVERYWHERE = [`AwsSolutions-IAM5[Resource::*] at ${role}`];
/** The files under the prefixes, the executions of this state machine, and the API with all that it has. */
const MAPPING = [
  /^AwsSolutions-IAM5\[Resource::<Bucket\w+\.Arn>\/batch\/input\/\*\]/,
  /^AwsSolutions-IAM5\[Resource::<(Bucket|Output)\w+\.Arn>\/batch\/output\/\*\]/,
  /^AwsSolutions-IAM5\[Resource::arn:.*:execution:S-Batch-\w+[:/]\*\]/,
  /^AwsSolutions-IAM5\[Resource::arn:.*:execute-api:.*\]/,
];
const TRANSFORMING = [
  // The files under the prefixes.
  `AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/batch/input/*] at ${modelRole}`,
  `AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/batch/output/*] at ${modelRole}`,
  // Streams of SageMaker's one log group of transform jobs.
  `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:/aws/sagemaker/TransformJobs:*] at ${modelRole}`,
  // The registry's token and metrics, whose actions know no resource.
  `AwsSolutions-IAM5[Resource::*] at ${modelRole}`,
];

describe.each(Object.keys(VARIANTS))('BatchModel, %s', (variant) => {
  test('has no finding of cdk-nag beside those that are explained', () => {
    const findings = nagFindings(build(variant)).filter((finding) => finding.includes(' at S/Batch/'));
    const explained = (finding: string) =>
      EVERYWHERE.includes(finding) ||
      (variant.startsWith('by a transform job')
        ? TRANSFORMING.includes(finding) ||
          /Resource::arn:.*:transform-job\/s-batch-\w+-\*\]/.test(finding) ||
          // CDK's own grant on a key, which is one resource.
          /Action::kms:(GenerateDataKey|ReEncrypt)\*\]/.test(finding)
        : MAPPING.some((pattern) => pattern.test(finding)));
    expect(findings.filter((finding) => !explained(finding))).toEqual([]);
    expect(findings).toEqual(expect.arrayContaining(EVERYWHERE));
  });
});

test('cfn-lint, which reads the definitions too, finds nothing in any variant', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'modelship-lint-'));
  // As new CDK apps have it.
  const context = { '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true };
  const app = new App({ outdir, context, analyticsReporting: false });
  for (const [index, variant] of Object.keys(VARIANTS).entries()) build(variant)(new Stack(app, `S${index}`));
  const templates = app.synth().stacks.map((stack) => stack.templateFullPath);
  // W3005: CDK writes out dependencies that references imply.
  const output = execFileSync(requireTool('cfn-lint'), ['--ignore-checks', 'W3005', '--', ...templates], {
    encoding: 'utf8',
  });
  expect(output.trim()).toBe('');
}, 60_000);
