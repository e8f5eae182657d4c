import { Stack, Token } from 'aws-cdk-lib';
import { AutoScalingGroup, UpdatePolicy } from 'aws-cdk-lib/aws-autoscaling';
import {
  BlockDeviceVolume,
  EbsDeviceVolumeType,
  InstanceType,
  type IVpc,
  LaunchTemplate,
  SecurityGroup,
  type SubnetSelection,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import { AmiHardwareType, AsgCapacityProvider, type Cluster, EcsOptimizedImage } from 'aws-cdk-lib/aws-ecs';
import { AnyPrincipal, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Replicas } from '../../../serving/replicas.js';
import { agentRole } from './agent-role.js';
import { ECS } from './limits.js';
import { INSTANCE_DISK_GIB } from './running-parts.js';

export interface GpuInstancesProps extends Replicas {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly cluster: Cluster;
  readonly instanceType: string;
  /** @default - AWS-managed encryption */
  readonly encryptionKey?: IKey;
}

/** EC2 instances with NVIDIA GPUs, scaled to the number of tasks of one service. */
export class GpuInstances extends Construct {
  readonly group: AutoScalingGroup;
  readonly capacityProvider: AsgCapacityProvider;
  /** Role of the instances, with the permissions of members of the cluster. */
  readonly role: Role;

  constructor(scope: Construct, id: string, props: GpuInstancesProps) {
    super(scope, id);
    const { vpc, subnets, cluster, instanceType, min, max, encryptionKey } = props;
    if (encryptionKey) encryptDisks(this, encryptionKey);
    this.role = agentRole(this, cluster, {
      cluster: [
        'ecs:DeregisterContainerInstance',
        'ecs:RegisterContainerInstance',
        'ecs:SubmitAttachmentStateChanges',
        'ecs:SubmitContainerStateChange',
        'ecs:SubmitTaskStateChange',
      ],
      instances: ['ecs:Poll', 'ecs:StartTelemetrySession', 'ecs:UpdateContainerInstancesState'],
    });
    const template = new LaunchTemplate(this, 'Template', {
      instanceType: new InstanceType(instanceType),
      machineImage: EcsOptimizedImage.amazonLinux2023(AmiHardwareType.GPU),
      securityGroup: new SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Instances with GPUs' }),
      // CDK would allow the role to write to every log group.
      role: this.role.withoutPolicyUpdates(),
      userData: this.userData(),
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      detailedMonitoring: true,
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: BlockDeviceVolume.ebs(INSTANCE_DISK_GIB, {
            encrypted: true,
            kmsKey: encryptionKey,
            volumeType: EbsDeviceVolumeType.GP3,
          }),
        },
      ],
    });
    this.group = new AutoScalingGroup(this, 'Group', {
      vpc,
      vpcSubnets: subnets,
      launchTemplate: template,
      minCapacity: min,
      // A deployment runs both versions for a while. A token cannot be doubled, so ECS's limit of tasks applies. The
      // number of tasks limits the instances in use.
      maxCapacity: 2 * (Token.isUnresolved(max) ? ECS.tasks.max : max),
      // ECS drains the tasks of an instance before an instance with an earlier image is terminated.
      updatePolicy: UpdatePolicy.rollingUpdate({ minInstancesInService: min }),
    });
    this.capacityProvider = new AsgCapacityProvider(this, 'CapacityProvider', {
      autoScalingGroup: this.group,
      enableManagedScaling: true,
      enableManagedDraining: true,
      enableManagedTerminationProtection: false,
    });
    cluster.addAsgCapacityProvider(this.capacityProvider);
  }

  /**
   * Configures the ECS agent to block tasks from the instance's credentials, because tasks have roles of their own. The
   * hop limit alone does not block tasks in `awsvpc` mode: their own network interface reaches the metadata service
   * without an extra hop.
   * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ec2-security-considerations.html
   */
  private userData(): UserData {
    const userData = UserData.forLinux();
    userData.addCommands('echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config');
    return userData;
  }
}

/**
 * Allows EC2 to encrypt the disks of this account's instances with `key`, in the way of the AWS managed key for EBS.
 * Auto Scaling starts the instances with a service-linked role, which need not exist yet, so no policy can name it.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/key-policy-requirements-EBS-encryption.html
 */
function encryptDisks(scope: Construct, key: IKey): void {
  const { region, account, urlSuffix } = Stack.of(scope);
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new AnyPrincipal()],
      actions: [
        'kms:Encrypt',
        'kms:Decrypt',
        'kms:ReEncrypt*',
        'kms:GenerateDataKey*',
        'kms:CreateGrant',
        'kms:DescribeKey',
      ],
      resources: ['*'],
      conditions: { StringEquals: { 'kms:CallerAccount': account, 'kms:ViaService': `ec2.${region}.${urlSuffix}` } },
    }),
  );
}
