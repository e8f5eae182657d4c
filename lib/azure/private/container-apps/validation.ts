import { Token } from 'cdktf';
import {
  BOOLEAN,
  checkType,
  NUMBER,
  object,
  options as optionsOf,
  STRING,
} from '../../../serving/validation/prop-types.js';
import { checkGpuUse, IMAGE } from '../../../serving/validation/server.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { LINEAR_INSTEAD } from '../../../terraform/runtime-environment.js';
import type { ContainerAppsOptions } from '../../host-options.js';
import type { AzureServerlessProps } from '../../props.js';
import { KEDA_MAXIMUM } from '../shared/cron-triggers.js';
import { THROTTLE_INSTEAD } from '../shared/serverless-backend.js';
import { checkAzureProps, checkDelegated, checkInNetwork, checkVaultSecrets, SUBNET } from '../shared/validation.js';
import { CONTAINER_APPS } from './limits.js';
import { containerAppReplicas } from './replicas.js';

const OPTIONS = optionsOf<ContainerAppsOptions>('an object such as { cpu: 2 }', {
  image: IMAGE,
  cpu: NUMBER,
  gpu: object('a Gpu, such as Gpu.nvidiaT4()', 'profileType'),
  targetConcurrency: NUMBER,
  subnet: SUBNET,
  internal: BOOLEAN,
  stableRevision: STRING,
  versionSalt: STRING,
});

/** Reports every prop that Container Apps does not support. */
export function checkContainerApps(
  validator: Validator,
  props: AzureServerlessProps,
  options: ContainerAppsOptions,
): void {
  if (!checkType(validator, 'host', options, OPTIONS)) return;
  checkAzureProps(validator, props, {
    target: 'Container Apps',
    access: {
      kinds: ['cloudIdentity', 'jwt', 'anonymous'],
      instead: 'Use ServerlessHost.functionsFlexConsumption() for API keys, or Access.jwt()',
    },
    minReplicas: CONTAINER_APPS.replicas,
    maxReplicas: { ...CONTAINER_APPS.replicas, min: 1 },
    schedule: {
      minReplicas: CONTAINER_APPS.replicas,
      maxReplicas: KEDA_MAXIMUM,
      base: containerAppReplicas(props),
      weeklyBy: 'a cron rule of Container Apps',
    },
    rollout: {
      canary: { allowsZero: true },
      stable: {
        prop: 'host.stableRevision',
        value: options.stableRevision,
        what: 'the name of its revision, which is the `revision` of the previous deployment',
      },
      instead: LINEAR_INSTEAD,
    },
    throttle: THROTTLE_INSTEAD,
    timeoutSeconds: CONTAINER_APPS.timeoutSeconds,
  });
  checkVaultSecrets(validator, props);
  if (props.domainName !== undefined) {
    validator.refuse(
      'domainName',
      'Container Apps serve a domain themselves; create a ContainerAppCustomDomain of azurerm for `containerApp.app`',
    );
  }
  if (props.webAcl) {
    validator.refuse(
      'webAcl',
      'Container Apps cannot reject requests that bypass Front Door; use ServerlessHost.functionsFlexConsumption(), or an ' +
        'internal app behind an Application Gateway of yours',
    );
  }
  validator.number('host.targetConcurrency', options.targetConcurrency, CONTAINER_APPS.concurrency);
  checkReplica(validator, props, options, 'host.');
  validator.check(
    !options.internal || options.subnet !== undefined,
    'host.internal',
    'CONFLICT',
    'an internal environment requires your own network; set `subnet`',
  );
}

/** Options of the compute of a replica. */
type ReplicaOptions = Pick<ContainerAppsOptions, 'cpu' | 'gpu' | 'image' | 'subnet'>;

/**
 * Reports sizes, GPUs and networks that a replica cannot have.
 *
 * @param at start of the names of the props in `options`
 */
export function checkReplica(
  validator: Validator,
  props: Pick<AzureServerlessProps, 'privateSubnet'>,
  options: ReplicaOptions,
  at: string,
): void {
  validator.number(`${at}cpu`, options.cpu, CONTAINER_APPS.cpu);
  validator.check(
    options.cpu === undefined || Token.isUnresolved(options.cpu) || Number.isInteger(options.cpu * 4),
    `${at}cpu`,
    'OUT_OF_RANGE',
    `got ${options.cpu}; Container Apps allows CPUs in steps of 0.25`,
  );
  validator.check(
    options.cpu === undefined || options.gpu === undefined,
    `${at}cpu`,
    'CONFLICT',
    'a replica with a GPU uses all CPUs of its workload profile; remove `cpu`',
  );
  checkGpuUse(validator, {
    prop: `${at}image`,
    isWasted: options.gpu !== undefined && options.image === undefined,
    instead: 'or remove `gpu`',
  });
  checkDelegated(validator, `${at}subnet`, options.subnet);
  checkInNetwork(validator, props, `${at}subnet`, options.subnet);
}
