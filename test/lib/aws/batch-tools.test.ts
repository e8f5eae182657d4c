import type { Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { BatchModel } from '../../../lib/aws/index.js';
import { VARIANTS } from './batch-variants.js';
import { lintFindings } from './cfn-lint.js';
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
  expect(lintFindings(Object.keys(VARIANTS).map(build))).toBe('');
}, 60_000);
