import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import { describe, expect, test } from 'vitest';
import { ContainerModel } from '../../../lib/aws/index.js';
import { lintFindings } from './cfn-lint.js';
import { minimal, VARIANTS } from './container-variants.js';
import { nagFindings } from './nag-findings.js';

const build = (variant: string) => (stack: Stack) =>
  new ContainerModel(stack, 'Iris', { ...minimal, ...VARIANTS[variant]!(stack) });

const EVERYWHERE = [
  // No secret is among the variables: those come by `secrets`.
  'AwsSolutions-ECS2 at S/Iris/Task/Definition/Resource',
  // It is the bucket of the access logs itself.
  'AwsSolutions-S1 at S/Iris/LoadBalancer/AccessLogs/Resource',
];
/** The files of one package: the digest in the prefix is theirs alone. */
const PACKAGE =
  /^AwsSolutions-IAM5\[Resource::arn:<AWS::Partition>:s3:::cdk-.*\/models\/iris\/[0-9a-f]{64}\/\*\] at S\/Iris\/Task\/TaskRole\/DefaultPolicy\/Resource$/;
/** The registry's token is for the whole registry. */
const ECR = 'AwsSolutions-IAM5[Resource::*] at S/Iris/Task/ExecutionRole/DefaultPolicy/Resource';
/** Describing load balancers knows no resources. */
const DEPLOYMENT = 'AwsSolutions-IAM5[Resource::*] at S/Iris/DeploymentRole/DefaultPolicy/Resource';

const INSTANCES = [
  // The number of instances follows the tasks, which have alarms.
  'AwsSolutions-AS3 at S/Iris/Instances/Group/ASG',
  // The agent's endpoint knows no resource, and instances have no ids before they join.
  'AwsSolutions-IAM5[Resource::*] at S/Iris/Instances/Role/DefaultPolicy/Resource',
  'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:container-instance/<IrisClusterA101276B>/*] at S/Iris/Instances/Role/DefaultPolicy/Resource',
];
const MANAGED_INSTANCES = [
  // What ECS does with EC2 for these instances changes with ECS, and AWS keeps this policy in step with it.
  'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonECSInfrastructureRolePolicyForManagedInstances] at S/Iris/ManagedInstances/CapacityProvider/CapacityProviderRole/Resource',
  // The agent's endpoint knows no resource, and instances have no ids before they join.
  'AwsSolutions-IAM5[Resource::*] at S/Iris/ManagedInstances/Role/DefaultPolicy/Resource',
  'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:container-instance/<IrisClusterA101276B>/*] at S/Iris/ManagedInstances/Role/DefaultPolicy/Resource',
];

/** What cdk-nag may find beside that, and why it stays. */
const ACKNOWLEDGED: Readonly<Record<string, readonly string[]>> = {
  // Whoever asks for this wants the internet in.
  'facing the internet': ['AwsSolutions-EC23 at S/Iris/LoadBalancer/Resource/SecurityGroup/Resource'],
  canary: [DEPLOYMENT],
  linear: [DEPLOYMENT],
  'blue and green': [DEPLOYMENT],
  gate: [
    DEPLOYMENT,
    // Lambda rejects a role restricted to network interfaces that it has yet to create.
    'AwsSolutions-IAM5[Resource::*] at S/Iris/Gate/Role/DefaultPolicy/Resource',
  ],
  GPU: INSTANCES,
  'GPU with encrypted disks': INSTANCES,
  // The access logs of an existing load balancer are its owner's.
  'behind a load balancer that is there': ['AwsSolutions-ELB2 at S/Shared/Resource'],
  // The channels of sessions and the list of log groups know no resources.
  'encrypted, open to commands': ['AwsSolutions-IAM5[Resource::*] at S/Iris/Task/TaskRole/DefaultPolicy/Resource'],
  'GPU on instances that ECS manages': MANAGED_INSTANCES,
  'Triton on GPUs, model on a file system': INSTANCES,
  'vLLM on GPUs that ECS manages': MANAGED_INSTANCES,
  'vLLM with weights from S3, whose answers stream': [
    ...INSTANCES,
    // The files under the prefix that the user gave, and no others.
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::weights/qwen/*] at S/Iris/Task/TaskRole/DefaultPolicy/Resource',
  ],
  // The files under the prefix that the user gave, and no others.
  'model in S3 Files': [
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::models-of-mine/models/iris/1/*] at S/Iris/Task/TaskRole/DefaultPolicy/Resource',
  ],
  'model from a bucket': [
    'AwsSolutions-IAM5[Resource::<Bucket83908E77.Arn>/models/iris/1/*] at S/Iris/Task/TaskRole/DefaultPolicy/Resource',
  ],
};

describe.each(Object.keys(VARIANTS))('ContainerModel, %s', (variant) => {
  test('has no finding of cdk-nag beside those that are explained', () => {
    // Others' images come from registries that ask for no token.
    const { server, listener } = VARIANTS[variant]!(new Stack());
    const everywhere = EVERYWHERE.filter((finding) => !listener || !finding.includes('/AccessLogs/'));
    const registry = server ? [] : [ECR];
    const findings = nagFindings(build(variant)).filter((finding) => !PACKAGE.test(finding));
    expect(findings).toEqual([...everywhere, ...registry, ...(ACKNOWLEDGED[variant] ?? [])].sort());
  });
});

test('cfn-lint finds nothing in any variant', () => {
  expect(lintFindings(Object.keys(VARIANTS).map(build))).toBe('');
}, 240_000);

describe('many models in one stack', () => {
  const many = (count: number) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'Many');
    const cluster = new Cluster(stack, 'Cluster', { vpc: new Vpc(stack, 'Vpc') });
    for (let index = 0; index < count; index++) new ContainerModel(stack, `M${index}`, { ...minimal, cluster });
    return JSON.stringify(Template.fromStack(stack).toJSON()).length;
  };

  test('grow its template evenly', () => {
    const [three, six, twelve] = [many(3), many(6), many(12)];
    expect((twelve! - six!) / 6).toBeLessThan(((six! - three!) / 3) * 1.05);
  });

  test('are refused at synth where CloudFormation would refuse them', () => {
    expect(() => many(16)).toThrow(/greater than allowed maximum of 500/);
  });
});
