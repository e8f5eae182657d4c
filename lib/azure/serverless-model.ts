import { predictPath } from '@modelship/runtime/contract';
import { Construct } from 'constructs';
import { Access } from '../serving/access.js';
import { checkProps } from '../serving/validation/prop-types.js';
import { alarmThresholds } from '../terraform/alarm-thresholds.js';
import type { GenericResource } from '../terraform/generic.js';
import { validatorFor } from '../terraform/validator.js';
import { ServerlessHost } from './host.js';
import { ContainerApp } from './private/container-apps/app.js';
import { CONTAINER_APPS } from './private/container-apps/limits.js';
import { checkContainerApps } from './private/container-apps/validation.js';
import { FunctionsApp } from './private/functions/app.js';
import { FUNCTIONS } from './private/functions/limits.js';
import { checkFunctions } from './private/functions/validation.js';
import { EntraApplication, grantInvoke } from './private/shared/entra-application.js';
import { Placement } from './private/shared/placement.js';
import { DEFAULT_TIMEOUT_SECONDS } from './private/shared/serverless-backend.js';
import { SERVERLESS_PROPS } from './private/shared/serverless-validation.js';
import { Telemetry } from './private/shared/telemetry.js';
import type { ServerlessModelProps } from './serverless-props.js';

/**
 * A model that costs nothing while nobody asks, on Azure Functions or on Container Apps.
 *
 * `Access.cloudIdentity()` makes an application of Microsoft Entra ID, checked before a request reaches the runtime;
 * `grantInvoke` assigns its role. `Access.jwt()` is checked by the runtime, `Access.apiKey()` by Functions.
 * `minReplicas` defaults to 0. `maxReplicas` defaults to 100 instances on Functions and 10 replicas on Container Apps.
 * A canary, on Container Apps, holds until the next apply, whatever its `bakeMinutes`, because Terraform has no clock.
 * `timeoutSeconds` defaults to 60; Functions give up after 230, Container Apps after 240.
 *
 * @example
 * ```ts
 * import { ServerlessModel } from 'modelship/azure';
 *
 * const endpoint = new ServerlessModel(stack, 'Iris', { model, location: 'westeurope' });
 * endpoint.grantInvoke('Caller', '11111111-1111-1111-1111-111111111111');
 * ```
 *
 * @throws ValidationError naming every prop that the host cannot do
 */
export class ServerlessModel extends Construct {
  readonly telemetry: Telemetry;
  /** Set on Azure Functions. */
  readonly functions?: FunctionsApp;
  /** Set on Container Apps. */
  readonly containerApp?: ContainerApp;
  /** Set with `Access.cloudIdentity()`. */
  readonly entraApplication?: EntraApplication;
  /** Where the model answers, without a path. */
  readonly url: string;

  private readonly modelName: string;

  constructor(scope: Construct, id: string, props: ServerlessModelProps) {
    super(scope, id);
    const validator = validatorFor(this, 'ServerlessModel');
    checkProps(validator, props, SERVERLESS_PROPS);
    const host = props.host ?? ServerlessHost.functionsFlexConsumption();
    if (host.containerAppsOptions) checkContainerApps(validator, props, host.containerAppsOptions);
    else checkFunctions(validator, props, host.functionsOptions ?? {});
    validator.throwIfAny();
    this.modelName = props.model.name;
    const placement = new Placement(this, 'Placement', props);
    const { timeoutSeconds } = host.containerAppsOptions ? CONTAINER_APPS : FUNCTIONS;
    const thresholds = alarmThresholds(props, DEFAULT_TIMEOUT_SECONDS, timeoutSeconds.max);
    this.telemetry = new Telemetry(this, 'Telemetry', placement, props, thresholds);
    if ((props.access ?? Access.cloudIdentity()).kind === 'cloudIdentity') {
      this.entraApplication = new EntraApplication(this, 'EntraApplication');
    }
    const shared = { placement, telemetry: this.telemetry, entra: this.entraApplication };
    if (host.containerAppsOptions) {
      this.containerApp = new ContainerApp(this, 'ContainerApp', props, host.containerAppsOptions, shared);
    } else {
      this.functions = new FunctionsApp(this, 'Functions', props, host.functionsOptions ?? {}, shared);
    }
    this.url = (this.containerApp ?? this.functions)!.url;
  }

  /** Where the newest version of the model answers by TensorFlow Serving's REST API. */
  get predictUrl(): string {
    return `${this.url}${predictPath(this.modelName)}`;
  }

  /**
   * Lets a user, a group or a service of Microsoft Entra ID, by its object id, ask the model.
   *
   * @throws Error unless the access is `Access.cloudIdentity()`
   */
  grantInvoke(id: string, principalId: string): GenericResource {
    return grantInvoke(this, this.entraApplication, id, principalId);
  }
}
