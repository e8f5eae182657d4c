import type { DataAzurermFunctionAppHostKeys } from '@cdktf/provider-azurerm/lib/data-azurerm-function-app-host-keys';
import type {
  FunctionAppFlexConsumption,
  FunctionAppFlexConsumptionAuthSettingsV2,
} from '@cdktf/provider-azurerm/lib/function-app-flex-consumption';
import type { ServicePlan } from '@cdktf/provider-azurerm/lib/service-plan';
import type { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { FUNCTIONS_MODEL_FOLDER, type FunctionsFolder, functionsFolder } from '../../../bundle/functions-folder.js';
import { runtimeFolder } from '../../../bundle/runtime-folder.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { runtimeEnvironment } from '../../../terraform/runtime-environment.js';
import type { FlexConsumptionOptions } from '../../host.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { afterRoles } from '../shared/azapi.js';
import type { EntraApplication } from '../shared/entra-application.js';
import { globalName, groupName } from '../shared/names.js';
import { assignRole } from '../shared/roles.js';
import { SecureStorage } from '../shared/secure-storage.js';
import { DEFAULT_TIMEOUT_SECONDS, type ServerlessBackendProps } from '../shared/serverless-backend.js';
import { FUNCTIONS } from './limits.js';
import { functionsTelemetry } from './telemetry.js';

const DEFAULT_MEMORY_MIB = 2048;
const DEFAULT_CONCURRENCY = 32;
const DEFAULT_MAX_INSTANCES = 100;
const NODE_VERSION = '22';
/** The name under which the platform looks for the package in its container. */
const PACKAGE_NAME = 'released-package.zip';
const CONTAINER_DIGEST_LENGTH = 32;

/** A model on Azure Functions, on the Flex Consumption plan. */
export class FunctionsApp extends Construct {
  readonly storage: SecureStorage;
  readonly plan: ServicePlan;
  /** With which the platform reads the package and writes its logs. */
  readonly identity: UserAssignedIdentity;
  readonly app: FunctionAppFlexConsumption;
  readonly url: string;

  private keys?: DataAzurermFunctionAppHostKeys;

  constructor(
    scope: Construct,
    id: string,
    props: ServerlessModelProps,
    options: FlexConsumptionOptions,
    { placement, telemetry, entra }: ServerlessBackendProps,
  ) {
    super(scope, id);
    const memoryMib = options.memoryMib ?? DEFAULT_MEMORY_MIB;
    const timeoutSeconds = props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    const folder = functionsFolder({
      runtime: runtimeFolder({ architecture: 'x64' }),
      model: props.model,
      keyRequired: props.access?.kind === 'apiKey',
      timeoutSeconds,
    });
    this.storage = new SecureStorage(this, 'Storage', placement, props);
    this.identity = new azurerm.UserAssignedIdentity(this, 'Identity', {
      ...placement.common,
      name: groupName(scope, FUNCTIONS.nameLength),
    });
    const { container, blob } = this.upload(folder);
    const rolesKnown = afterRoles(this, 'RolesKnown', [
      // The host keeps locks and keys in the account, which takes more than writing blobs.
      assignRole(this, 'HostStorage', this.storage.account.id, 'Storage Blob Data Owner', this.identity.principalId),
      assignRole(this, 'Traces', telemetry.insights.id, 'Monitoring Metrics Publisher', this.identity.principalId),
    ]);
    this.plan = new azurerm.ServicePlan(this, 'Plan', {
      ...placement.common,
      name: groupName(scope, FUNCTIONS.nameLength),
      osType: 'Linux',
      skuName: 'FC1',
    });
    this.app = new azurerm.FunctionAppFlexConsumption(this, 'Resource', {
      ...placement.common,
      name: globalName(scope, FUNCTIONS.nameLength, true),
      servicePlanId: this.plan.id,
      storageContainerType: 'blobContainer',
      storageContainerEndpoint: `${this.storage.account.primaryBlobEndpoint}${container.name}`,
      storageAuthenticationType: 'UserAssignedIdentity',
      storageUserAssignedIdentityId: this.identity.id,
      identity: { type: 'UserAssigned', identityIds: [this.identity.id] },
      // The image for Node has the executable that host.json names; the one for custom handlers promises none.
      runtimeName: 'node',
      runtimeVersion: NODE_VERSION,
      instanceMemoryInMb: memoryMib,
      maximumInstanceCount: props.maxReplicas ?? DEFAULT_MAX_INSTANCES,
      httpConcurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
      alwaysReady: props.minReplicas ? [{ name: 'http', instanceCount: props.minReplicas }] : undefined,
      virtualNetworkSubnetId: options.subnet?.id,
      httpsOnly: true,
      webdeployPublishBasicAuthenticationEnabled: false,
      siteConfig: {
        minimumTlsVersion: '1.2',
        scmMinimumTlsVersion: '1.2',
        http2Enabled: true,
        vnetRouteAllEnabled: options.subnet ? true : undefined,
        applicationInsightsConnectionString: telemetry.insights.connectionString,
      },
      authSettingsV2: entra ? entraSettings(entra) : undefined,
      appSettings: {
        ...runtimeEnvironment(props, FUNCTIONS_MODEL_FOLDER, timeoutSeconds),
        AzureWebJobsStorage__accountName: this.storage.account.name,
        AzureWebJobsStorage__credential: 'managedidentity',
        AzureWebJobsStorage__clientId: this.identity.clientId,
        APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${this.identity.clientId};Authorization=AAD`,
        // Else the platform answers `/` with a page of its own.
        AzureWebJobsDisableHomepage: 'true',
      },
      dependsOn: [blob, rolesKnown],
    });
    this.url = `https://${this.app.defaultHostname}`;
    telemetry.watch({ resourceId: this.app.id, ...functionsTelemetry(memoryMib) });
  }

  /** The key that callers send as `x-functions-key`, secret. For `Access.apiKey()`. */
  get functionKey(): string {
    this.keys ??= new azurerm.DataAzurermFunctionAppHostKeys(this, 'Keys', {
      name: this.app.name,
      resourceGroupName: this.app.resourceGroupName,
    });
    return this.keys.defaultFunctionKey;
  }

  /**
   * Puts the package where the platform looks for it. Each content has a container of its own: the app then changes
   * with its package, which has the platform fetch it, and the one before stays until the app has changed.
   */
  private upload(folder: FunctionsFolder) {
    const container = new azurerm.StorageContainer(this, `Package-${folder.digest.slice(0, CONTAINER_DIGEST_LENGTH)}`, {
      name: `package-${folder.digest.slice(0, CONTAINER_DIGEST_LENGTH)}`,
      storageAccountId: this.storage.account.id,
      containerAccessType: 'private',
      lifecycle: { createBeforeDestroy: true },
    });
    const asset = new TerraformAsset(this, 'Package', {
      path: folder.directory,
      type: AssetType.ARCHIVE,
      assetHash: folder.digest,
    });
    const blob = this.storage.upload(container, 'Blob', container, {
      name: PACKAGE_NAME,
      source: asset.path,
      lifecycle: { createBeforeDestroy: true },
    });
    return { container, blob };
  }
}

/** Has the platform turn away whoever brings no token of Microsoft Entra ID for this application. */
function entraSettings(entra: EntraApplication): FunctionAppFlexConsumptionAuthSettingsV2 {
  return {
    authEnabled: true,
    requireAuthentication: true,
    requireHttps: true,
    unauthenticatedAction: 'Return401',
    defaultProvider: 'azureactivedirectory',
    login: { tokenStoreEnabled: false },
    activeDirectoryV2: {
      clientId: entra.clientId,
      tenantAuthEndpoint: entra.issuer,
      allowedAudiences: [entra.clientId],
    },
  };
}
