import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { Access } from '../../../serving/access.js';
import { Rollout } from '../../../serving/rollout.js';
import { checkGpuUse } from '../../../serving/validation/server.js';
import { refuse } from '../../../terraform/serving-props.js';
import type { ContainerAppsOptions } from '../../host.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { serverlessValidator } from '../shared/serverless-validation.js';
import { checkDelegated, checkInNetwork } from '../shared/validation.js';
import { CONTAINER_APPS } from './limits.js';

/** @throws ValidationError naming every prop that Container Apps cannot do */
export function validateContainerApps(
  scope: Construct,
  props: ServerlessModelProps,
  options: ContainerAppsOptions,
): void {
  const validator = serverlessValidator(scope, props);
  const { access = Access.cloudIdentity(), rollout = Rollout.allAtOnce() } = props;
  validator.number('timeoutSeconds', props.timeoutSeconds, CONTAINER_APPS.timeoutSeconds);
  validator.number('minReplicas', props.minReplicas, CONTAINER_APPS.replicas);
  validator.number('maxReplicas', props.maxReplicas, { ...CONTAINER_APPS.replicas, min: 1 });
  validator.number('host.concurrency', options.concurrency, CONTAINER_APPS.concurrency);
  validator.number('host.cpu', options.cpu, CONTAINER_APPS.cpu);
  validator.check(
    options.cpu === undefined || Token.isUnresolved(options.cpu) || Number.isInteger(options.cpu * 4),
    'host.cpu',
    'BAD_STEP',
    `got ${options.cpu}; Container Apps give CPUs in steps of 0.25`,
  );
  validator.check(
    options.cpu === undefined || options.gpu === undefined,
    'host.cpu',
    'CPU_WITH_GPU',
    'a replica with a GPU has all CPUs of its workload profile; leave `cpu` out',
  );
  checkGpuUse(validator, {
    prop: 'host.image',
    isWasted: options.gpu !== undefined && options.image === undefined,
    instead: 'or leave gpu out',
  });
  validator.check(
    !options.internal || options.subnet !== undefined,
    'host.internal',
    'NO_SUBNET',
    'only a network of your own can be the only one that reaches the model; give `subnet`',
  );
  checkDelegated(validator, 'host.subnet', options.subnet);
  checkInNetwork(validator, props, 'host.subnet', options.subnet);
  validator.check(
    rollout.kind !== 'canary' || options.previousRevision !== undefined,
    'rollout',
    'NO_PREVIOUS_REVISION',
    'a canary shares the traffic with the revision before it; give its name, the `revision` of that deployment, as ' +
      '`previousRevision` of ServerlessHost.containerApps()',
  );
  validator.check(
    options.previousRevision === undefined || rollout.kind === 'canary',
    'host.previousRevision',
    'TRAFFIC_SUM',
    'without Rollout.canary() the traffic is 100 percent for the new revision; leave `previousRevision` out, or say ' +
      'with Rollout.canary() which share the new one gets',
  );
  if (access.kind === 'apiKey') {
    refuse(
      validator,
      'access',
      'got apiKey, and Container Apps know no keys; use ServerlessHost.functionsFlexConsumption(), or Access.jwt()',
    );
  }
  validator.throwIfAny();
}
