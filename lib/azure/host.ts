import type { Construct } from 'constructs';
import type { Validator } from '../serving/validation/validator.js';
import type { ContainerAppsOptions, FlexConsumptionOptions } from './host-options.js';
import { ContainerApp } from './private/container-apps/app.js';
import { CONTAINER_APPS } from './private/container-apps/limits.js';
import { checkContainerApps } from './private/container-apps/validation.js';
import { FunctionsApp } from './private/functions/app.js';
import { FUNCTIONS } from './private/functions/limits.js';
import { checkFunctions } from './private/functions/validation.js';
import type { ServerlessBackendProps } from './private/shared/serverless-backend.js';
import type { AzureServerlessProps } from './props.js';

/** Resources of a host. */
export interface ServerlessHostBinding {
  /** URL of the model, without a path. */
  readonly url: string;
  /** Function app. Set on Azure Functions. */
  readonly functions?: FunctionsApp;
  /** Container app. Set on Container Apps. */
  readonly containerApp?: ContainerApp;
}

/**
 * Azure service that runs a `ServerlessModel`.
 *
 * @example
 * ```ts
 * import { ServerlessHost, ServerlessModel } from 'modelship/azure';
 *
 * new ServerlessModel(stack, 'Iris', { model, location: 'westeurope', host: ServerlessHost.containerApps({ cpu: 2 }) });
 * ```
 */
export abstract class ServerlessHost {
  /**
   * Azure Functions on the Flex Consumption plan, for models that fit into the function's package. Needs no container
   * image.
   */
  static functionsFlexConsumption(options: FlexConsumptionOptions = {}): ServerlessHost {
    return new FunctionsHost(options);
  }

  /** Azure Container Apps, for containers, models of any size, GPUs and traffic splitting. */
  static containerApps(options: ContainerAppsOptions = {}): ServerlessHost {
    return new ContainerAppsHost(options);
  }

  /** Maximum of `timeoutSeconds`. */
  abstract readonly maxTimeoutSeconds: number;

  /**
   * Reports every prop and option that the host does not support.
   *
   * @internal
   */
  abstract check(validator: Validator, props: AzureServerlessProps): void;

  /**
   * Creates the resources of the host in `scope`.
   *
   * @internal
   */
  abstract bind(scope: Construct, props: AzureServerlessProps, shared: ServerlessBackendProps): ServerlessHostBinding;
}

class FunctionsHost extends ServerlessHost {
  override readonly maxTimeoutSeconds = FUNCTIONS.timeoutSeconds.max;

  constructor(private readonly options: FlexConsumptionOptions) {
    super();
  }

  override check(validator: Validator, props: AzureServerlessProps): void {
    checkFunctions(validator, props, this.options);
  }

  override bind(scope: Construct, props: AzureServerlessProps, shared: ServerlessBackendProps): ServerlessHostBinding {
    const functions = new FunctionsApp(scope, 'Functions', { ...shared, props, options: this.options });
    return { url: functions.url, functions };
  }
}

class ContainerAppsHost extends ServerlessHost {
  override readonly maxTimeoutSeconds = CONTAINER_APPS.timeoutSeconds.max;

  constructor(private readonly options: ContainerAppsOptions) {
    super();
  }

  override check(validator: Validator, props: AzureServerlessProps): void {
    checkContainerApps(validator, props, this.options);
  }

  override bind(scope: Construct, props: AzureServerlessProps, shared: ServerlessBackendProps): ServerlessHostBinding {
    const containerApp = new ContainerApp(scope, 'ContainerApp', { ...shared, props, options: this.options });
    return { url: containerApp.url, containerApp };
  }
}
