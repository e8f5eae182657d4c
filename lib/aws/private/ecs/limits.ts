/**
 * Memory that Fargate allows for each number of CPUs: minimum, maximum and step, in MiB.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
 */
export const FARGATE_SIZES: ReadonlyMap<number, { min: number; max: number; step: number }> = new Map([
  [0.25, { min: 512, max: 2048, step: 512 }],
  [0.5, { min: 1024, max: 4096, step: 1024 }],
  [1, { min: 2048, max: 8192, step: 1024 }],
  [2, { min: 4096, max: 16_384, step: 1024 }],
  [4, { min: 8192, max: 30_720, step: 1024 }],
  [8, { min: 16_384, max: 61_440, step: 4096 }],
  [16, { min: 32_768, max: 122_880, step: 8192 }],
]);

/** Default task with a GPU. One runs on each instance, and leaves 1 CPU and 4 GiB to the system. */
export const GPU_TASK = { instanceType: 'g5.xlarge', gpuCount: 1, cpu: 3, memoryMib: 12_288 } as const;

export const ECS = {
  /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html */
  tasks: { min: 1, max: 5000, source: 'an ECS service' },
  /** A service may be stopped for a time. */
  scheduledTasks: { min: 0, max: 5000, source: 'an ECS service' },
  /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/canary-deployment.html */
  canaryPercent: { min: 1, max: 99, unit: 'percent', source: 'an ECS canary deployment' },
  linearPercent: { min: 3, max: 99, unit: 'percent', source: 'an ECS linear deployment' },
  bakeMinutes: { min: 0, max: 1440, unit: 'minutes', source: 'an ECS deployment' },
  /** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html */
  idleSeconds: { min: 1, max: 4000, unit: 'seconds', source: 'an Application Load Balancer' },
  /** https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html */
  shortestVpcPrefix: 16,
  /** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer */
  balancerPrefix: 27,
  /** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateRule.html */
  ruleConditions: { min: 1, max: 5 },
  rulePriority: { min: 1, max: 50_000, source: 'a rule of an Application Load Balancer' },
  /** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_JwtValidationActionConfig.html */
  jwt: { issuerLength: 256 },
  /** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html */
  maxDeregistrationSeconds: 3600,
  /** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
  gatewaySeconds: {
    min: 1,
    max: 29,
    unit: 'seconds',
    source: 'the HTTP API in front of ContainerModel',
    adviceAboveMax: 'Access.jwt() and .anonymous(), with the load balancer alone, allow 4000',
  },
  gatewayPayloadBytes: 10 * 2 ** 20,
  /** Limit of this construct; ECS accepts longer startup times. */
  startupSeconds: { min: 1, max: 86_400, unit: 'seconds', source: 'this construct' },
  /** Ephemeral storage of a Fargate task by default. */
  ephemeralBytes: 20 * 2 ** 30,
  maxEphemeralGib: 200,
  /** Target number of concurrent requests per task. */
  concurrency: { min: 1, max: 10_000, fraction: true, source: 'this construct' },
  cpuPercent: { min: 1, max: 100, unit: 'percent', source: 'ECS' },
  gpus: { min: 1, max: 16, source: 'EC2' },
  /** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters_ec2.html */
  cpus: { min: 0.125, max: 192, fraction: true, source: 'an ECS task on instances' },
  memoryMib: { min: 6, max: 2 ** 31 - 1, unit: 'MiB', source: 'an ECS task on instances' },
} as const;
