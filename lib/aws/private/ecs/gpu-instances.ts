import { Stack } from 'aws-cdk-lib';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
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
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

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
    this.role = this.makeRole(cluster);
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
          volume: BlockDeviceVolume.ebs(100, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }),
        },
      ],
    });
    this.group = new AutoScalingGroup(this, 'Group', {
      vpc,
      vpcSubnets: subnets,
      launchTemplate: template,
      minCapacity: min,
      // A deployment has both versions for a while.
      maxCapacity: max * 2,
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

  /** What the agent of ECS on an instance does: joins the cluster, and reports what runs. */
  private makeRole({ clusterArn, clusterName }: Cluster): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: [
          'ecs:DeregisterContainerInstance',
          'ecs:RegisterContainerInstance',
          'ecs:SubmitAttachmentStateChanges',
          'ecs:SubmitContainerStateChange',
          'ecs:SubmitTaskStateChange',
        ],
        resources: [clusterArn],
      }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['ecs:Poll', 'ecs:StartTelemetrySession', 'ecs:UpdateContainerInstancesState'],
        // Instances have no ids before they join.
        resources: [
          Stack.of(this).formatArn({
            service: 'ecs',
            resource: 'container-instance',
            resourceName: `${clusterName}/*`,
          }),
        ],
        conditions: { ArnEquals: { 'ecs:cluster': clusterArn } },
      }),
    );
    // The agent's endpoint knows no resource.
    role.addToPolicy(new PolicyStatement({ actions: ['ecs:DiscoverPollEndpoint'], resources: ['*'] }));
    return role;
  }
}
