import { Token } from 'aws-cdk-lib';
import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { ServerSpec } from '../../../serving/servers/spec.js';
import type { EndpointMode, RealTimeOptions } from '../../mode.js';
import { initialReplicas, instanceType, memoryOf, type Replicas } from './instances.js';
import { hasOldDriver } from './limits.js';

/** Never renamed: a deployment moves traffic gradually only between variants of one name. */
export const MAIN_VARIANT = 'AllTraffic';

type Variant = CfnEndpointConfig.ProductionVariantProperty;

/** How long SageMaker waits for a container, as its API names it. */
export interface StartTimes {
  readonly containerStartupHealthCheckTimeoutInSeconds: number;
  readonly modelDataDownloadTimeoutInSeconds: number;
}

const routingConfig = { routingStrategy: 'LEAST_OUTSTANDING_REQUESTS' };

/**
 * What an endpoint's configuration says of its variants.
 *
 * @param models the names of SageMaker's models, by variant
 */
export function endpointVariants(
  mode: EndpointMode,
  server: ServerSpec,
  range: Replicas,
  models: { readonly [variant: string]: string },
  times: StartTimes,
): { production: Variant[]; shadow?: Variant } {
  const main = { variantName: MAIN_VARIANT, modelName: models[MAIN_VARIANT]! };
  switch (mode.kind) {
    case 'serverless':
      return { production: [{ ...main, initialVariantWeight: 1, serverlessConfig: serverless(mode, range) }] };
    case 'inferenceComponents':
      return { production: [{ variantName: MAIN_VARIANT, ...pool(mode, server, range), ...times }] };
    case 'asynchronous':
      return { production: [{ ...main, initialVariantWeight: 1, ...instances(mode, server, range), ...times }] };
    case 'realTime': {
      const options = mode.realTimeOptions ?? {};
      const common = { ...instances(mode, server, range), volumeSizeInGb: options.volumeGib, ...times };
      return {
        production: [
          { ...main, initialVariantWeight: options.weight ?? 1, ...common, routingConfig },
          ...(options.variants ?? []).map(({ name, weight = 1, instanceType: type = common.instanceType }) => ({
            variantName: name,
            modelName: models[name],
            initialVariantWeight: weight,
            ...common,
            instanceType: type,
            inferenceAmiVersion: amiVersion(type, options.inferenceAmiVersion),
            routingConfig,
          })),
        ],
        shadow: shadowVariant(options, models, common),
      };
    }
  }
}

/** The host's image: one whose driver suits CUDA 12 where SageMaker's own does not. */
function amiVersion(type: string | undefined, given: string | undefined): string | undefined {
  if (given !== undefined || type === undefined || Token.isUnresolved(type)) return given;
  return hasOldDriver(type) ? 'al2-ami-sagemaker-inference-gpu-3-1' : undefined;
}

function instances(mode: EndpointMode, server: ServerSpec, range: Replicas) {
  // Asynchronous endpoints start with one and fall to zero when nothing waits.
  const type = instanceType(mode, server);
  const { inferenceAmiVersion } = mode.realTimeOptions ?? mode.asynchronousOptions ?? {};
  return {
    instanceType: type,
    inferenceAmiVersion: amiVersion(type, inferenceAmiVersion),
    initialInstanceCount: initialReplicas(range),
  };
}

function serverless(mode: EndpointMode, { min, max }: Replicas) {
  return { memorySizeInMb: memoryOf(mode), maxConcurrency: max, provisionedConcurrency: min || undefined };
}

/** The instances that inference components share. */
function pool(mode: EndpointMode, server: ServerSpec, { min, max }: Replicas) {
  // Copies keep the instances that they need, so that zero suits whatever a token stands for.
  const least = Token.isUnresolved(min) ? 0 : Math.min(min, 1);
  const { minInstances = least, maxInstances = max, inferenceAmiVersion } = mode.inferenceComponentOptions ?? {};
  const type = instanceType(mode, server);
  return {
    instanceType: type,
    inferenceAmiVersion: amiVersion(type, inferenceAmiVersion),
    initialInstanceCount: initialReplicas({ min: minInstances, max: maxInstances }),
    managedInstanceScaling: { status: 'ENABLED', minInstanceCount: minInstances, maxInstanceCount: maxInstances },
    routingConfig,
  };
}

function shadowVariant(
  { shadow, weight = 1, inferenceAmiVersion }: RealTimeOptions,
  models: { readonly [variant: string]: string },
  common: Partial<Variant>,
): Variant | undefined {
  if (!shadow) return undefined;
  const type = shadow.instanceType ?? common.instanceType;
  return {
    ...common,
    variantName: shadow.name,
    modelName: models[shadow.name],
    instanceType: type,
    inferenceAmiVersion: amiVersion(type, inferenceAmiVersion),
    initialInstanceCount: shadow.instanceCount ?? 1,
    // SageMaker copies the share that the shadow's weight is of the production variant's.
    initialVariantWeight: (weight * (shadow.samplingPercent ?? 100)) / 100,
  };
}
