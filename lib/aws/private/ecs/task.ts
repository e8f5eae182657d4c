import { DRAIN_SECONDS, ENVIRONMENT, START_SECONDS } from '@modelship/runtime/contract';
import { Duration, type RemovalPolicy, Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { Connections } from 'aws-cdk-lib/aws-ec2';
import {
  type CfnTaskDefinition,
  Compatibility,
  type ContainerDefinition,
  ContainerImage,
  CpuArchitecture,
  Ec2TaskDefinition,
  FargateTaskDefinition,
  type HealthCheck,
  LinuxParameters,
  LogDrivers,
  NetworkMode,
  OperatingSystemFamily,
  Protocol,
  type Secret,
  TaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct, type IDependable } from 'constructs';
import type { Model } from '../../../model/model.js';
import { MODEL_MOUNT } from '../../../serving/defaults.js';
import { ImageArchitecture } from '../../../serving/image-architecture.js';
import type { ModelServer } from '../../../serving/servers/model-server.js';
import type { ContainerCapacity, GpuCapacityOptions } from '../../capacity.js';
import type { ContainerModelData, ContainerModelDataSettings } from '../../container-model-data.js';
import { grantSource } from '../shared/model-source.js';
import { PackageObjects } from '../shared/package-objects.js';
import { grantPull, type PulledImage } from '../shared/pulled-image.js';
import { S3FilesMount } from '../shared/s3-files-mount.js';
import { taskArchitecture } from './architecture.js';
import { ECS } from './limits.js';
import { isMounted } from './model-data-validation.js';
import { cpuText, cpuUnits, fargateSize, gpuOptions, gpuSize, taskSize } from './task-size.js';

export interface TaskProps {
  readonly model: Model;
  readonly server: ModelServer;
  readonly image: PulledImage;
  readonly capacity: ContainerCapacity;
  readonly modelData: ContainerModelData;
  readonly timeoutSeconds: number;
  /** @default - the server's own */
  readonly startupSeconds?: number;
  readonly environment: { readonly [name: string]: string };
  readonly secrets: { [name: string]: Secret };
  readonly retention: RetentionDays;
  readonly logRemovalPolicy: RemovalPolicy;
  /** @default - AWS-managed encryption */
  readonly encryptionKey?: IKey;
  /** @default - a new role */
  readonly taskRole?: IRole;
  /** @default - a new role */
  readonly executionRole?: IRole;
  /** Whether operators can run commands in the container with ECS Exec. */
  readonly isOpenToCommands: boolean;
}

/** Name of the container, and name of its port in Service Connect. */
export const CONTAINER = 'server';
export const PORT_NAME = 'http';

/** Name of the volume of the file system. */
const VOLUME = 'models';

/** Sets the CPU as text if it is a token. CDK accepts CPU units only, which are unknown before deployment. */
function withToken<Definition extends TaskDefinition>(definition: Definition, cpu: number): Definition {
  if (Token.isUnresolved(cpu)) (definition.node.defaultChild as CfnTaskDefinition).cpu = cpuText(cpu);
  return definition;
}

/** Network access and dependencies that the service needs so that its tasks can mount a file system. */
export interface TaskMount {
  readonly connections: Connections;
  /** Mount targets that must exist before the tasks start. */
  readonly targets: readonly IDependable[];
}

/** Settings of model data of one kind. */
type SettingsOf<Kind> = Extract<ContainerModelDataSettings, { readonly kind: Kind }>;

/** Task definition with one container, its roles, its logs, and the model where the container expects it. */
export class Task extends Construct {
  readonly definition: TaskDefinition;
  readonly container: ContainerDefinition;
  readonly logGroup: LogGroup;
  /** Role that the containers assume. */
  readonly taskRole: IRole;
  /** Role that ECS assumes to start the containers. */
  readonly executionRole: IRole;
  /** Set if the model is on a file system. */
  readonly mount?: TaskMount;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: TaskProps,
  ) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.retention,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.logRemovalPolicy,
    });
    this.taskRole = props.taskRole ?? this.role('TaskRole');
    this.executionRole = props.executionRole ?? this.role('ExecutionRole');
    grantPull(props.image, this.executionRole);
    this.definition = this.define();
    this.mount = this.addMount();
    this.container = this.addContainer();
    grantSource(this.taskRole, props.server.spec.source);
    if (props.isOpenToCommands) this.mayTakeCommands();
  }

  private role(id: string): Role {
    return new Role(this, id, {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com', {
        // This condition prevents a confused deputy: ECS assumes the role for this account only.
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
  }

  private define(): TaskDefinition {
    const { capacity, model, modelData, server } = this.props;
    const roles = { taskRole: this.taskRole, executionRole: this.executionRole };
    const { settings } = capacity;
    if (settings.kind === 'gpu') {
      const definition = new Ec2TaskDefinition(this, 'Definition', { ...roles, networkMode: NetworkMode.AWS_VPC });
      return withToken(definition, gpuSize(settings.options).cpu);
    }
    if (settings.kind === 'managedGpu') {
      const { cpu, memoryMib } = gpuSize(settings.options);
      return new TaskDefinition(this, 'Definition', {
        ...roles,
        compatibility: Compatibility.MANAGED_INSTANCES,
        networkMode: NetworkMode.AWS_VPC,
        cpu: cpuText(cpu),
        memoryMiB: Tokenization.stringifyNumber(memoryMib),
      });
    }
    const { cpu, memoryMib } = fargateSize(settings.options);
    const x86 = taskArchitecture(capacity, server.spec) === ImageArchitecture.AMD64;
    const definition = new FargateTaskDefinition(this, 'Definition', {
      ...roles,
      cpu: cpuUnits(cpu),
      memoryLimitMiB: memoryMib,
      // The disk holds the image and the model.
      ephemeralStorageGiB:
        !isMounted(modelData) && model.sizeBytes > ECS.ephemeralBytes / 2
          ? Math.min(Math.ceil(model.sizeBytes / 2 ** 30) + 20, ECS.maxEphemeralGib)
          : undefined,
      runtimePlatform: {
        cpuArchitecture: x86 ? CpuArchitecture.X86_64 : CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    return withToken(definition, cpu);
  }

  private addContainer(): ContainerDefinition {
    const { server, model, image, capacity, secrets } = this.props;
    const own = server.isModelship;
    const folder = this.modelFolder();
    const gpu = gpuOptions(capacity);
    const container = this.definition.addContainer(CONTAINER, {
      containerName: CONTAINER,
      image: ContainerImage.fromRegistry(image.uri),
      command: server.spec.command && [...server.spec.command(model, folder, gpu?.gpuCount)],
      environment: {
        ...this.props.environment,
        ...server.spec.environment(model, folder),
        ...(own ? this.limits() : {}),
      },
      secrets,
      logging: LogDrivers.awsLogs({ logGroup: this.logGroup, streamPrefix: CONTAINER }),
      portMappings: [{ name: PORT_NAME, containerPort: server.spec.port, protocol: Protocol.TCP }],
      // Other servers may write anywhere in their file system. The agent of ECS Exec must write to it:
      // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html#ecs-exec-considerations
      readonlyRootFilesystem: own && !this.props.isOpenToCommands,
      stopTimeout: Duration.seconds(DRAIN_SECONDS + 2),
      healthCheck: own ? this.healthCheck() : undefined,
      ...(gpu && this.gpuShare(gpu)),
      linuxParameters: this.linuxParameters(),
    });
    if (gpu) this.reserveGpus(gpuSize(gpu).gpuCount);
    if (own) {
      this.definition.addVolume({ name: 'tmp' });
      container.addMountPoints({ sourceVolume: 'tmp', containerPath: '/tmp', readOnly: false });
    }
    if (this.mount) container.addMountPoints({ sourceVolume: VOLUME, containerPath: MODEL_MOUNT, readOnly: true });
    return container;
  }

  private limits(): { [name: string]: string } {
    const { timeoutSeconds, startupSeconds, capacity } = this.props;
    const { cpu } = taskSize(capacity);
    return {
      // ECS limits the CPU time of the task, which the container does not see in its own cgroup.
      [ENVIRONMENT.processors]: Tokenization.stringifyNumber(cpu),
      [ENVIRONMENT.timeoutSeconds]: Tokenization.stringifyNumber(timeoutSeconds),
      ...(startupSeconds === undefined
        ? {}
        : { [ENVIRONMENT.startSeconds]: Tokenization.stringifyNumber(startupSeconds) }),
    };
  }

  private gpuShare(options: GpuCapacityOptions) {
    const { gpuCount, cpu, memoryMib } = gpuSize(options);
    return { gpuCount, cpu: cpuUnits(cpu), memoryLimitMiB: memoryMib };
  }

  /** Linux settings of the container, if any differ from the defaults. */
  private linuxParameters(): LinuxParameters | undefined {
    const { capacity, isOpenToCommands } = this.props;
    const gpu = gpuOptions(capacity);
    const sharedMemorySize = gpu && this.sharedMemory(gpu);
    if (sharedMemorySize === undefined && !isOpenToCommands) return undefined;
    // Commands leave zombie processes behind, which an init process reaps.
    const initProcessEnabled = isOpenToCommands || undefined;
    return new LinuxParameters(this, 'LinuxParameters', { sharedMemorySize, initProcessEnabled });
  }

  /**
   * Shared memory in MiB for the data that the processes of several GPUs exchange, because Docker's default is 64 MB.
   * Only the part in use counts as memory of the container.
   */
  private sharedMemory(options: GpuCapacityOptions): number | undefined {
    const { gpuCount, memoryMib } = gpuSize(options);
    return gpuCount === 1 || Token.isUnresolved(memoryMib) ? undefined : Math.floor(memoryMib / 2);
  }

  /**
   * Allows the agent of ECS Exec, which uses the task role, to open sessions and to log commands and their output.
   * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
   */
  private mayTakeCommands(): void {
    const channels = ['CreateControlChannel', 'CreateDataChannel', 'OpenControlChannel', 'OpenDataChannel'];
    this.taskRole.addToPrincipalPolicy(
      new PolicyStatement({
        // Sessions have no resource-level permissions.
        actions: channels.map((channel) => `ssmmessages:${channel}`),
        resources: ['*'],
      }),
    );
    const actions = ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'];
    this.taskRole.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [this.logGroup.logGroupArn] }));
    // `logs:DescribeLogGroups` has no resource-level permissions.
    this.taskRole.addToPrincipalPolicy(new PolicyStatement({ actions: ['logs:DescribeLogGroups'], resources: ['*'] }));
  }

  /** Adds the GPU requirement, which CDK omits if the number of GPUs is a token. */
  private reserveGpus(count: number): void {
    if (!Token.isUnresolved(count)) return;
    (this.definition.node.defaultChild as CfnTaskDefinition).addPropertyOverride(
      'ContainerDefinitions.0.ResourceRequirements',
      [{ Type: 'GPU', Value: Tokenization.stringifyNumber(count) }],
    );
  }

  /** Checks whether ECS must replace the task. The load balancer checks whether the task is ready for requests. */
  private healthCheck(): HealthCheck {
    const { server, model } = this.props;
    const url = `http://127.0.0.1:${server.spec.port}${server.spec.livePath(model)}`;
    const script = `fetch('${url}').then((response) => process.exit(response.ok ? 0 : 1), () => process.exit(1))`;
    return {
      command: ['CMD', 'node', '-e', script],
      interval: Duration.seconds(10),
      timeout: Duration.seconds(5),
      retries: 3,
      startPeriod: Duration.seconds(START_SECONDS),
    };
  }

  /** Location of the model. Grants the task role access to objects in S3. */
  private modelFolder(): string {
    const { model, modelData } = this.props;
    const { settings } = modelData;
    switch (settings.kind) {
      case 'package': {
        const objects = new PackageObjects(this, 'Package', model);
        this.mayRead([objects.objectsArn]);
        return objects.url;
      }
      case 'bucket':
        this.mayRead([settings.bucket.arnForObjects(`${settings.prefix}*`)]);
        settings.bucket.encryptionKey?.grantDecrypt(this.taskRole);
        return settings.bucket.s3UrlForObject(settings.prefix);
      case 'fileSystem':
      case 's3Files':
        return `${MODEL_MOUNT}/${settings.folder}`;
      case 'image':
        return settings.folder;
    }
  }

  private mayRead(resources: string[]): void {
    this.taskRole.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources }));
  }

  private addMount(): TaskMount | undefined {
    const { settings } = this.props.modelData;
    if (settings.kind === 'fileSystem') return this.mountEfs(settings);
    return settings.kind === 's3Files' ? this.mountS3Files(settings) : undefined;
  }

  private mountEfs({ fileSystem, accessPoint }: SettingsOf<'fileSystem'>): TaskMount {
    this.definition.addVolume({
      name: VOLUME,
      efsVolumeConfiguration: {
        fileSystemId: fileSystem.fileSystemId,
        transitEncryption: 'ENABLED',
        authorizationConfig: { accessPointId: accessPoint.accessPointId, iam: 'ENABLED' },
      },
    });
    this.taskRole.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['elasticfilesystem:ClientMount'],
        resources: [fileSystem.fileSystemArn],
        conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': accessPoint.accessPointArn } },
      }),
    );
    return { connections: fileSystem.connections, targets: [fileSystem.mountTargetsAvailable] };
  }

  private mountS3Files({ accessPoint, origin }: SettingsOf<'s3Files'>): TaskMount {
    const mount = new S3FilesMount(this, accessPoint);
    mount.grantRead(this.taskRole, origin);
    this.definition.addVolume({ name: VOLUME });
    // CDK's volumes do not support S3 Files. The volume added above is the first one.
    const resource = this.definition.node.defaultChild as CfnTaskDefinition;
    resource.addPropertyOverride('Volumes.0.S3FilesVolumeConfiguration', {
      FileSystemArn: mount.fileSystemArn,
      AccessPointArn: mount.accessPointArn,
    });
    return { connections: mount.connections, targets: mount.mountTargets };
  }
}
