import { Token } from 'aws-cdk-lib';
import { ImageArchitecture } from '../../../serving/image-architecture.js';
import type { Replicas } from '../../../serving/replicas.js';
import type { ServerSpec } from '../../../serving/servers/spec.js';
import type { EndpointMode, EndpointModeSettings, RealTimeOptions } from '../../mode.js';
import { isArm } from './limits.js';

/** Settings of some modes. */
export type SettingsOf<Kind> = Extract<EndpointModeSettings, { readonly kind: Kind }>;

/** Real-time settings. They are empty in the other modes, which have neither variants nor a shadow. */
export function realTimeOptions({ settings }: EndpointMode): RealTimeOptions {
  return settings.kind === 'realTime' ? settings.options : {};
}

/** Whether an endpoint has variants or a shadow beside the main variant. */
export function hasSeveralVariants(mode: EndpointMode): boolean {
  const { variants = [], shadow } = realTimeOptions(mode);
  return variants.length > 0 || shadow !== undefined;
}

/** Settings that the modes with instances share. They are empty for a serverless endpoint. */
export function instanceOptions({ settings }: EndpointMode): InstanceOptions {
  return settings.kind === 'serverless' ? {} : settings.options;
}

type InstanceOptions = Pick<RealTimeOptions, 'instanceType' | 'inferenceAmiVersion'>;

/** Instance type of a mode, with its default; undefined for a serverless endpoint. */
export function instanceType(mode: EndpointMode, { architectures }: ServerSpec): string | undefined {
  if (mode.kind === 'serverless') return undefined;
  const family = architectures.includes(ImageArchitecture.ARM64) ? 'ml.c7g' : 'ml.c7i';
  const size = mode.kind === 'inferenceComponents' ? 'xlarge' : 'large';
  return instanceOptions(mode).instanceType ?? `${family}.${size}`;
}

/** All instance types of an endpoint, by the prop that sets them. */
export function instanceTypes(mode: EndpointMode, server: ServerSpec): { readonly [prop: string]: string } {
  const { variants = [], shadow } = realTimeOptions(mode);
  const types: [prop: string, type: string | undefined][] = [
    ['mode.instanceType', instanceType(mode, server)],
    ...variants.map((variant, index): [string, string | undefined] => [
      `mode.variants.${index}.instanceType`,
      variant.instanceType,
    ]),
    ['mode.shadow.instanceType', shadow?.instanceType],
  ];
  return Object.fromEntries(types.filter((each): each is [string, string] => each[1] !== undefined));
}

/** CPU architecture of an instance type, or of a serverless endpoint if the type is undefined. */
export function architectureOf(type: string | undefined): ImageArchitecture {
  return type !== undefined && isArm(type) ? ImageArchitecture.ARM64 : ImageArchitecture.AMD64;
}

/** Memory of a serverless endpoint, or of a copy of an inference component, in MiB, with the default applied. */
export function memoryOf({ kind, options }: SettingsOf<'serverless' | 'inferenceComponents'>): number {
  return options.memoryMib ?? (kind === 'serverless' ? 2048 : 1024);
}

/** Default limit of serverless executions: the account's initial quota for one endpoint. */
const DEFAULT_SERVERLESS_CONCURRENCY = 20;

export function replicas(mode: EndpointMode, minReplicas?: number, maxReplicas?: number): Replicas {
  if (mode.kind === 'serverless') {
    const min = minReplicas ?? 0;
    return { min, max: maxReplicas ?? Math.max(min, DEFAULT_SERVERLESS_CONCURRENCY) };
  }
  const min = minReplicas ?? (mode.kind === 'asynchronous' ? 0 : 1);
  return { min, max: maxReplicas ?? atLeastOne(min) };
}

/** Whether the number of replicas is fixed, so that it needs no scaling. */
export function isFixed({ min, max }: Replicas): boolean {
  return min === max;
}

/** Number of replicas before scaling acts. SageMaker does not create an endpoint with zero. */
export function initialReplicas(range: Replicas): number {
  // A token may resolve to zero, so the endpoint starts with one, and scaling adds the rest.
  return Token.isUnresolved(range.min) && !isFixed(range) ? 1 : atLeastOne(range.min);
}

function atLeastOne(count: number): number {
  return Token.isUnresolved(count) ? count : Math.max(count, 1);
}
