import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ManagedEndpointModel } from '../../../lib/aws/index.js';
import { lintFindings } from './cfn-lint.js';
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
  'asynchronous, encrypted, requests in a bucket of their own': [
    `AwsSolutions-IAM5[Resource::<Input49F21B70.Arn>/async/input/*] at ${role}`,
    `AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/async/output/*] at ${role}`,
    // CDK's own grant on a key, which is one resource: data keys for disks and objects.
    `AwsSolutions-IAM5[Action::kms:GenerateDataKey*] at ${role}`,
    `AwsSolutions-IAM5[Action::kms:ReEncrypt*] at ${role}`,
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
  expect(lintFindings(Object.keys(VARIANTS).map(build))).toBe('');
});

describe('many models in one stack', () => {
  const many = (count: number) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Many');
    for (let index = 0; index < count; index++) new ManagedEndpointModel(stack, `Model${index}`, minimal);
    return Template.fromStack(stack).toJSON();
  };

  test('grow its template evenly, and fifty are what CloudFormation takes', () => {
    const [ten, twenty, fifty] = [many(10), many(20), many(50)];
    const bytes = (template: object) => JSON.stringify(template).length;
    expect((bytes(fifty!) - bytes(twenty!)) / 30).toBeLessThan(((bytes(twenty!) - bytes(ten!)) / 10) * 1.05);
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html, indented as CDK writes it.
    expect(JSON.stringify(fifty, undefined, 1).length).toBeLessThan(1_000_000);
    expect(Object.keys(fifty!.Resources)).toHaveLength(500);
  });

  test('are refused at synth where CloudFormation would refuse them, with what there is too much of', () => {
    expect(() => many(51)).toThrow(
      /Many': 510 is greater than allowed maximum of 500:.*AWS::SageMaker::Endpoint \(51\)/,
    );
  });
});
