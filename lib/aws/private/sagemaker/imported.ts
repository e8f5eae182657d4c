import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { ManagedEndpointModelAttributes } from '../../imported-endpoint.js';
import { EndpointMode } from '../../mode.js';
import type { ImportedBehavior } from '../shared/imported-endpoint.js';
import { grantEndpoint, invocationUrl } from './endpoint-access.js';
import { EndpointMetrics } from './endpoint-metrics.js';
import { MAIN_VARIANT } from './variants.js';

/** Returns the behavior of an imported endpoint. */
export function importedEndpoint(
  endpoint: Construct,
  { endpointName, mode = EndpointMode.realTime(), streams = false, encryptionKey }: ManagedEndpointModelAttributes,
): ImportedBehavior {
  const { settings } = mode;
  const hasComponent = settings.kind === 'inferenceComponents';
  const adapters = (hasComponent && settings.options.adapters) || [];
  const arn = (resource: string, resourceName: string) =>
    Stack.of(endpoint).formatArn({ service: 'sagemaker', resource, resourceName });
  return {
    url: invocationUrl(endpoint, endpointName, mode),
    metrics: new EndpointMetrics({
      endpointName,
      variantName: MAIN_VARIANT,
      // The construct gives the component the name of the endpoint.
      componentName: hasComponent ? endpointName : undefined,
      asynchronous: settings.kind === 'asynchronous',
    }),
    grant: (grantee) =>
      grantEndpoint(grantee, {
        endpointArn: arn('endpoint', endpointName),
        componentArns: hasComponent
          ? [endpointName, ...adapters.map(({ name }) => name)].map((name) => arn('inference-component', name))
          : [],
        mode,
        streams,
        encryptionKey,
      }),
  };
}
