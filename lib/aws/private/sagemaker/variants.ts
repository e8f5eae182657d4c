import { Token } from 'aws-cdk-lib';
import type { CfnEndpointConfig } from 'aws-cdk-lib/aws-sagemaker';
import type { Replicas } from '../../../serving/replicas.js';
import type { ServerSpec } from '../../../serving/servers/spec.js';
import type { EndpointMode, InferenceComponentOptions, RealTimeOptions } from '../../mode.js';
import { initialReplicas, instanceOptions, instanceType, memoryOf, type SettingsOf } from './instances.js';
import { hasOldDriver } from './limits.js';

/**
 * Name of the main variant. It must not change: deployments shift traffic gradually only between variants of the same
 * name.
 */
export const MAIN_VARIANT = 'AllTraffic';

type Variant = CfnEndpointConfig.ProductionVariantProperty;

/** Startup timeouts of a container, with the property names of SageMaker's API. */
export interface StartTimes {
  readonly containerStartupHealthCheckTimeoutInSeconds: number;
  readonly modelDataDownloadTimeoutInSeconds: number;
}

const routingConfig = { routingStrategy: 'LEAST_OUTSTANDING_REQUESTS' };

/**
 * Builds the variants of an endpoint configuration.
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
  const { settings } = mode;
  switch (settings.kind) {
    case 'serverless':
      return { production: [{ ...main, initialVariantWeight: 1, serverlessConfig: serverless(settings, range) }] };
    case 'inferenceComponents':
      return { production: [{ variantName: MAIN_VARIANT, ...pool(mode, settings.options, server, range), ...times }] };
    case 'asynchronous':
      return { production: [{ ...main, initialVariantWeight: 1, ...instances(mode, server, range), ...times }] };
    case 'realTime': {
      const { options } = settings;
      const common = { ...instances(mode, server, range), volumeSizeInGb: options.volumeSize?.toGibibytes(), ...times };
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

/** AMI version of the instances. The default has a driver for CUDA 12 where SageMaker's own default does not. */
function amiVersion(type: string | undefined, given: string | undefined): string | undefined {
  if (given !== undefined || type === undefined || Token.isUnresolved(type)) return given;
  return hasOldDriver(type) ? 'al2-ami-sagemaker-inference-gpu-3-1' : undefined;
}

function instances(mode: EndpointMode, server: ServerSpec, range: Replicas) {
  // Asynchronous endpoints start with one instance and scale in to zero when the queue is empty.
  const type = instanceType(mode, server);
  return {
    instanceType: type,
    inferenceAmiVersion: amiVersion(type, instanceOptions(mode).inferenceAmiVersion),
    initialInstanceCount: initialReplicas(range),
  };
}

function serverless(settings: SettingsOf<'serverless'>, { min, max }: Replicas) {
  return { memorySizeInMb: memoryOf(settings), maxConcurrency: max, provisionedConcurrency: min || undefined };
}

/** Instance pool that inference components share. */
function pool(mode: EndpointMode, options: InferenceComponentOptions, server: ServerSpec, { min, max }: Replicas) {
  // A pool keeps the instances that its copies need, so a minimum of zero suits every value of a token.
  const least = Token.isUnresolved(min) ? 0 : Math.min(min, 1);
  const { minInstances = least, maxInstances = max, inferenceAmiVersion } = options;
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
    // SageMaker samples the shadow's weight divided by the production variant's weight.
    initialVariantWeight: (weight * (shadow.samplingPercent ?? 100)) / 100,
  };
}
