import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ManagedEndpointModel } from '../../../lib/aws/index.js';
import { requireTool } from '../../support/tools.js';
import { minimal, VARIANTS } from './managed-endpoint-variants.js';
import { nagFindings } from './nag-findings.js';

const build = (variant: string) => (stack: Stack) =>
  new ManagedEndpointModel(stack, 'Iris', { ...minimal, ...VARIANTS[variant]!(stack) });
const role = 'S/Iris/Role/DefaultPolicy/Resource';

/** Beside the metrics, the registry's token and the network, whose actions know no resource, of every variant. */
const UNAVOIDABLE = [`AwsSolutions-IAM5[Resource::*] at ${role}`];

/** What cdk-nag may find, and why it stays. */
const ACKNOWLEDGED: Readonly<Record<string, readonly string[]>> = {
  // The files under the prefix that the user gave, and no others.
  asynchronous: [
    `AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/async/input/*] at ${role}`,
    `AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/async/output/*] at ${role}`,
  ],
  'captured, explained and encrypted': [
    `AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/data-capture/*] at ${role}`,
    // CDK's own grant on a key, which is one resource: data keys for disks and objects.
    `AwsSolutions-IAM5[Action::kms:GenerateDataKey*] at ${role}`,
    `AwsSolutions-IAM5[Action::kms:ReEncrypt*] at ${role}`,
  ],
  'many models': [`AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/models/*] at ${role}`],
  'model from a bucket': [`AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/models/iris/1/*] at ${role}`],
  // Interfaces have no ids before they are made; subnets and security groups are exact.
  'in a VPC': [
    `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:network-interface/*] at ${role}`,
  ],
};

describe.each(Object.keys(VARIANTS))('ManagedEndpointModel, %s', (variant) => {
  test('has no finding of cdk-nag beside those that are explained', () => {
    expect(nagFindings(build(variant))).toEqual([...UNAVOIDABLE, ...(ACKNOWLEDGED[variant] ?? [])].sort());
  });
});

test('cfn-lint finds nothing in any variant', () => {
  const outdir = mkdtempSync(join(tmpdir(), 'modelship-lint-'));
  // As new CDK apps have it.
  const context = { '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true };
  const app = new App({ outdir, context, analyticsReporting: false });
  for (const [index, variant] of Object.keys(VARIANTS).entries()) build(variant)(new Stack(app, `S${index}`));
  const { stacks } = app.synth();
  const templates = stacks.map((stack) => stack.templateFullPath);
  // W3005: CDK writes out dependencies that references imply.
  const output = execFileSync(requireTool('cfn-lint'), ['--ignore-checks', 'W3005', '--', ...templates], {
    encoding: 'utf8',
  });
  expect(output.trim()).toBe('');
});

test('fifty models in one stack grow its template evenly', () => {
  const size = (count: number) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Many');
    for (let index = 0; index < count; index++) new ManagedEndpointModel(stack, `Model${index}`, minimal);
    return JSON.stringify(Template.fromStack(stack).toJSON()).length;
  };
  const [ten, twenty, fifty] = [size(10), size(20), size(50)];
  expect((fifty! - twenty!) / 30).toBeLessThan(((twenty! - ten!) / 10) * 1.05);
});
