import { predictPath } from '@modelship/runtime/contract';
import { Construct } from 'constructs';
import type { Model } from '../model/model.js';
import { Access } from '../serving/access.js';
import type { CanaryAddress } from '../serving/canary-address.js';
import { DEFAULT_TIMEOUT_SECONDS } from '../serving/defaults.js';
import type { ModelEndpoint } from '../serving/endpoint.js';
import { inferRequest } from '../serving/example-request.js';
import { predictCommand } from '../serving/predict-command.js';
import { checkProps, choice, object, type PropTypes, required, STRING } from '../serving/validation/prop-types.js';
import { MANAGED_WEB_ACL } from '../serving/validation/web-acl.js';
import { alarmThresholds } from '../terraform/alarm-thresholds.js';
import type { GenericResource } from '../terraform/generic.js';
import { annotateMonthlyCost } from '../terraform/monthly-cost.js';
import { useProviders } from '../terraform/providers.js';
import { validatorFor } from '../terraform/validator.js';
import { ServerlessHost } from './host.js';
import type { AzureMetric } from './metric.js';
import type { ContainerApp } from './private/container-apps/app.js';
import type { FunctionsApp } from './private/functions/app.js';
import { credentialOptions } from './private/shared/credential-options.js';
import { EntraApplication, grantInvoke } from './private/shared/entra-application.js';
import { AZURE_PRICES } from './private/shared/monthly-cost.js';
import { Placement } from './private/shared/placement.js';
import { Telemetry } from './private/shared/telemetry.js';
import { AZURE_PROPS, SECRETS } from './private/shared/validation.js';
import type { ServerlessModelProps } from './serverless-props.js';

const PROPS: PropTypes<ServerlessModelProps> = {
  ...AZURE_PROPS,
  secrets: SECRETS,
  domainName: STRING,
  webAcl: choice('WebAcl.managed()', {
    managed: MANAGED_WEB_ACL,
    existing: { policyId: required(STRING) },
  }),
  host: object('a ServerlessHost, such as ServerlessHost.containerApps()', 'bind'),
};

/**
 * Model on Azure Functions or Container Apps that scales to zero when idle.
 *
 * `Access.cloudIdentity()` creates a Microsoft Entra ID application. Azure verifies the callers' tokens before a
 * request reaches the runtime, and `grantInvoke` assigns the application's role. The runtime verifies the tokens of
 * `Access.jwt()`, and Functions the keys of `Access.apiKey()`.
 *
 * `minReplicas` defaults to 0. `maxReplicas` defaults to 100 instances on Functions and 10 replicas on Container Apps.
 * A canary on Container Apps lasts until the next apply, regardless of its `bakeMinutes`, because Terraform has no
 * timer. `timeoutSeconds` defaults to 60. The maximum is 230 on Functions and 240 on Container Apps.
 *
 * @example
 * ```ts
 * import { ServerlessModel } from 'modelship/azure';
 *
 * const endpoint = new ServerlessModel(stack, 'Iris', { model, location: 'westeurope' });
 * endpoint.grantInvoke('Caller', '11111111-1111-1111-1111-111111111111');
 * ```
 *
 * @throws ValidationError naming every prop that the host does not support
 */
export class ServerlessModel extends Construct implements ModelEndpoint<AzureMetric> {
  /** Model package that the host runs. */
  readonly model: Model;
  readonly telemetry: Telemetry;
  /** Function app. Set on Azure Functions. */
  readonly functions?: FunctionsApp;
  /** Container app. Set on Container Apps. */
  readonly containerApp?: ContainerApp;
  /** Application that callers get tokens for. Set with `Access.cloudIdentity()`. */
  readonly entraApplication?: EntraApplication;
  /** URL of the model, without a path. */
  readonly url: string;

  private readonly access: Access;

  constructor(scope: Construct, id: string, props: ServerlessModelProps) {
    super(scope, id);
    const validator = validatorFor(this, 'ServerlessModel');
    checkProps(validator, props, PROPS);
    const host = props.host ?? ServerlessHost.functionsFlexConsumption();
    host.check(validator, props);
    validator.throwIfAny();
    useProviders(this, props.providers);
    this.model = props.model;
    this.access = props.access ?? Access.cloudIdentity();
    const placement = new Placement(this, 'Placement', props);
    const thresholds = alarmThresholds(props, DEFAULT_TIMEOUT_SECONDS, host.maxTimeoutSeconds);
    this.telemetry = new Telemetry(this, 'Telemetry', { placement, props, thresholds });
    if (this.access.kind === 'cloudIdentity') {
      this.entraApplication = new EntraApplication(this, 'EntraApplication');
    }
    const shared = { placement, telemetry: this.telemetry, entra: this.entraApplication };
    const { url, functions, containerApp } = host.bind(this, props, shared);
    this.url = url;
    this.functions = functions;
    this.containerApp = containerApp;
    annotateMonthlyCost(this, AZURE_PRICES, containerApp?.cost);
  }

  /** Address of the new version, the URL of its revision. Set during a canary rollout. */
  get canary(): CanaryAddress | undefined {
    return this.containerApp?.canary;
  }

  /** URL of the newest version of the model in TensorFlow Serving's REST API. */
  get predictUrl(): string {
    return `${this.url}${predictPath(this.model.name)}`;
  }

  /**
   * Shell command that requests a prediction for one row of zeros with curl, in the Open Inference Protocol. It gets a
   * token from the Azure CLI, or reads the key or the JWT from `API_KEY` or `TOKEN`.
   */
  get predictCommand(): string {
    const { path, body } = inferRequest(this.model);
    return predictCommand({
      url: `${this.url}${path}`,
      body,
      credentials: credentialOptions(this.access, this.entraApplication),
    });
  }

  /**
   * Allows a user, group or service principal of Microsoft Entra ID, given by its object id, to invoke the model.
   *
   * @throws Error unless the access is `Access.cloudIdentity()`
   */
  grantInvoke(id: string, principalId: string): GenericResource {
    return grantInvoke(this, this.entraApplication, id, principalId);
  }

  /** Metric for the number of requests. */
  metricRequests(): AzureMetric {
    return this.telemetry.requestMetric('requests');
  }

  /** Metric for the number of requests that failed with a 5xx. */
  metricErrors(): AzureMetric {
    return this.telemetry.requestMetric('errors');
  }

  /** Metric for the latency of requests, in seconds on Functions and in milliseconds on Container Apps. */
  metricLatency(): AzureMetric {
    return this.telemetry.requestMetric('latency');
  }
}
