import { Token } from 'aws-cdk-lib';
import { serverOf } from '../../../serving/servers/model-server.js';
import type { ServerSpec } from '../../../serving/servers/spec.js';
import { checkGpuUse, checkImageArchitecture, checkServer } from '../../../serving/validation/server.js';
import type { Validator } from '../../../serving/validation/validator.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import type { EndpointMode } from '../../mode.js';
import { architectureOf, instanceType, instanceTypes, realTimeOptions } from './instances.js';
import { hasLocalStorage, isGpu } from './limits.js';

/** Checks that the instance types provide what the server, the model copies and the props require. */
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
  checkImageArchitecture(
    validator,
    {
      prop,
      subject: `${type ?? 'a serverless endpoint'} has`,
      architecture: architectureOf(type),
      instead:
        type === undefined
          ? 'use EndpointMode.realTime()'
          : 'remove the instance type to use the architecture of the image',
    },
    server,
  );
}

function checkGpus(
  validator: Validator,
  props: ManagedEndpointModelProps,
  mode: EndpointMode,
  server: ServerSpec,
): void {
  const type = instanceType(mode, server);
  const hasGpu = type !== undefined && (Token.isUnresolved(type) || isGpu(type));
  checkServer(validator, props, {
    prop: 'mode',
    has: hasGpu,
    how: `${type ?? 'a serverless endpoint'} has none, so use EndpointMode.realTime({ instanceType: 'ml.g5.xlarge' })`,
  });
  const { settings } = mode;
  validator.check(
    settings.kind !== 'inferenceComponents' || !settings.options.gpuCount || hasGpu,
    'mode.gpuCount',
    'NO_GPU',
    `${type} has none; use an \`instanceType\` of the families g or p, such as ml.g5.xlarge`,
  );
  const gpus = Object.values(instanceTypes(mode, server)).filter(isGpu);
  const isDefaultImage =
    serverOf(props).isModelship && props.image === undefined && props.modelData?.kind !== 'modelPackage';
  checkRuntimeGpu(validator, 'image', gpus[0], isDefaultImage);
}

/** Reports a GPU that the default runtime image would not use. */
export function checkRuntimeGpu(
  validator: Validator,
  prop: string,
  type: string | undefined,
  byDefault: boolean,
): void {
  checkGpuUse(validator, {
    prop,
    isWasted: byDefault && type !== undefined && !Token.isUnresolved(type) && isGpu(type),
    paidBy: type,
    instead: 'or remove the instance type',
  });
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
    realTimeOptions(mode).volumeSize === undefined,
    'mode.volumeSize',
    'LOCAL_STORAGE',
    `${local} has local disks with a fixed size; remove the prop`,
  );
  const other = known.find(([, type]) => !hasLocalStorage(type))?.[1];
  validator.check(
    encryptionKey === undefined || other === undefined,
    'encryptionKey',
    'LOCAL_STORAGE',
    `${local} has disks that its hardware encrypts, and SageMaker then accepts no key for those of ${other}; use ` +
      'instance types with disks of one kind',
  );
}
