import type { DataAzurermFunctionAppHostKeys } from '@cdktf/provider-azurerm/lib/data-azurerm-function-app-host-keys';
import type { ServicePlan } from '@cdktf/provider-azurerm/lib/service-plan';
import type { StorageContainer } from '@cdktf/provider-azurerm/lib/storage-container';
import type { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import { AssetType, type ITerraformDependable, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { FUNCTIONS_MODEL_FOLDER, type FunctionsFolder, functionsFolder } from '../../../bundle/functions-folder.js';
import { runtimeFolder } from '../../../bundle/runtime-folder.js';
import { DEFAULT_TIMEOUT_SECONDS } from '../../../serving/defaults.js';
import { afterRoles } from '../../../terraform/after-roles.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { GenericResource } from '../../../terraform/generic.js';
import { runtimeEnvironment } from '../../../terraform/runtime-environment.js';
import type { FlexConsumptionOptions } from '../../host-options.js';
import type { AzureServerlessProps } from '../../props.js';
import { azapi } from '../shared/azapi.js';
import type { EntraApplication } from '../shared/entra-application.js';
import { globalName, groupName } from '../shared/names.js';
import { assignRole } from '../shared/roles.js';
import { grantSecrets } from '../shared/secrets.js';
import { SecureStorage } from '../shared/secure-storage.js';
import type { ServerlessBackendProps } from '../shared/serverless-backend.js';
import { FrontDoor } from './front-door.js';
import { FUNCTIONS } from './limits.js';
import { functionsTelemetry } from './telemetry.js';

const DEFAULT_MEMORY_MIB = 2048;
const DEFAULT_MAX_INSTANCES = 100;
const NODE_VERSION = '22';
/** Version of the App Service API. */
const WEB_API = '2024-11-01';
/** Blob name at which the platform expects the package. */
const PACKAGE_NAME = 'released-package.zip';
const CONTAINER_DIGEST_LENGTH = 32;

interface FunctionsAppProps extends ServerlessBackendProps {
  readonly props: AzureServerlessProps;
  readonly options: FlexConsumptionOptions;
}

/** Model on Azure Functions, on the Flex Consumption plan. */
export class FunctionsApp extends Construct {
  readonly storage: SecureStorage;
  readonly plan: ServicePlan;
  /** Identity that the platform uses to read the package, and the host to store its data and send traces. */
  readonly identity: UserAssignedIdentity;
  /** Function app, of type `Microsoft.Web/sites`. */
  readonly app: GenericResource;
  /** Front Door in front of the app. Set if `domainName` or `webAcl` is set. */
  readonly frontDoor?: FrontDoor;
  readonly url: string;

  private keys?: DataAzurermFunctionAppHostKeys;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: FunctionsAppProps,
  ) {
    super(scope, id);
    const { placement, telemetry, entra } = props;
    const name = groupName(scope, FUNCTIONS.nameLength);
    this.storage = new SecureStorage(this, 'Storage', { placement, props: props.props });
    this.identity = new azurerm.UserAssignedIdentity(this, 'Identity', { ...placement.common, name });
    const { container, blob } = this.upload(this.folder());
    const rolesKnown = this.assignRoles();
    this.plan = new azurerm.ServicePlan(this, 'Plan', { ...placement.common, name, osType: 'Linux', skuName: 'FC1' });
    const { domainName, webAcl } = props.props;
    if (domainName !== undefined || webAcl) {
      this.frontDoor = new FrontDoor(this, 'FrontDoor', { ...props, timeoutSeconds: this.timeoutSeconds });
    }
    this.app = this.makeApp(container, [blob, rolesKnown]);
    this.configure('Publishing', 'basicPublishingCredentialsPolicies', 'scm', { allow: false });
    if (entra) this.configure('Auth', 'config', 'authsettingsV2', entraSettings(entra));
    const hostName = this.app.interpolationForAttribute('output.properties.defaultHostName');
    this.frontDoor?.serve(`${hostName}`);
    this.url = this.frontDoor?.url ?? `https://${hostName}`;
    telemetry.watch({ resourceId: this.app.id, ...functionsTelemetry(this.memoryMib, telemetry.thresholds) });
  }

  /** Secret key that callers send as `x-functions-key`, with `Access.apiKey()`. */
  get functionKey(): string {
    this.keys ??= new azurerm.DataAzurermFunctionAppHostKeys(this, 'Keys', {
      name: this.app.getStringAttribute('name'),
      resourceGroupName: this.props.placement.resourceGroup.name,
      // The name is known before the app exists, but the keys are not.
      dependsOn: [this.app],
    });
    return this.keys.defaultFunctionKey;
  }

  private get memoryMib(): number {
    return this.props.options.memoryMib ?? DEFAULT_MEMORY_MIB;
  }

  private get timeoutSeconds(): number {
    return this.props.props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
  }

  private folder(): FunctionsFolder {
    const { model, access } = this.props.props;
    return functionsFolder({
      runtime: runtimeFolder({ architecture: 'x64', task: model.manifest.task }),
      model,
      keyRequired: access?.kind === 'apiKey',
      timeoutSeconds: this.timeoutSeconds,
    });
  }

  private assignRoles(): ITerraformDependable {
    const { principalId } = this.identity;
    return afterRoles(this, 'RolesKnown', [
      // The host stores locks and keys in the account, which requires more than write access to blobs.
      assignRole(this, 'HostStorage', this.storage.account.id, 'Storage Blob Data Owner', principalId),
      ...grantSecrets(this, this.props.props, principalId),
      assignRole(this, 'Traces', this.props.telemetry.insights.id, 'Monitoring Metrics Publisher', principalId),
    ]);
  }

  /** Settings of the app, which its processes read as environment variables. */
  private settings(): { readonly [name: string]: string } {
    const { props, telemetry, entra } = this.props;
    return {
      ...runtimeEnvironment(props, FUNCTIONS_MODEL_FOLDER, this.timeoutSeconds),
      // The runtime verifies tokens as well, because the platform's check starts only after the app is created.
      ...entra?.variables,
      ...Object.fromEntries(
        Object.entries(props.secrets ?? {}).map(([name, { versionlessId }]) => [
          name,
          `@Microsoft.KeyVault(SecretUri=${versionlessId})`,
        ]),
      ),
      AzureWebJobsStorage__accountName: this.storage.account.name,
      AzureWebJobsStorage__credential: 'managedidentity',
      AzureWebJobsStorage__clientId: this.identity.clientId,
      APPLICATIONINSIGHTS_CONNECTION_STRING: telemetry.insights.connectionString,
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${this.identity.clientId};Authorization=AAD`,
      // Otherwise the platform serves its own page at `/`.
      AzureWebJobsDisableHomepage: 'true',
    };
  }

  private makeApp(container: StorageContainer, dependsOn: ITerraformDependable[]): GenericResource {
    const { props, options, placement } = this.props;
    // The app uses azapi, because azurerm adds a setting `AzureWebJobsStorage` without a key, which overrides the
    // identity: https://github.com/hashicorp/terraform-provider-azurerm/issues/29693
    return new GenericResource(this, 'Resource', {
      type: 'azapi_resource',
      provider: azapi(this),
      attributes: {
        type: `Microsoft.Web/sites@${WEB_API}`,
        parent_id: placement.resourceGroup.id,
        name: globalName(this.node.scope!, placement, FUNCTIONS.nameLength, true),
        location: placement.location,
        tags: props.tags,
        identity: { type: 'UserAssigned', identity_ids: [this.identity.id] },
        body: {
          kind: 'functionapp,linux',
          properties: {
            serverFarmId: this.plan.id,
            httpsOnly: true,
            ...(props.secrets ? { keyVaultReferenceIdentity: this.identity.id } : {}),
            ...(options.subnet
              ? { virtualNetworkSubnetId: options.subnet.id, outboundVnetRouting: { allTraffic: true } }
              : {}),
            functionAppConfig: this.functionAppConfig(container),
            siteConfig: {
              minTlsVersion: '1.2',
              scmMinTlsVersion: '1.2',
              http20Enabled: true,
              ...this.frontDoor?.restrictions,
              appSettings: Object.entries(this.settings()).map(([name, value]) => ({ name, value })),
            },
          },
        },
        response_export_values: ['properties.defaultHostName'],
        // Otherwise the service deletes the plan with its last app.
        delete_query_parameters: { deleteEmptyServerFarm: ['false'] },
      },
      dependsOn,
    });
  }

  /** Package, runtime and scaling of the app. */
  private functionAppConfig(container: StorageContainer): object {
    const { props, options } = this.props;
    return {
      deployment: {
        storage: {
          type: 'blobContainer',
          value: `${this.storage.account.primaryBlobEndpoint}${container.name}`,
          authentication: {
            type: 'UserAssignedIdentity',
            userAssignedIdentityResourceId: this.identity.id,
          },
        },
      },
      // The Node image includes the executable that host.json names. The image for custom handlers may not.
      runtime: { name: 'node', version: NODE_VERSION },
      scaleAndConcurrency: {
        instanceMemoryMB: this.memoryMib,
        maximumInstanceCount: props.maxReplicas ?? DEFAULT_MAX_INSTANCES,
        triggers: { http: { perInstanceConcurrency: options.maxConcurrency ?? FUNCTIONS.defaultConcurrency } },
        ...(props.minReplicas ? { alwaysReady: [{ name: 'http', instanceCount: props.minReplicas }] } : {}),
      },
    };
  }

  /** Updates a child resource that the platform creates with the app, with default settings. */
  private configure(id: string, kind: string, name: string, properties: object): void {
    new GenericResource(this, id, {
      type: 'azapi_update_resource',
      provider: azapi(this),
      attributes: {
        type: `Microsoft.Web/sites/${kind}@${WEB_API}`,
        parent_id: this.app.id,
        name,
        body: { properties },
      },
    });
  }

  /**
   * Uploads the package to the blob that the platform reads. Each content has its own container, so a new package
   * changes the app and makes the platform fetch it. The previous package stays until the app has changed.
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

/** Returns settings that make the platform reject callers without a Microsoft Entra ID token for this application. */
function entraSettings(entra: EntraApplication): object {
  return {
    platform: { enabled: true },
    globalValidation: { requireAuthentication: true, unauthenticatedClientAction: 'Return401' },
    httpSettings: { requireHttps: true },
    login: { tokenStore: { enabled: false } },
    identityProviders: {
      azureActiveDirectory: {
        enabled: true,
        registration: { clientId: entra.clientId, openIdIssuer: entra.issuer },
        validation: { allowedAudiences: [entra.clientId] },
      },
    },
  };
}
