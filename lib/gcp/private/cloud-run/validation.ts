import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { Validator } from '../../../serving/validation/validator.js';
import { refuse } from '../../../terraform/serving-props.js';
import { validatorFor } from '../../../terraform/validator.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { checkGoogleProps, GOOGLE_PROPS } from '../shared/validation.js';
import { CLOUD_RUN } from './limits.js';
import type { CloudRunSize } from './server.js';

const KNOWN: Readonly<Record<keyof ServerlessModelProps, true>> = {
  ...GOOGLE_PROPS,
  serviceName: true,
  cpu: true,
  memoryMib: true,
  concurrency: true,
  ingress: true,
  network: true,
  subnetwork: true,
  networkTags: true,
  vpcEgress: true,
  stableRevision: true,
  uptimeCheck: true,
};

const MIB = 1024 * 1024;

/** @throws ValidationError with every fault of the props */
export function validateCloudRun(scope: Construct, props: ServerlessModelProps, size: CloudRunSize): void {
  const validator = validatorFor(scope, 'ServerlessModel');
  validator.knownProps(props, Object.keys(KNOWN));
  checkGoogleProps(validator, props);
  validator.text('serviceName', props.serviceName, CLOUD_RUN.serviceName.pattern, CLOUD_RUN.serviceName.rule);
  validator.number('concurrency', props.concurrency, CLOUD_RUN.concurrency);
  validator.number('timeoutSeconds', props.timeoutSeconds, CLOUD_RUN.timeoutSeconds);
  validator.number('minReplicas', props.minReplicas, CLOUD_RUN.instances);
  validator.number('maxReplicas', props.maxReplicas, { ...CLOUD_RUN.instances, min: 1 });
  checkSize(validator, props, size);
  checkGpu(validator, props, size);
  checkNetwork(validator, props);
  checkRollout(validator, props);
  if (props.access?.kind === 'apiKey') {
    refuse(
      validator,
      'access',
      'Cloud Run knows no API keys; use Access.cloudIdentity() or Access.jwt(), or the ServerlessModel of modelship/aws, ' +
        'which has keys with a quota each',
    );
  }
  if (props.throttle) {
    refuse(
      validator,
      'throttle',
      'Cloud Run counts no requests of a caller; bound the load with maxReplicas and concurrency, or use the ' +
        'ServerlessModel of modelship/aws',
    );
  }
  validator.check(
    !props.uptimeCheck || (props.ingress?.value ?? 'INGRESS_TRAFFIC_ALL') === 'INGRESS_TRAFFIC_ALL',
    'uptimeCheck',
    'UNREACHABLE',
    'Cloud Monitoring probes from the internet and cannot reach an internal service; leave it out, or set ' +
      'ingress: Ingress.all()',
  );
  validator.throwIfAny();
}

function checkSize(validator: Validator, props: ServerlessModelProps, { cpu, memoryMib }: CloudRunSize): void {
  validator.number('memoryMib', memoryMib, CLOUD_RUN.memoryMib);
  if (Token.isUnresolved(cpu) || Token.isUnresolved(memoryMib)) return;
  const range = CLOUD_RUN.cpus.get(cpu);
  validator.check(
    range !== undefined,
    'cpu',
    'OUT_OF_RANGE',
    `got ${cpu}; Cloud Run with a volume allows ${[...CLOUD_RUN.cpus.keys()].join(', ')}`,
  );
  validator.check(
    range === undefined || (memoryMib >= range.min && memoryMib <= range.max),
    'memoryMib',
    'CPU_MEMORY_MISMATCH',
    `got ${memoryMib} MiB with ${cpu} CPU; Cloud Run allows ${range?.min} to ${range?.max} MiB with it, so change one of them`,
  );
  validator.check(
    props.model.sizeBytes <= memoryMib * MIB,
    'memoryMib',
    'MODEL_TOO_LARGE',
    `the model alone has ${Math.ceil(props.model.sizeBytes / MIB)} MiB and the instance ${memoryMib} MiB; raise ` +
      'memoryMib (and cpu with it) to at least twice the model',
  );
}

function checkGpu(validator: Validator, { gpu, region }: ServerlessModelProps, { cpu, memoryMib }: CloudRunSize): void {
  if (!gpu) return;
  const regions = CLOUD_RUN.gpuRegions.get(gpu.name);
  validator.check(
    regions !== undefined,
    'gpu',
    'UNSUPPORTED',
    `got ${gpu.name}; Cloud Run offers ${[...CLOUD_RUN.gpuRegions.keys()].join(', ')}; others run on GKE by ContainerModel`,
  );
  validator.check(
    regions === undefined || Token.isUnresolved(region) || regions.includes(region),
    'gpu',
    'GPU_NOT_IN_REGION',
    `${gpu.name} is not offered in ${region}; on Cloud Run it is in ${regions?.join(', ')}`,
  );
  const { minCpus, minMemoryMib } = CLOUD_RUN.gpu;
  validator.check(
    (Token.isUnresolved(cpu) || cpu >= minCpus) && (Token.isUnresolved(memoryMib) || memoryMib >= minMemoryMib),
    'gpu',
    'GPU_INSTANCE_TOO_SMALL',
    `got ${cpu} CPU and ${memoryMib} MiB; Cloud Run wants at least ${minCpus} CPU and ${minMemoryMib} MiB with a GPU`,
  );
}

function checkNetwork(validator: Validator, props: ServerlessModelProps): void {
  for (const prop of ['vpcEgress', 'networkTags'] as const) {
    validator.check(
      props[prop] === undefined || props.network !== undefined || props.subnetwork !== undefined,
      prop,
      'NO_NETWORK',
      'it says how traffic goes through a VPC network, and there is none; give network or subnetwork too',
    );
  }
}

function checkRollout(validator: Validator, { rollout, stableRevision, serviceName }: ServerlessModelProps): void {
  if (rollout?.kind === 'linear') {
    refuse(
      validator,
      'rollout',
      'Terraform moves traffic when it is applied and not by itself, so there are no timed steps; use Rollout.canary() ' +
        'and apply again with another percentage, or the ServerlessModel of modelship/aws',
    );
  }
  validator.check(
    rollout?.kind !== 'canary' || stableRevision !== undefined,
    'stableRevision',
    'MISSING',
    'a canary shares the traffic with the revision that serves now; give its name, which is the output `revision` of ' +
      'the deployment before',
  );
  validator.check(
    rollout?.kind === 'canary' || stableRevision === undefined,
    'stableRevision',
    'NO_CANARY',
    'only a canary keeps traffic on another revision; set rollout: Rollout.canary(…), or leave it out',
  );
  if (stableRevision !== undefined && serviceName !== undefined && !Token.isUnresolved(serviceName)) {
    validator.text(
      'stableRevision',
      stableRevision,
      new RegExp(`^${serviceName}-[a-z0-9-]+$`),
      `the revisions of this service start with \`${serviceName}-\``,
    );
  }
  const percent = rollout?.canaryOptions?.percent;
  validator.number('rollout.percent', percent, { min: 1, max: 99, unit: 'percent', source: 'a canary' });
}
