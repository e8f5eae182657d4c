import type { ServerlessHost } from './host.js';
import type { AzureServingProps } from './props.js';

/** How a model is served on Azure without servers. */
export interface ServerlessModelProps extends AzureServingProps {
  /** What runs it. @default ServerlessHost.functionsFlexConsumption() */
  readonly host?: ServerlessHost;
}
