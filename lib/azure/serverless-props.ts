import type { ServerlessHost } from './host.js';
import type { AzureServerlessProps } from './props.js';

/** Props of `ServerlessModel`, which serves a model on Azure Functions or Container Apps. */
export interface ServerlessModelProps extends AzureServerlessProps {
  /** Azure service that runs the model. @default ServerlessHost.functionsFlexConsumption() */
  readonly host?: ServerlessHost;
}
