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
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
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
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    const template = new LaunchTemplate(this, 'Template', {
      instanceType: new InstanceType(instanceType),
      machineImage: EcsOptimizedImage.amazonLinux2023(AmiHardwareType.GPU),
      securityGroup: new SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Instances with GPUs' }),
      role: this.role,
      userData: UserData.forLinux(),
      requireImdsv2: true,
      // A container is a hop away, and has a role of its own.
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
}
