import { isIPv4 } from 'node:net';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Stack, Token } from 'aws-cdk-lib';
import { Cluster } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { serverOf } from '../../../serving/servers/model-server.js';
import {
  arrayOf,
  BOOLEAN,
  checkProps,
  choice,
  NUMBER,
  object,
  options,
  type PropTypes,
  required,
  STRING,
  STRINGS,
} from '../../../serving/validation/prop-types.js';
import { checkSecrets } from '../../../serving/validation/secrets.js';
import {
  checkGpuUse,
  checkServer,
  checkServerVariables,
  checkSource,
  IMAGE,
  SERVER,
} from '../../../serving/validation/server.js';
import { checkServingProps, exactly, SERVING_PROPS } from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { ContainerCapacity, type FargateCapacityOptions, type GpuCapacityOptions } from '../../capacity.js';
import type { ContainerModelProps } from '../../container-props.js';
import type { ExistingListener } from '../../existing-listener.js';
import { checkGate } from '../shared/gate-validation.js';
import { LOG_RETENTION_DAYS } from '../shared/log-retention.js';
import { checkMemory, checkPayload } from '../shared/preflight.js';
import {
  ACCESS_POINT,
  ALARM_ACTIONS,
  ALARMS,
  DURATION,
  FILE_SYSTEM,
  KEY,
  OBJECTS,
  REMOVAL_POLICY,
  ROLE,
  S3_FILES,
  SECRET,
  SECRETS,
  SECURITY_GROUPS,
  SUBNETS,
  VPC,
} from '../shared/prop-types.js';
import { checkMinutes } from '../shared/quantities.js';
import { checkOnePerZone, checkTwoZones } from '../shared/subnets.js';
import { API_GATEWAY_RATES } from '../shared/throttle.js';
import { validatorFor } from '../shared/validator.js';
import { checkAccess } from './access-validation.js';
import { checkArchitecture } from './architecture.js';
import { ECS, FARGATE_SIZES } from './limits.js';
import { checkListener } from './listener-validation.js';
import { checkModelData, isMounted } from './model-data-validation.js';
import { checkRegion } from './region-validation.js';
import { defaultMaxReplicas } from './scaling.js';
import { fargateSize, gpuSize, taskSize } from './task-size.js';

const GPU_OPTIONS = options<GpuCapacityOptions>('an object such as { instanceType: "g5.xlarge" }', {
  instanceType: STRING,
  gpuCount: NUMBER,
  cpu: NUMBER,
  memoryMib: NUMBER,
});

const PROPS: PropTypes<ContainerModelProps> = {
  ...SERVING_PROPS,
  capacity: choice('ContainerCapacity.fargate()', {
    fargate: {
      options: options<FargateCapacityOptions>('an object such as { cpu: 2 }', {
        cpu: NUMBER,
        memoryMib: NUMBER,
        x86: BOOLEAN,
        spot: BOOLEAN,
      }),
    },
    gpu: { options: GPU_OPTIONS },
    managedGpu: { options: GPU_OPTIONS },
  }),
  server: SERVER,
  image: IMAGE,
  modelData: choice('ContainerModelData.fromPackage()', {
    bucket: OBJECTS,
    fileSystem: {
      fileSystem: required(FILE_SYSTEM),
      accessPoint: required(ACCESS_POINT),
      folder: required(STRING),
    },
    s3Files: S3_FILES,
    image: { folder: required(STRING) },
  }),
  vpc: VPC,
  natGateways: NUMBER,
  vpcCidr: STRING,
  availabilityZones: STRINGS,
  vpcSubnets: SUBNETS,
  loadBalancerSubnets: SUBNETS,
  securityGroups: SECURITY_GROUPS,
  cluster: object('an ICluster, such as new Cluster(…)', 'clusterName'),
  listener: options<ExistingListener>('an object such as { listener, loadBalancer, priority: 10 }', {
    listener: required(object('an IApplicationListener', 'listenerArn')),
    loadBalancer: required(object('an IApplicationLoadBalancer', 'loadBalancerArn')),
    priority: required(NUMBER),
    conditions: arrayOf(object('a ListenerCondition, such as ListenerCondition.pathPatterns([…])')),
    protocol: STRING,
    port: NUMBER,
  }),
  internetFacing: BOOLEAN,
  certificate: object('an ICertificate, such as Certificate.fromCertificateArn(…)', 'certificateArn'),
  domainName: STRING,
  jwksUrl: STRING,
  jwtAudienceFormat: STRING,
  targetConcurrency: NUMBER,
  targetCpuPercent: NUMBER,
  blueGreenBakeTime: DURATION,
  startupSeconds: NUMBER,
  logRemovalPolicy: REMOVAL_POLICY,
  taskRole: ROLE,
  executionRole: ROLE,
  encryptionKey: KEY,
  enableExecuteCommand: BOOLEAN,
  rollbackAlarms: ALARMS,
  secrets: SECRETS,
  serviceConnectNamespace: STRING,
  alarmActions: ALARM_ACTIONS,
};

/** Environment variables that the construct sets. */
const RESERVED = exactly(ENVIRONMENT.startSeconds);

/**
 * ECS documents no pattern, so that only what an environment cannot hold is refused: no name, or one with `=`.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KeyValuePair.html
 */
const VARIABLE_NAMES = { pattern: /^[^=\0]+$/, rule: 'the name of a variable of ECS is not empty, and has no `=`' };

/** Instance families with NVIDIA GPUs and x86 processors: excludes `g4ad` (AMD GPUs) and `g5g` (Arm processors). */
const GPU_INSTANCE = /^(g(?!4ad|5g)\d|p\d)[a-z0-9-]*\.[a-z0-9-]+$/;

/** @throws ValidationError that lists everything AWS would reject or ignore */
export function validateContainer(scope: Construct, props: ContainerModelProps): void {
  const validator = validatorFor(scope, 'ContainerModel');
  checkProps(validator, props, PROPS);
  const capacity = props.capacity ?? ContainerCapacity.fargate();
  const { minReplicas = 1 } = props;
  const isGateway = (props.access?.kind ?? 'cloudIdentity') === 'cloudIdentity';
  checkServingProps(validator, props, {
    target: 'the load balancer of ContainerModel',
    access: {
      kinds: ['cloudIdentity', 'jwt', 'anonymous'],
      instead: 'Use ServerlessModel of modelship/aws for API keys',
    },
    minReplicas: ECS.tasks,
    maxReplicas: ECS.tasks,
    schedule: {
      minReplicas: ECS.scheduledTasks,
      maxReplicas: ECS.scheduledTasks,
      base: { min: minReplicas, max: props.maxReplicas ?? defaultMaxReplicas(minReplicas) },
    },
    rollout: {
      target: 'ECS',
      canary: { percent: ECS.canaryPercent, bakeMinutes: ECS.bakeMinutes },
      linear: { stepPercent: ECS.linearPercent, intervalMinutes: ECS.bakeMinutes },
      gate: true,
    },
    throttle: isGateway
      ? { ...API_GATEWAY_RATES, requestsPerDay: 'Use ServerlessModel with Access.apiKey(), or remove it' }
      : 'Remove it, or use Access.cloudIdentity(), which puts API Gateway in front',
    timeoutSeconds: isGateway ? ECS.gatewaySeconds : ECS.idleSeconds,
    logRetentionDays: LOG_RETENTION_DAYS,
    reserved: RESERVED,
    variableNames: VARIABLE_NAMES,
  });
  checkCapacity(validator, capacity);
  checkSize(validator, props, capacity);
  checkModelData(validator, props);
  checkAccess(validator, props);
  checkListener(validator, props);
  checkNetwork(validator, props);
  checkServing(validator, props, capacity);
  validator.number('targetConcurrency', props.targetConcurrency, ECS.concurrency);
  validator.number('targetCpuPercent', props.targetCpuPercent, ECS.cpuPercent);
  checkBlueGreen(validator, props);
  checkTestable(validator, props);
  validator.number('startupSeconds', props.startupSeconds, ECS.startupSeconds);
  checkRegion(validator, scope, props, capacity);
  checkSecrets(validator, props, RESERVED, SECRET, VARIABLE_NAMES);
  const { cluster } = props;
  validator.check(
    capacity.kind !== 'gpu' ||
      cluster === undefined ||
      (Cluster.isCluster(cluster) && Stack.of(cluster) === Stack.of(scope)),
    'cluster',
    'CONFLICT',
    'ContainerCapacity.gpu() adds a capacity provider, which only the stack that creates the cluster can do; create ' +
      'it in this stack, remove it, or use .managedGpu()',
  );
  validator.check(
    props.vpc === undefined || props.cluster === undefined || props.vpc === props.cluster.vpc,
    'vpc',
    'CONFLICT',
    'got a `cluster` in another VPC; remove one of the two',
  );
  validator.throwIfAny();
}

function checkCapacity(validator: Validator, capacity: ContainerCapacity): void {
  const { settings } = capacity;
  if (settings.kind !== 'fargate') {
    const { gpuCount, instanceType, ...size } = gpuSize(settings.options);
    validator.number('capacity.gpuCount', gpuCount, ECS.gpus);
    validator.number('capacity.cpu', size.cpu, ECS.cpus);
    validator.number('capacity.memoryMib', size.memoryMib, ECS.memoryMib);
    validator.check(
      Token.isUnresolved(instanceType) || GPU_INSTANCE.test(instanceType),
      'capacity.instanceType',
      'NO_GPU',
      `got ${instanceType}; the instance families with NVIDIA GPUs are g and p, such as g5.xlarge. ` +
        `ContainerCapacity.fargate() runs without a GPU`,
    );
    return;
  }
  const { cpu, memoryMib } = fargateSize(settings.options);
  if (Token.isUnresolved(cpu) || Token.isUnresolved(memoryMib)) return;
  const size = FARGATE_SIZES.get(cpu);
  validator.check(
    size !== undefined,
    'capacity.cpu',
    'OUT_OF_RANGE',
    `got ${cpu}; Fargate allows ${[...FARGATE_SIZES.keys()].join(', ')}`,
  );
  if (size) {
    validator.check(
      memoryMib >= size.min && memoryMib <= size.max && memoryMib % size.step === 0,
      'capacity.memoryMib',
      'OUT_OF_RANGE',
      `got ${memoryMib}; Fargate allows ${size.min} to ${size.max} MiB in steps of ${size.step} with ${cpu} CPUs`,
    );
  }
}

/** Checks whether the model fits into a task, and one row of its inputs into a request. */
function checkSize(
  validator: Validator,
  { model, modelData, access, server }: ContainerModelProps,
  capacity: ContainerCapacity,
): void {
  if ((access?.kind ?? 'cloudIdentity') === 'cloudIdentity') {
    checkPayload(validator, model, ECS.gatewayPayloadBytes, {
      what: 'a request to the HTTP API in front of ContainerModel',
      alternative: 'use Access.jwt() or .anonymous(), with the load balancer alone',
    });
  }
  // A server that downloads the weights itself needs only a name from the package.
  if (server && server.layout(model).length === 0) return;
  const { kind } = capacity;
  checkMemory(validator, model, taskSize(capacity).memoryMib, {
    what: 'a task',
    alternative: `raise \`capacity.memoryMib\`${kind === 'fargate' ? ', up to 122880 with 16 CPUs' : ', on a larger `instanceType`'}`,
  });
  validator.check(
    kind !== 'fargate' || isMounted(modelData) || model.sizeBytes < ECS.maxEphemeralGib * 2 ** 30,
    'model',
    'MODEL_TOO_LARGE',
    `the files have ${model.sizeBytes} bytes, and a Fargate task has ${ECS.maxEphemeralGib} GiB of disk; use ContainerModelData.fromS3Files() or .fromFileSystem()`,
  );
}

function checkNetwork(validator: Validator, props: ContainerModelProps): void {
  const { vpc: given, cluster, internetFacing, availabilityZones, natGateways } = props;
  const vpc = given ?? cluster?.vpc;
  const prop = given ? 'vpc' : 'cluster';
  validator.check(
    availabilityZones === undefined || vpc === undefined,
    'availabilityZones',
    'CONFLICT',
    `the zones of \`${prop}\` are used; choose among them with \`vpcSubnets\``,
  );
  validator.check(
    availabilityZones === undefined || Token.isUnresolved(availabilityZones) || availabilityZones.length >= 2,
    'availabilityZones',
    'OUT_OF_RANGE',
    `got ${availabilityZones?.length}; a load balancer requires at least two`,
  );
  const zones = availabilityZones && !Token.isUnresolved(availabilityZones) ? availabilityZones.length : 2;
  validator.number('natGateways', natGateways, { min: 0, max: zones, source: `a VPC in ${zones} zones` });
  validator.known('natGateways', natGateways, 'it decides about the subnets and endpoints of the VPC');
  validator.check(
    natGateways === undefined || vpc === undefined,
    'natGateways',
    'CONFLICT',
    `the gateways of \`${prop}\` are used; remove it`,
  );
  checkCidr(validator, props.vpcCidr, zones);
  validator.check(
    props.vpcCidr === undefined || vpc === undefined,
    'vpcCidr',
    'CONFLICT',
    `the addresses of \`${prop}\` are used; remove it`,
  );
  if (!vpc) {
    for (const name of ['vpcSubnets', 'loadBalancerSubnets', 'securityGroups'] as const) {
      const missing = 'it selects from an existing VPC; set `vpc` or `cluster` too, or remove it';
      validator.check(props[name] === undefined, name, 'MISSING', missing);
    }
    return;
  }
  // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#availability-zones
  for (const check of [checkTwoZones, checkOnePerZone]) {
    const { loadBalancerSubnets } = props;
    if (loadBalancerSubnets) check(validator, 'loadBalancerSubnets', vpc, loadBalancerSubnets, 'a load balancer');
  }
  validator.check(
    vpc.privateSubnets.length + vpc.isolatedSubnets.length > 0,
    prop,
    'NO_SUBNETS',
    'its VPC has only public subnets, and tasks run in private or isolated ones; add some, or remove it',
  );
  validator.check(
    !internetFacing || vpc.publicSubnets.length > 0,
    prop,
    'NO_SUBNETS',
    'its VPC has no public subnets, which an internet-facing load balancer requires; add some, or remove ' +
      '`internetFacing`',
  );
}

/**
 * Reports a range that a VPC cannot have, or in which the subnets of a load balancer have no room.
 * https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
 */
function checkCidr(validator: Validator, cidr: string | undefined, zones: number): void {
  const isKnown = validator.known('vpcCidr', cidr, 'the ranges of the subnets are computed from it');
  if (cidr === undefined || !isKnown) return;
  const [address = '', prefix = '', ...rest] = cidr.split('/');
  const isRange = isIPv4(address) && /^\d+$/.test(prefix) && rest.length === 0;
  validator.check(isRange, 'vpcCidr', 'BAD_TEXT', `got ${cidr}; an IPv4 range is like 10.20.0.0/16`);
  if (!isRange) return;
  // With NAT gateways, each zone has a public and a private subnet. The load balancer is in one of them and needs /27.
  const longest = ECS.balancerPrefix - Math.ceil(Math.log2(2 * zones));
  validator.check(
    Number(prefix) >= ECS.shortestVpcPrefix && Number(prefix) <= longest,
    'vpcCidr',
    'OUT_OF_RANGE',
    `got ${cidr}; the prefix of a VPC with subnets in ${zones} zones is /${ECS.shortestVpcPrefix} to /${longest}`,
  );
}

/**
 * @param need Reason for internet access, as the start of a sentence. Known once the image is.
 * @throws ValidationError if the new VPC has no internet access but needs it
 */
export function requireInternet(scope: Construct, natGateways: number, need: string | undefined): void {
  const validator = validatorFor(scope, 'ContainerModel');
  validator.check(
    natGateways > 0 || need === undefined,
    'natGateways',
    'UNREACHABLE',
    `got 0, and ${need}; remove it, or pass a \`vpc\` with another way to the internet`,
  );
  validator.throwIfAny();
}

function checkServing(validator: Validator, props: ContainerModelProps, capacity: ContainerCapacity): void {
  const { image, modelData } = props;
  const { spec, isModelship } = serverOf(props);
  checkGpuUse(validator, {
    prop: 'image',
    isWasted: capacity.kind !== 'fargate' && image === undefined && isModelship,
    instead: 'set another `server`, or use ContainerCapacity.fargate()',
  });
  checkArchitecture(validator, capacity, spec);
  checkServer(validator, props, {
    prop: 'capacity',
    has: capacity.kind !== 'fargate',
    how: 'Fargate has none, so use ContainerCapacity.gpu() or .managedGpu()',
  });
  checkSource(validator, spec, ['s3', 'hub', 'folder']);
  if (!isModelship) checkServerVariables(validator, spec, props);
  validator.check(
    isModelship || (modelData?.kind ?? 'image') === 'image' || isMounted(modelData),
    'modelData',
    'UNSUPPORTED_MODEL_DATA',
    `${spec.name} does not fetch models; use ContainerModelData.fromS3Files() or .fromFileSystem(), or put the ` +
      `model into the image and pass its folder to .inImage()`,
  );
}

/** Reports a gate that cannot ask the new version at the load balancer's port for tests. */
function checkTestable(
  validator: Validator,
  { rollout, access, server, internetFacing, certificate, domainName, model }: ContainerModelProps,
): void {
  if (!rollout?.gate) return;
  validator.check(
    access?.kind !== 'jwt',
    'rollout.gate',
    'CONFLICT',
    'the load balancer verifies tokens of requests for tests too, and the gate has none; remove it, or use ' +
      'Access.cloudIdentity() or .anonymous()',
  );
  validator.check(
    server === undefined,
    'rollout.gate',
    'CONFLICT',
    "the gate asks Modelship's own server; remove it, or `server`",
  );
  validator.check(
    !internetFacing,
    'rollout.gate',
    'CONFLICT',
    'the gate is in the VPC, and a load balancer that faces the internet has public addresses; remove it, or ' +
      '`internetFacing`',
  );
  validator.check(
    certificate === undefined || domainName !== undefined,
    'domainName',
    'MISSING',
    'the gate checks it against the certificate of the load balancer; pass the domain name of the certificate',
  );
  checkGate(validator, { model, rollout });
}

function checkBlueGreen(validator: Validator, { rollout, blueGreenBakeTime }: ContainerModelProps): void {
  checkMinutes(validator, 'blueGreenBakeTime', blueGreenBakeTime, ECS.bakeMinutes);
  validator.check(
    blueGreenBakeTime === undefined || rollout === undefined || rollout.kind === 'allAtOnce',
    'blueGreenBakeTime',
    'CONFLICT',
    'got a gradual `rollout` too; ECS accepts one of the two',
  );
}
