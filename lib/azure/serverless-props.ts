import type { ServerlessHost } from './host.js';
import type { AzureServingProps } from './props.js';

/** Props of `ServerlessModel`, which serves a model on Azure Functions or Container Apps. */
export interface ServerlessModelProps extends AzureServingProps {
  /** Azure service that runs the model. @default ServerlessHost.functionsFlexConsumption() */
  readonly host?: ServerlessHost;
}
