import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { Access } from '../../../serving/access.js';
import { Rollout } from '../../../serving/rollout.js';
import { checkGpuUse } from '../../../serving/validation/server.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { refuse } from '../../../terraform/serving-props.js';
import { validatorFor } from '../../../terraform/validator.js';
import type { ContainerAppsOptions, FlexConsumptionOptions, ServerlessHost } from '../../host.js';
import type { ServerlessModelProps } from '../../serverless-model.js';
import { CONTAINER_APPS, FUNCTIONS } from '../shared/limits.js';
import { AZURE_PROPS, checkAzureProps, checkDelegated, checkInNetwork } from '../shared/validation.js';

const PROPS: Readonly<Record<keyof ServerlessModelProps, true>> = { ...AZURE_PROPS, host: true };

/** @throws ValidationError naming every prop that the host cannot do */
export function validateServerless(scope: Construct, props: ServerlessModelProps, host: ServerlessHost): void {
  const validator = validatorFor(scope, 'ServerlessModel');
  validator.knownProps(props, Object.keys(PROPS));
  checkAzureProps(validator, props);
  checkShared(validator, props);
  if (host.containerAppsOptions) checkContainerApps(validator, props, host.containerAppsOptions);
  else checkFunctions(validator, props, host.functionsOptions ?? {});
  validator.throwIfAny();
}

function checkShared(validator: Validator, { throttle, rollout = Rollout.allAtOnce() }: ServerlessModelProps): void {
  if (throttle) {
    refuse(
      validator,
      'throttle',
      'neither Functions nor Container Apps limit what a caller may ask; bound the whole with maxReplicas and the ' +
        "host's `concurrency`, put an ApiManagementGateway before it, or use ServerlessModel of modelship/aws",
    );
  }
  if (rollout.kind === 'linear') {
    refuse(
      validator,
      'rollout',
      'got linear, and Terraform has no clock to move traffic step by step; use Rollout.canary() on Container Apps and ' +
        'raise its percent from one apply to the next',
    );
  }
}

function checkFunctions(
  validator: Validator,
  props: ServerlessModelProps,
  { memoryMib, concurrency, subnet }: FlexConsumptionOptions,
): void {
  const { format } = props.model.manifest;
  if (format !== 'onnx') {
    refuse(
      validator,
      'model',
      `got the format ${format}, which needs Python, and the image of Functions for Node has none; export the model to ` +
        'ONNX, or use ServerlessHost.containerApps()',
    );
  }
  validator.number('timeoutSeconds', props.timeoutSeconds, FUNCTIONS.timeoutSeconds);
  validator.number('minReplicas', props.minReplicas, FUNCTIONS.alwaysReady);
  validator.number('maxReplicas', props.maxReplicas, FUNCTIONS.instances);
  validator.number('host.concurrency', concurrency, FUNCTIONS.concurrency);
  validator.check(
    memoryMib === undefined || Token.isUnresolved(memoryMib) || FUNCTIONS.memoryMib.includes(memoryMib),
    'host.memoryMib',
    'BAD_MEMORY',
    `got ${memoryMib}; the Flex Consumption plan has instances of ${FUNCTIONS.memoryMib.join(', ')} MiB`,
  );
  checkDelegated(validator, 'host.subnet', subnet);
  checkInNetwork(validator, props, 'host.subnet', subnet);
  if (props.rollout?.kind === 'canary') {
    refuse(
      validator,
      'rollout',
      'got canary, and the Flex Consumption plan has no slots to share the traffic; use ServerlessHost.containerApps()',
    );
  }
}

function checkContainerApps(validator: Validator, props: ServerlessModelProps, options: ContainerAppsOptions): void {
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
}
