import { ECS, FARGATE_SIZES, GPU_TASK } from '../aws/private/ecs/limits.js';
import { FRONT_TIMEOUT_SECONDS, IMAGE_BYTES, LAMBDA } from '../aws/private/lambda/limits.js';
import { SAGEMAKER } from '../aws/private/sagemaker/limits.js';
import { allMonth, HOURS_PER_MONTH, type Usage } from '../cost/bill.js';
import type { Prices } from '../cost/prices.js';
import { fargate, HTTP_API_METERED_BYTES, lambda, loadBalancer, sagemakerServerless } from '../cost/services.js';
import type { Measurement } from './measurement.js';
import { neededMemoryMib } from './obstacles.js';
import { monthlyRequests } from './replicas.js';
import { type ComparedTarget, instanceOf, type Question } from './target.js';

/** Memory with one full vCPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const LAMBDA_MIB_PER_VCPU = 1769;

const IDENTITY = 'IAM authenticates callers';
const ENCRYPTED = 'logs and model files are encrypted';

function telemetry(prices: Prices, alarms: number): Usage[] {
  return [
    allMonth(prices, { what: 'dashboard', price: 'aws.cw.dashboard' }),
    allMonth(prices, { what: 'alarms', price: 'aws.cw.alarm', quantity: alarms }),
  ];
}

/** Returns the number of requests that an HTTP API bills for one request, by its size. */
function meteredRequests({ load, measured }: Question): number {
  return Math.max(1, Math.ceil((load.requestBytes ?? measured.requestBytes) / HTTP_API_METERED_BYTES));
}

/** Bytes of requests and responses that pass a load balancer, in GB. Responses are as large as requests. */
function gigabytes({ load, measured }: Question): number {
  const bytes = load.requestBytes ?? measured.requestBytes;
  return (monthlyRequests(load) * 2 * bytes) / 2 ** 30;
}

const LAMBDA_TARGET: ComparedTarget = {
  id: 'lambda',
  cloud: 'aws',
  construct: 'ServerlessModel, arm64, with a REST API',
  coldStart: 'aws.lambda',
  minReplicas: 0,
  isOneAtATime: true,
  security: [IDENTITY, ENCRYPTED, 'public address of API Gateway, unless `vpcEndpoints` of the REST API is set'],
  size: (question) => {
    const memoryMib = Math.min(LAMBDA.memoryMib.max, Math.max(LAMBDA_MIB_PER_VCPU, neededMemoryMib(question)));
    return { vcpu: memoryMib / LAMBDA_MIB_PER_VCPU, memoryMib, label: `${memoryMib} MiB` };
  },
  limits: () => ({
    service: 'AWS Lambda',
    requestBytes: LAMBDA.requestBytes,
    timeoutSeconds: FRONT_TIMEOUT_SECONDS.restApi.max,
    maxReplicas: LAMBDA.replicas.max,
    maxMemoryMib: LAMBDA.memoryMib.max,
    gpu: false,
  }),
  furtherObstacles: ({ facts }) => {
    const limit = LAMBDA.maxImageBytes - IMAGE_BYTES;
    return facts.needsPython && facts.sizeBytes > limit
      ? [
          `a Python model is part of the image, and its ${facts.sizeBytes} bytes exceed the ${limit} bytes that an image on AWS Lambda has for it`,
        ]
      : [];
  },
  usages: ({ load, measured, size: { memoryMib }, prices }) => {
    const requests = monthlyRequests(load);
    return [
      ...lambda({ architecture: 'arm', requests, seconds: billedSeconds(measured), memoryMib }),
      { what: 'REST API', price: 'aws.apigw.rest', units: requests },
      ...telemetry(prices, 4),
    ];
  },
};

/** Lambda bills in steps of a millisecond. */
function billedSeconds({ latencySeconds }: Measurement): number {
  return Math.ceil(latencySeconds * 1000) / 1000;
}

const FARGATE: ComparedTarget = {
  id: 'ecs',
  cloud: 'aws',
  construct: 'ContainerModel on Fargate, arm64',
  coldStart: 'aws.ecs.fargate',
  minReplicas: 1,
  security: [IDENTITY, ENCRYPTED, 'tasks in private subnets without a route to the internet'],
  size: (question) => {
    const needed = neededMemoryMib(question);
    for (const [vcpu, { min, max, step }] of FARGATE_SIZES) {
      if (vcpu < 1 || needed > max) continue;
      const memoryMib = Math.max(min, Math.ceil(needed / step) * step);
      return { vcpu, memoryMib, label: `${vcpu} vCPU, ${memoryMib / 1024} GiB` };
    }
    return { vcpu: 16, memoryMib: 122_880, label: '16 vCPU, 120 GiB' };
  },
  limits: () => ({
    service: 'Fargate behind an HTTP API',
    requestBytes: ECS.gatewayPayloadBytes,
    timeoutSeconds: ECS.gatewaySeconds.max,
    maxReplicas: ECS.tasks.max,
    maxMemoryMib: 122_880,
    gpu: false,
  }),
  usages: ({ size: { vcpu, memoryMib }, replicaHours, ...month }) => [
    ...fargate('arm', replicaHours, vcpu, memoryMib / 1024),
    ...network(month, 6),
    ...telemetry(month.prices, 9),
  ],
};

/** The HTTP API, the internal load balancer and the interface endpoints of a new VPC in two zones. */
function network({ prices, ...question }: Question & { readonly prices: Prices }, endpoints: number): Usage[] {
  return [
    { what: 'HTTP API', price: 'aws.apigw.http', units: monthlyRequests(question.load) * meteredRequests(question) },
    ...loadBalancer(HOURS_PER_MONTH, gigabytes(question)),
    allMonth(prices, { what: 'VPC endpoints', price: 'aws.vpce.hour', quantity: endpoints }),
  ];
}

const ECS_GPU: ComparedTarget = {
  id: 'ecs-gpu',
  cloud: 'aws',
  construct: 'ContainerModel with ContainerCapacity.gpu()',
  coldStart: 'aws.ecs.gpu',
  gpuOnly: true,
  minReplicas: 1,
  security: FARGATE.security,
  size: () => instanceOf(GPU_TASK.instanceType, GPU_TASK.cpu, GPU_TASK.memoryMib, 'A10G'),
  limits: () => ({
    service: `ECS on ${GPU_TASK.instanceType}`,
    requestBytes: ECS.gatewayPayloadBytes,
    timeoutSeconds: ECS.gatewaySeconds.max,
    maxReplicas: ECS.tasks.max,
    maxMemoryMib: GPU_TASK.memoryMib,
    gpu: true,
  }),
  usages: ({ prices, ...question }) => [
    allMonth(prices, { what: 'instances', price: `aws.ec2.${GPU_TASK.instanceType}` }),
    allMonth(prices, { what: 'disks', price: 'aws.ebs.gp3', quantity: 100 }),
    allMonth(prices, { what: 'detailed monitoring', price: 'aws.ec2.detailedMonitoring' }),
    ...network({ prices, ...question }, 12),
    ...telemetry(prices, 9),
  ],
};

const SAGEMAKER_TARGET: ComparedTarget = {
  id: 'sagemaker',
  cloud: 'aws',
  construct: 'ManagedEndpointModel',
  coldStart: 'aws.sagemaker.realTime',
  minReplicas: 1,
  security: [IDENTITY, ENCRYPTED, 'network isolation of the container'],
  size: (question) =>
    question.load.gpu
      ? instanceOf('ml.g5.xlarge', 4, 16_384, 'A10G')
      : neededMemoryMib(question) < 3500
        ? instanceOf('ml.c7g.large', 2, 4096)
        : instanceOf('ml.c7g.xlarge', 4, 8192),
  limits: (size) => ({
    service: 'a SageMaker endpoint',
    requestBytes: SAGEMAKER.realTimePayloadBytes,
    timeoutSeconds: SAGEMAKER.realTimeTimeoutSeconds.max,
    maxReplicas: SAGEMAKER.instances.max,
    maxMemoryMib: size.memoryMib,
    gpu: true,
  }),
  usages: ({ size, replicaHours, prices }) => [
    { what: 'instances', price: `aws.sagemaker.${size.instanceType}`, units: replicaHours },
    ...telemetry(prices, 3),
  ],
};

const SAGEMAKER_SERVERLESS: ComparedTarget = {
  id: 'sagemaker-serverless',
  cloud: 'aws',
  construct: 'ManagedEndpointModel with EndpointMode.serverless()',
  coldStart: 'aws.sagemaker.serverless',
  minReplicas: 0,
  isOneAtATime: true,
  security: [IDENTITY, ENCRYPTED],
  size: (question) => {
    const needed = Math.max(2048, neededMemoryMib(question));
    const memoryMib = SAGEMAKER.serverlessMemoryMib.find((each) => each >= needed) ?? 6144;
    // https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html: vCPUs grow with the memory.
    return { vcpu: memoryMib / LAMBDA_MIB_PER_VCPU, memoryMib, label: `${memoryMib} MiB` };
  },
  limits: () => ({
    service: 'a SageMaker serverless endpoint',
    requestBytes: SAGEMAKER.serverlessPayloadBytes,
    timeoutSeconds: SAGEMAKER.realTimeTimeoutSeconds.max,
    maxReplicas: SAGEMAKER.serverlessConcurrency.max,
    maxMemoryMib: SAGEMAKER.serverlessMemoryMib.at(-1)!,
    gpu: false,
  }),
  usages: ({ load, measured, size, prices }) => [
    ...sagemakerServerless(monthlyRequests(load), billedSeconds(measured), size.memoryMib),
    ...telemetry(prices, 3),
  ],
};

/** Targets on AWS. */
export const AWS_TARGETS: readonly ComparedTarget[] = [
  LAMBDA_TARGET,
  FARGATE,
  ECS_GPU,
  SAGEMAKER_TARGET,
  SAGEMAKER_SERVERLESS,
];
