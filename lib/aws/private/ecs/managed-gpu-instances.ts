import { Size } from 'aws-cdk-lib';
import {
  AcceleratorManufacturer,
  AcceleratorType,
  type IVpc,
  SecurityGroup,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import { type Cluster, InstanceMonitoring, ManagedInstancesCapacityProvider } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';

export interface ManagedGpuInstancesProps {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly cluster: Cluster;
  readonly instanceType: string;
  /** Of a task. */
  readonly gpuCount: number;
  readonly cpu: number;
  readonly memoryMib: number;
}

/** Instances with NVIDIA GPUs that ECS itself starts, patches, replaces and ends, as many as the tasks need. */
export class ManagedGpuInstances extends Construct {
  readonly capacityProvider: ManagedInstancesCapacityProvider;

  constructor(scope: Construct, id: string, props: ManagedGpuInstancesProps) {
    super(scope, id);
    const { vpc, subnets, cluster, instanceType, gpuCount, cpu, memoryMib } = props;
    this.capacityProvider = new ManagedInstancesCapacityProvider(this, 'CapacityProvider', {
      subnets: vpc.selectSubnets(subnets).subnets,
      securityGroups: [new SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Instances with GPUs' })],
      taskVolumeStorage: Size.gibibytes(100),
      monitoring: InstanceMonitoring.DETAILED,
      instanceRequirements: {
        allowedInstanceTypes: [instanceType],
        vCpuCountMin: cpu,
        memoryMin: Size.mebibytes(memoryMib),
        acceleratorTypes: [AcceleratorType.GPU],
        acceleratorManufacturers: [AcceleratorManufacturer.NVIDIA],
        acceleratorCountMin: gpuCount,
      },
    });
    cluster.addManagedInstancesCapacityProvider(this.capacityProvider);
  }
}
