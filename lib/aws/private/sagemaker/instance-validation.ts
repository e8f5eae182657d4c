import { Token } from 'aws-cdk-lib';
import type { ServerSpec } from '../../../serving/model-servers/spec.js';
import type { Validator } from '../../../serving/validation.js';
import type { EndpointMode } from '../../endpoint-mode.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { architectureOf, instanceType, instanceTypes } from './instances.js';
import { hasLocalStorage, isGpu } from './limits.js';

/** Whether what the endpoint runs on has what the server, the copies and the props need. */
export function checkInstances(
  validator: Validator,
  props: ManagedEndpointModelProps,
  mode: EndpointMode,
  server: ServerSpec,
): void {
  const known = Object.entries(instanceTypes(mode, server)).filter(([, type]) => !Token.isUnresolved(type));
  if (mode.kind === 'serverless') checkArchitecture(validator, 'mode', undefined, server);
  for (const [prop, type] of known) checkArchitecture(validator, prop, type, server);
  checkGpus(validator, props, mode, server);
  checkDisks(validator, props, mode, known);
}

function checkArchitecture(validator: Validator, prop: string, type: string | undefined, server: ServerSpec): void {
  const architecture = architectureOf(type);
  const built = server.architectures.map(({ name }) => name).join(' and ');
  const instead =
    type === undefined
      ? 'use EndpointMode.realTime()'
      : 'leave the instance type out, which takes what the image is built for';
  validator.check(
    server.architectures.includes(architecture),
    prop,
    'WRONG_ARCHITECTURE',
    `${type ?? 'a serverless endpoint'} has ${architecture.name} processors, and the image of ${server.name} is built for ` +
      `${built}; ${instead}, or, if the image is built for ${architecture.name} too, say so by \`architectures\` of the ModelServer`,
  );
}

function checkGpus(
  validator: Validator,
  { image }: ManagedEndpointModelProps,
  mode: EndpointMode,
  server: ServerSpec,
): void {
  const type = instanceType(mode, server);
  const hasGpu = type !== undefined && (Token.isUnresolved(type) || isGpu(type));
  validator.check(
    !server.needsGpu || hasGpu,
    'mode',
    'NO_GPU',
    `${server.name} needs a GPU, which ${type ?? 'a serverless endpoint'} does not have; use EndpointMode.realTime({ instanceType: 'ml.g5.xlarge' })`,
  );
  validator.check(
    !mode.inferenceComponentOptions?.gpuCount || hasGpu,
    'mode.gpuCount',
    'NO_GPU',
    `${type} has none; take an \`instanceType\` of the families g or p, such as ml.g5.xlarge`,
  );
  const gpus = Object.values(instanceTypes(mode, server)).filter(isGpu);
  checkRuntimeGpu(validator, 'image', gpus[0], server.image === undefined && image === undefined);
}

/** Notes that the runtime that is built by default would leave the GPU alone. */
export function checkRuntimeGpu(
  validator: Validator,
  prop: string,
  type: string | undefined,
  byDefault: boolean,
): void {
  validator.check(
    !byDefault || type === undefined || Token.isUnresolved(type) || !isGpu(type),
    prop,
    'NO_GPU_RUNTIME',
    `the runtime that is built by default uses no GPU, which ${type} is paid for; give an image with one that does, or ` +
      'leave the instance type out',
  );
}

function checkDisks(
  validator: Validator,
  { encryptionKey }: ManagedEndpointModelProps,
  mode: EndpointMode,
  known: readonly (readonly [prop: string, type: string])[],
): void {
  const local = known.find(([, type]) => hasLocalStorage(type))?.[1];
  if (local === undefined) return;
  validator.check(
    mode.realTimeOptions?.volumeGib === undefined,
    'mode.volumeGib',
    'LOCAL_STORAGE',
    `${local} has disks of its own, of which SageMaker changes no size; leave it out`,
  );
  const other = known.find(([, type]) => !hasLocalStorage(type))?.[1];
  validator.check(
    encryptionKey === undefined || other === undefined,
    'encryptionKey',
    'LOCAL_STORAGE',
    `${local} has disks that its hardware encrypts, beside which SageMaker takes no key for those of ${other}; use ` +
      'instance types with disks of one kind',
  );
}
