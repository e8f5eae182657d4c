import type { ApiManagement } from '@cdktf/provider-azurerm/lib/api-management';
import type { ApiManagementApi } from '@cdktf/provider-azurerm/lib/api-management-api';
import type { ApiManagementApiPolicy } from '@cdktf/provider-azurerm/lib/api-management-api-policy';
import type { ApiManagementSubscription } from '@cdktf/provider-azurerm/lib/api-management-subscription';
import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { DEFAULT_THROTTLE, type Throttle } from '../serving/throttle.js';
import { azurerm } from '../terraform/bindings/azurerm.js';
import { annotateMonthlyCost } from '../terraform/monthly-cost.js';
import { providersOf, useProviders } from '../terraform/providers.js';
import { validatorFor } from '../terraform/validator.js';
import { AZURE_PRICES } from './private/shared/monthly-cost.js';
import { globalName } from './private/shared/names.js';
import { requireAzurerm } from './private/shared/provider.js';
import type { AzureResourceGroup } from './props.js';
import type { ServerlessModel } from './serverless-model.js';

/**
 * Maximum length of a service name:
 * https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 */
const NAME_LENGTH = 50;
const METHODS = ['GET', 'POST'];
const SECONDS_PER_DAY = 86_400;
/** Maximum renewal period of a rate limit: https://learn.microsoft.com/azure/api-management/rate-limit-by-key-policy */
const MAX_WINDOW_SECONDS = 300;

/** Props of `ApiManagementGateway`. */
export interface ApiManagementGatewayProps {
  /**
   * Model behind the gateway. It must use `Access.cloudIdentity()`, because the gateway authenticates with its own
   * managed identity.
   */
  readonly endpoint: ServerlessModel;

  /** Resource group of the gateway, in the subscription of the endpoint's provider. */
  readonly resourceGroup: AzureResourceGroup;

  /** Publisher of the API, shown to callers. */
  readonly publisherName: string;

  /** Email address to which the service sends notifications. */
  readonly publisherEmail: string;

  /** Rate limit and quota of each caller. @default - 100 requests a second, bursts of 200 */
  readonly throttle?: Throttle;

  /**
   * Tier and units, such as `Basic_1`. Only the tiers Developer, Basic, Standard and Premium support daily quotas.
   * Azure bills the default even when idle.
   *
   * @default Basic_1
   */
  readonly skuName?: string;

  /** Tags of all resources that support them. @default - none */
  readonly tags?: { [name: string]: string };
}

/**
 * Azure API Management in front of a `ServerlessModel`. Each caller has its own key, sent as
 * `Ocp-Apim-Subscription-Key`, and its own rate limit and quota. Above the limits the gateway responds with 429 (rate)
 * or 403 (quota), both with `Retry-After`.
 *
 * @example
 * ```ts
 * import { ApiManagementGateway, ServerlessModel } from 'modelship/azure';
 *
 * const group = '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/models';
 * const resourceGroup = { id: group, name: 'models', location: 'westeurope' };
 * const endpoint = new ServerlessModel(stack, 'Iris', { model, resourceGroup });
 * new ApiManagementGateway(stack, 'Gateway', {
 *   endpoint,
 *   resourceGroup,
 *   publisherName: 'Flowers',
 *   publisherEmail: 'api@example.com',
 * });
 * ```
 *
 * @throws ValidationError if the throttle exceeds the service's limits, or the model does not use
 * `Access.cloudIdentity()`
 */
export class ApiManagementGateway extends Construct {
  readonly service: ApiManagement;
  readonly api: ApiManagementApi;
  readonly policy: ApiManagementApiPolicy;
  /** URL to which callers send requests, without a path. */
  readonly url: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ApiManagementGatewayProps,
  ) {
    super(scope, id);
    requireAzurerm(this);
    validate(this, props);
    useProviders(this, providersOf(props.endpoint));
    const { resourceGroup, endpoint } = props;
    this.service = new azurerm.ApiManagement(this, 'Resource', {
      name: globalName(this, resourceGroup, NAME_LENGTH, true),
      resourceGroupName: resourceGroup.name,
      location: resourceGroup.location,
      tags: props.tags,
      publisherName: props.publisherName,
      publisherEmail: props.publisherEmail,
      skuName: props.skuName ?? 'Basic_1',
      identity: { type: 'SystemAssigned' },
      protocols: { http2Enabled: true },
      security: {
        frontendTls10Enabled: false,
        frontendTls11Enabled: false,
        frontendSsl30Enabled: false,
        backendTls10Enabled: false,
        backendTls11Enabled: false,
        backendSsl30Enabled: false,
      },
    });
    endpoint.grantInvoke(`Gateway-${this.node.addr}`, this.service.identity.principalId);
    const within = { apiManagementName: this.service.name, resourceGroupName: resourceGroup.name };
    this.api = new azurerm.ApiManagementApi(this, 'Api', {
      ...within,
      name: 'model',
      displayName: 'Model',
      revision: '1',
      path: '',
      protocols: ['https'],
      serviceUrl: endpoint.url,
      subscriptionRequired: true,
    });
    for (const method of METHODS) {
      new azurerm.ApiManagementApiOperation(this, method, {
        ...within,
        apiName: this.api.name,
        operationId: method.toLowerCase(),
        displayName: method,
        method,
        urlTemplate: '/*',
      });
    }
    this.policy = new azurerm.ApiManagementApiPolicy(this, 'Policy', {
      ...within,
      apiName: this.api.name,
      xmlContent: policyXml(props.throttle ?? DEFAULT_THROTTLE, endpoint.entraApplication!.clientId),
    });
    this.url = this.service.gatewayUrl;
    annotateMonthlyCost(this, AZURE_PRICES);
  }

  /** Adds a caller. Its `primaryKey` is the secret that the caller needs. */
  addCaller(name: string): ApiManagementSubscription {
    return new azurerm.ApiManagementSubscription(this, `Caller-${name}`, {
      apiManagementName: this.service.name,
      resourceGroupName: this.props.resourceGroup.name,
      apiId: this.api.id,
      displayName: name,
      state: 'active',
      allowTracing: false,
    });
  }
}

function validate(scope: Construct, { endpoint, throttle, skuName }: ApiManagementGatewayProps): void {
  const validator = validatorFor(scope, 'ApiManagementGateway');
  const source = 'Azure API Management';
  validator.check(
    endpoint.entraApplication !== undefined,
    'endpoint',
    'NOT_AUTHENTICATED',
    'the gateway authenticates to the model with a managed identity; pass a ServerlessModel with ' +
      'Access.cloudIdentity()',
  );
  validator.number('throttle.requestsPerSecond', throttle?.requestsPerSecond, { min: 1, max: 100_000, source });
  validator.number('throttle.burst', throttle?.burst, { min: 1, max: 1_000_000, source });
  validator.number('throttle.requestsPerDay', throttle?.requestsPerDay, { min: 1, max: 1_000_000_000, source });
  validator.text(
    'skuName',
    skuName,
    /^(Developer|Basic|Standard|Premium)_\d+$/,
    'only the tiers Developer, Basic, Standard and Premium support daily quotas; write tier and units, such as ' +
      '`Standard_2`',
  );
  if (throttle && !Token.isUnresolved(throttle.burst) && !Token.isUnresolved(throttle.requestsPerSecond)) {
    validator.check(
      windowSeconds(throttle) <= MAX_WINDOW_SECONDS,
      'throttle.burst',
      'OUT_OF_RANGE',
      `got ${throttle.burst}, which is ${windowSeconds(throttle)} seconds of the steady rate; Azure API Management counts ` +
        `over ${MAX_WINDOW_SECONDS} at most. Lower it, or raise requestsPerSecond`,
    );
  }
  validator.throwIfAny();
}

/** Returns the length of the counting window in seconds. A full burst fits into the window at the steady rate. */
function windowSeconds({ requestsPerSecond, burst = requestsPerSecond }: Throttle): number {
  return Math.max(1, Math.ceil(burst / requestsPerSecond));
}

function policyXml(throttle: Throttle, clientId: string): string {
  const caller = 'counter-key="@(context.Subscription.Id)"';
  const window = windowSeconds(throttle);
  const calls = throttle.requestsPerSecond * window;
  return [
    '<policies><inbound><base />',
    `<rate-limit-by-key calls="${calls}" renewal-period="${window}" ${caller} />`,
    ...(throttle.requestsPerDay
      ? [`<quota-by-key calls="${throttle.requestsPerDay}" renewal-period="${SECONDS_PER_DAY}" ${caller} />`]
      : []),
    `<authentication-managed-identity resource="${clientId}" />`,
    '</inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>',
  ].join('');
}
