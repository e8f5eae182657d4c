import { ECS, FARGATE_SIZES } from '../aws/private/ecs/limits.js';
import { FRONT_TIMEOUT_SECONDS, LAMBDA, RUNTIME_BYTES } from '../aws/private/lambda/limits.js';
import { SAGEMAKER } from '../aws/private/sagemaker/limits.js';
import { allMonth, HOURS_PER_MONTH, type Usage } from '../cost/bill.js';
import type { Prices } from '../cost/prices.js';
import { fargate, HTTP_API_METERED_BYTES, lambda, loadBalancer, sagemakerServerless } from '../cost/services.js';
import { hourlyRates } from './load.js';
import { neededMemoryMib, obstaclesOf } from './obstacles.js';
import { monthlyRequests, mostReplicas, replicaHours } from './replicas.js';
import type { ComparedTarget, Question } from './target.js';

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
  security: [IDENTITY, ENCRYPTED, 'public address of API Gateway, unless `endpointType` is private'],
  size: (question) => {
    const memoryMib = Math.min(LAMBDA.memoryMib.max, Math.max(LAMBDA_MIB_PER_VCPU, neededMemoryMib(question)));
    return { vcpu: memoryMib / LAMBDA_MIB_PER_VCPU, memoryMib, label: `${memoryMib} MiB` };
  },
  replicas: (question) => Math.ceil(Math.max(...hourlyInFlight(question))),
  obstacles: (question) => {
    const size = LAMBDA_TARGET.size(question);
    const found = obstaclesOf(
      question,
      {
        service: 'AWS Lambda',
        requestBytes: LAMBDA.requestBytes,
        timeoutSeconds: FRONT_TIMEOUT_SECONDS.restApi.max,
        maxReplicas: LAMBDA.replicas.max,
        maxMemoryMib: LAMBDA.memoryMib.max,
        gpu: false,
      },
      size,
      // An environment runs one request at a time.
      LAMBDA_TARGET.replicas(question),
    );
    const { facts } = question;
    const limit = facts.needsPython ? LAMBDA.maxImageBytes : LAMBDA.maxImageBytes - RUNTIME_BYTES;
    if (facts.sizeBytes > limit)
      found.push(`the files have ${facts.sizeBytes} bytes, more than an image on AWS Lambda may have`);
    return found;
  },
  usages: (question, prices) => {
    const { memoryMib } = LAMBDA_TARGET.size(question);
    const requests = monthlyRequests(question.load);
    return [
      ...lambda({ architecture: 'arm', requests, seconds: billedSeconds(question), memoryMib }),
      { what: 'REST API', price: 'aws.apigw.rest', units: requests },
      ...telemetry(prices, 4),
    ];
  },
};

/** Lambda bills in steps of a millisecond. */
function billedSeconds({ measured }: Question): number {
  return Math.ceil(measured.latencySeconds * 1000) / 1000;
}

/** Returns the requests in flight in each hour of a day. A function has an environment for each. */
function hourlyInFlight({ load, measured }: Question): readonly number[] {
  return hourlyRates(load).map((rate) => rate * measured.latencySeconds);
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
  replicas: (question) => mostReplicas(question, FARGATE.size(question), FARGATE.minReplicas),
  obstacles: (question) => {
    const size = FARGATE.size(question);
    return obstaclesOf(
      question,
      {
        service: 'Fargate behind an HTTP API',
        requestBytes: ECS.gatewayPayloadBytes,
        timeoutSeconds: ECS.gatewaySeconds.max,
        maxReplicas: ECS.tasks.max,
        maxMemoryMib: 122_880,
        gpu: false,
      },
      size,
      FARGATE.replicas(question),
    );
  },
  usages: (question, prices) => {
    const { vcpu, memoryMib, ...size } = FARGATE.size(question);
    const hours = replicaHours(question, { vcpu, memoryMib, ...size }, FARGATE.minReplicas);
    return [...fargate('arm', hours, vcpu, memoryMib / 1024), ...network(question, prices, 6), ...telemetry(prices, 9)];
  },
};

/** The HTTP API, the internal load balancer and the interface endpoints of a new VPC in two zones. */
function network(question: Question, prices: Prices, endpoints: number): Usage[] {
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
  size: () => ({ vcpu: 4, memoryMib: 16_384, label: 'g5.xlarge (A10G)' }),
  replicas: () => 1,
  obstacles: (question) =>
    obstaclesOf(
      question,
      {
        service: 'ECS on g5.xlarge',
        requestBytes: ECS.gatewayPayloadBytes,
        timeoutSeconds: ECS.gatewaySeconds.max,
        maxReplicas: ECS.tasks.max,
        maxMemoryMib: 16_384,
        gpu: true,
      },
      ECS_GPU.size(question),
      ECS_GPU.replicas(question),
    ),
  usages: (question, prices) => [
    allMonth(prices, { what: 'instances', price: 'aws.ec2.g5.xlarge' }),
    allMonth(prices, { what: 'disks', price: 'aws.ebs.gp3', quantity: 100 }),
    allMonth(prices, { what: 'detailed monitoring', price: 'aws.ec2.detailedMonitoring' }),
    ...network(question, prices, 12),
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
      ? { vcpu: 4, memoryMib: 16_384, label: 'ml.g5.xlarge (A10G)' }
      : neededMemoryMib(question) < 3500
        ? { vcpu: 2, memoryMib: 4096, label: 'ml.c7g.large' }
        : { vcpu: 4, memoryMib: 8192, label: 'ml.c7g.xlarge' },
  replicas: (question) => mostReplicas(question, SAGEMAKER_TARGET.size(question), SAGEMAKER_TARGET.minReplicas),
  obstacles: (question) => {
    const size = SAGEMAKER_TARGET.size(question);
    return obstaclesOf(
      question,
      {
        service: 'a SageMaker endpoint',
        requestBytes: SAGEMAKER.realTimePayloadBytes,
        timeoutSeconds: SAGEMAKER.realTimeTimeoutSeconds.max,
        maxReplicas: SAGEMAKER.instances.max,
        maxMemoryMib: size.memoryMib,
        gpu: true,
      },
      size,
      SAGEMAKER_TARGET.replicas(question),
    );
  },
  usages: (question, prices) => {
    const size = SAGEMAKER_TARGET.size(question);
    const hours = question.load.gpu ? HOURS_PER_MONTH : replicaHours(question, size, SAGEMAKER_TARGET.minReplicas);
    const type = size.label.split(' ')[0]!;
    return [{ what: 'instances', price: `aws.sagemaker.${type}`, units: hours }, ...telemetry(prices, 3)];
  },
};

const SAGEMAKER_SERVERLESS: ComparedTarget = {
  id: 'sagemaker-serverless',
  cloud: 'aws',
  construct: 'ManagedEndpointModel with EndpointMode.serverless()',
  coldStart: 'aws.sagemaker.serverless',
  minReplicas: 0,
  security: [IDENTITY, ENCRYPTED],
  size: (question) => {
    const needed = Math.max(2048, neededMemoryMib(question));
    const memoryMib = SAGEMAKER.serverlessMemoryMib.find((each) => each >= needed) ?? 6144;
    // https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html: vCPUs grow with the memory.
    return { vcpu: memoryMib / LAMBDA_MIB_PER_VCPU, memoryMib, label: `${memoryMib} MiB` };
  },
  replicas: (question) => Math.ceil(Math.max(...hourlyInFlight(question))),
  obstacles: (question) =>
    obstaclesOf(
      question,
      {
        service: 'a SageMaker serverless endpoint',
        requestBytes: SAGEMAKER.serverlessPayloadBytes,
        timeoutSeconds: SAGEMAKER.realTimeTimeoutSeconds.max,
        maxReplicas: SAGEMAKER.serverlessConcurrency.max,
        maxMemoryMib: SAGEMAKER.serverlessMemoryMib.at(-1)!,
        gpu: false,
      },
      SAGEMAKER_SERVERLESS.size(question),
      SAGEMAKER_SERVERLESS.replicas(question),
    ),
  usages: (question, prices) => [
    ...sagemakerServerless(
      monthlyRequests(question.load),
      billedSeconds(question),
      SAGEMAKER_SERVERLESS.size(question).memoryMib,
    ),
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
