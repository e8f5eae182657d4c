import { Size, Stack } from 'aws-cdk-lib';
import {
  AcceleratorManufacturer,
  AcceleratorType,
  type IVpc,
  SecurityGroup,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import { Cluster, type ICluster, InstanceMonitoring, ManagedInstancesCapacityProvider } from 'aws-cdk-lib/aws-ecs';
import { InstanceProfile, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { agentRole } from './agent-role.js';
import { INSTANCE_DISK_GIB } from './running-parts.js';

export interface ManagedGpuInstancesProps {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly cluster: ICluster;
  readonly instanceType: string;
  /** Number of GPUs of a task. */
  readonly gpuCount: number;
  readonly cpu: number;
  readonly memoryMib: number;
}

/** EC2 instances with NVIDIA GPUs that ECS provisions, patches, replaces and terminates as the tasks require. */
export class ManagedGpuInstances extends Construct {
  readonly capacityProvider: ManagedInstancesCapacityProvider;
  /** Role of the instances, with the permissions of members of the cluster. */
  readonly role: Role;

  constructor(scope: Construct, id: string, props: ManagedGpuInstancesProps) {
    super(scope, id);
    const { vpc, subnets, cluster, instanceType, gpuCount, cpu, memoryMib } = props;
    this.role = agentRole(this, cluster, {
      cluster: ['ecs:RegisterContainerInstance', 'ecs:SubmitAttachmentStateChanges', 'ecs:SubmitTaskStateChange'],
      instances: ['ecs:Poll', 'ecs:PutSystemLogEvents', 'ecs:StartTelemetrySession'],
    });
    this.capacityProvider = new ManagedInstancesCapacityProvider(this, 'CapacityProvider', {
      ec2InstanceProfile: new InstanceProfile(this, 'InstanceProfile', { role: this.role }),
      subnets: vpc.selectSubnets(subnets).subnets,
      securityGroups: [new SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Instances with GPUs' })],
      taskVolumeStorage: Size.gibibytes(INSTANCE_DISK_GIB),
      monitoring: InstanceMonitoring.DETAILED,
      instanceRequirements: {
        allowedInstanceTypes: [instanceType],
        vCpuCountMin: Math.ceil(cpu),
        memoryMin: Size.mebibytes(memoryMib),
        acceleratorTypes: [AcceleratorType.GPU],
        acceleratorManufacturers: [AcceleratorManufacturer.NVIDIA],
        acceleratorCountMin: gpuCount,
      },
    });
    // AWS's managed policy allows ECS to pass only roles whose names begin with `ecsInstanceRole`. A fixed role name
    // would conflict with the same stack in another region.
    this.capacityProvider.infrastructureRole.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [this.role.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': `ec2.${Stack.of(this).urlSuffix}` } },
      }),
    );
    if (Cluster.isCluster(cluster)) cluster.addManagedInstancesCapacityProvider(this.capacityProvider);
    else this.capacityProvider.bind(cluster);
  }
}
