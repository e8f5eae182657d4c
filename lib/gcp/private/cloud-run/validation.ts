import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { DOMAIN_NAME } from '../../../serving/validation/domain-name.js';
import {
  BOOLEAN,
  checkProps,
  NUMBER,
  object,
  type PropTypes,
  STRING,
  STRING_MAP,
  STRINGS,
} from '../../../serving/validation/prop-types.js';
import { checkSecrets } from '../../../serving/validation/secrets.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { LINEAR_INSTEAD } from '../../../terraform/runtime-environment.js';
import { validatorFor } from '../../../terraform/validator.js';
import { Ingress } from '../../network.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { checkWebAcl, WEB_ACL } from '../shared/security-policy.js';
import { checkGoogleProps, GOOGLE_PROPS, RESERVED } from '../shared/validation.js';
import { CLOUD_RUN } from './limits.js';
import { SECRET } from './secrets.js';
import { type CloudRunSize, cloudRunIngress, cloudRunSize } from './server.js';

const PROPS: PropTypes<ServerlessModelProps> = {
  ...GOOGLE_PROPS,
  serviceName: STRING,
  cpu: NUMBER,
  memoryMib: NUMBER,
  secrets: STRING_MAP,
  maxConcurrency: NUMBER,
  domainName: STRING,
  certificate: STRING,
  webAcl: WEB_ACL,
  ingress: object('an Ingress, such as Ingress.all()', 'value'),
  network: STRING,
  subnetwork: STRING,
  networkTags: STRINGS,
  vpcEgress: object('a VpcEgress, such as VpcEgress.all()', 'value'),
  stableRevision: STRING,
  uptimeCheck: BOOLEAN,
};

const MIB = 1024 * 1024;

/** @throws ValidationError with all faults in the props */
export function validateCloudRun(scope: Construct, props: ServerlessModelProps): void {
  const validator = validatorFor(scope, 'ServerlessModel');
  checkProps(validator, props, PROPS);
  const size = cloudRunSize(props);
  checkGoogleProps(validator, props, {
    target: 'Cloud Run',
    access: {
      kinds: ['cloudIdentity', 'jwt', 'anonymous'],
      instead: 'Use ServerlessModel of modelship/aws for API keys with quotas',
    },
    minReplicas: CLOUD_RUN.instances,
    maxReplicas: { ...CLOUD_RUN.instances, min: 1 },
    rollout: {
      canary: { allowsZero: true },
      stable: {
        prop: 'stableRevision',
        value: props.stableRevision,
        what: 'the name of its revision, which is the output `revision` of the previous deployment',
      },
      instead: LINEAR_INSTEAD,
    },
    throttle: 'Remove it and limit `maxReplicas` and `maxConcurrency`, or use ServerlessModel of modelship/aws',
    timeoutSeconds: CLOUD_RUN.timeoutSeconds,
  });
  validator.text('serviceName', props.serviceName, CLOUD_RUN.serviceName.pattern, CLOUD_RUN.serviceName.rule);
  validator.number('maxConcurrency', props.maxConcurrency, CLOUD_RUN.concurrency);
  checkSecrets(validator, props, RESERVED, STRING);
  for (const [name, secret] of Object.entries(props.secrets ?? {})) {
    validator.text(
      `secrets.${name}`,
      secret,
      SECRET,
      'use the ID of a secret or its full name, `projects/P/secrets/S`, optionally with `/versions/V`',
    );
  }
  checkInstance(validator, props, size);
  checkNetwork(validator, props);
  checkStableRevision(validator, props);
  checkDomain(validator, props);
  validator.check(
    !props.uptimeCheck || isReachable(props),
    'uptimeCheck',
    'UNREACHABLE',
    'Cloud Monitoring probes from the internet and cannot reach an internal service; remove it, or set ' +
      'ingress: Ingress.all()',
  );
  validator.throwIfAny();
}

/** Whether the internet reaches the service: by its own host name, or through the load balancer. */
function isReachable(props: ServerlessModelProps): boolean {
  const { value } = cloudRunIngress(props);
  return props.domainName === undefined ? value === Ingress.all().value : value !== Ingress.internal().value;
}

function checkDomain(validator: Validator, props: ServerlessModelProps): void {
  const { domainName, ingress, webAcl } = props;
  validator.text('domainName', domainName, DOMAIN_NAME.pattern, DOMAIN_NAME.rule);
  for (const prop of ['certificate', 'webAcl'] as const) {
    validator.check(
      props[prop] === undefined || domainName !== undefined,
      prop,
      'CONFLICT',
      'it belongs to the load balancer, which exists only with `domainName`; set domainName too',
    );
  }
  validator.check(
    domainName === undefined || ingress?.value !== Ingress.internal().value,
    'ingress',
    'UNREACHABLE',
    'an internal service rejects requests through the load balancer of `domainName`; set ' +
      'ingress: Ingress.internalAndLoadBalancer(), or remove one of them',
  );
  checkWebAcl(validator, webAcl);
}

/**
 * Reports sizes and GPUs that an instance cannot have.
 *
 * @param at start of the names of the props `cpu`, `memoryMib` and `gpu`
 */
export function checkInstance(
  validator: Validator,
  props: Pick<ServerlessModelProps, 'model' | 'gpu' | 'region'>,
  size: CloudRunSize,
  at = '',
): void {
  checkSize(validator, props, size, at);
  checkGpu(validator, props, size, at);
}

function checkSize(
  validator: Validator,
  { model }: Pick<ServerlessModelProps, 'model'>,
  { cpu, memoryMib }: CloudRunSize,
  at: string,
): void {
  validator.number(`${at}memoryMib`, memoryMib, CLOUD_RUN.memoryMib);
  if (Token.isUnresolved(cpu) || Token.isUnresolved(memoryMib)) return;
  const range = CLOUD_RUN.cpus.get(cpu);
  validator.check(
    range !== undefined,
    `${at}cpu`,
    'OUT_OF_RANGE',
    `got ${cpu}; Cloud Run with a volume allows ${[...CLOUD_RUN.cpus.keys()].join(', ')}`,
  );
  validator.check(
    range === undefined || (memoryMib >= range.min && memoryMib <= range.max),
    `${at}memoryMib`,
    'CPU_MEMORY_MISMATCH',
    `got ${memoryMib} MiB with ${cpu} CPU; Cloud Run allows ${range?.min} to ${range?.max} MiB with it, so change one of them`,
  );
  validator.check(
    model.sizeBytes <= memoryMib * MIB,
    `${at}memoryMib`,
    'MODEL_TOO_LARGE',
    `the model alone has ${Math.ceil(model.sizeBytes / MIB)} MiB and the instance ${memoryMib} MiB; raise ` +
      'memoryMib (and cpu with it) to at least twice the model',
  );
}

function checkGpu(
  validator: Validator,
  { gpu, region }: Pick<ServerlessModelProps, 'gpu' | 'region'>,
  { cpu, memoryMib }: CloudRunSize,
  at: string,
): void {
  if (!gpu) return;
  const regions = CLOUD_RUN.gpuRegions.get(gpu.name);
  validator.check(
    regions !== undefined,
    `${at}gpu`,
    'UNSUPPORTED',
    `got ${gpu.name}; Cloud Run offers ${[...CLOUD_RUN.gpuRegions.keys()].join(', ')}; for others use ` +
      `ContainerModel on GKE`,
  );
  validator.check(
    regions === undefined || Token.isUnresolved(region) || regions.includes(region),
    `${at}gpu`,
    'GPU_NOT_IN_REGION',
    `${gpu.name} is not offered in ${region}; on Cloud Run it is in ${regions?.join(', ')}`,
  );
  const { minCpus, minMemoryMib } = CLOUD_RUN.gpu;
  validator.check(
    (Token.isUnresolved(cpu) || cpu >= minCpus) && (Token.isUnresolved(memoryMib) || memoryMib >= minMemoryMib),
    `${at}gpu`,
    'GPU_INSTANCE_TOO_SMALL',
    `got ${cpu} CPU and ${memoryMib} MiB; Cloud Run requires at least ${minCpus} CPU and ${minMemoryMib} MiB with a ` +
      `GPU`,
  );
}

function checkNetwork(validator: Validator, props: ServerlessModelProps): void {
  for (const prop of ['vpcEgress', 'networkTags'] as const) {
    validator.check(
      props[prop] === undefined || props.network !== undefined || props.subnetwork !== undefined,
      prop,
      'CONFLICT',
      'it applies to a VPC network only; set network or subnetwork too',
    );
  }
}

function checkStableRevision(validator: Validator, { stableRevision, serviceName }: ServerlessModelProps): void {
  if (stableRevision !== undefined && serviceName !== undefined && !Token.isUnresolved(serviceName)) {
    validator.text(
      'stableRevision',
      stableRevision,
      new RegExp(`^${serviceName}-[a-z0-9-]+$`),
      `the revisions of this service start with \`${serviceName}-\``,
    );
  }
}
