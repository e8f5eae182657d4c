import { Token } from 'aws-cdk-lib';
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
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { agentRole } from './agent-role.js';
import { ECS } from './limits.js';
import { INSTANCE_DISK_GIB } from './running-parts.js';

export interface GpuInstancesProps {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly cluster: Cluster;
  readonly instanceType: string;
  readonly min: number;
  readonly max: number;
}

/** EC2 instances with NVIDIA GPUs, as many as the tasks of one service need. */
export class GpuInstances extends Construct {
  readonly group: AutoScalingGroup;
  readonly capacityProvider: AsgCapacityProvider;
  /** What the instances may do, as members of the cluster. */
  readonly role: Role;

  constructor(scope: Construct, id: string, { vpc, subnets, cluster, instanceType, min, max }: GpuInstancesProps) {
    super(scope, id);
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
      // CDK would add the right to write into every log group.
      role: this.role.withoutPolicyUpdates(),
      userData: this.userData(),
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      detailedMonitoring: true,
      blockDevices: [
        {
          deviceName: '/dev/xvda',
          volume: BlockDeviceVolume.ebs(INSTANCE_DISK_GIB, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }),
        },
      ],
    });
    this.group = new AutoScalingGroup(this, 'Group', {
      vpc,
      vpcSubnets: subnets,
      launchTemplate: template,
      minCapacity: min,
      // A deployment has both versions for a while. Of a token there is no double, and the tasks are what is bounded.
      maxCapacity: 2 * (Token.isUnresolved(max) ? ECS.tasks.max : max),
      // ECS moves the tasks away before an instance of an earlier image is ended.
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
   * Tells the agent to keep tasks from the instance's credentials: they have a role of their own. Tasks in `awsvpc` have a
   * network interface of their own, too, and are no hop away, so that the hop limit alone would not.
   * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ec2-security-considerations.html
   */
  private userData(): UserData {
    const userData = UserData.forLinux();
    userData.addCommands('echo ECS_AWSVPC_BLOCK_IMDS=true >> /etc/ecs/ecs.config');
    return userData;
  }
}
