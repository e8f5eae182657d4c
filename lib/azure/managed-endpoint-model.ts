import type { MonitorAutoscaleSetting } from '@cdktf/provider-azurerm/lib/monitor-autoscale-setting';
import type { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import type { RoleDefinition } from '@cdktf/provider-azurerm/lib/role-definition';
import type { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import { Fn, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Model } from '../model/model.js';
import type { CanaryAddress } from '../serving/canary-address.js';
import { DEFAULT_TIMEOUT_SECONDS } from '../serving/defaults.js';
import type { ModelEndpoint } from '../serving/endpoint.js';
import { bearer, predictCommand } from '../serving/predict-command.js';
import { managedRequest } from '../serving/servers/managed-request.js';
import { serverOf } from '../serving/servers/model-server.js';
import { startSeconds } from '../serving/servers/server-start.js';
import { afterRoles } from '../terraform/after-roles.js';
import { alarmThresholds } from '../terraform/alarm-thresholds.js';
import { azurerm } from '../terraform/bindings/azurerm.js';
import { GenericResource } from '../terraform/generic.js';
import { annotateMonthlyCost } from '../terraform/monthly-cost.js';
import { useProviders } from '../terraform/providers.js';
import type { AzureMlWorkspace, ManagedEndpointModelProps } from './managed-endpoint-props.js';
import type { AzureMetric } from './metric.js';
import { ENDPOINT_TYPE, ML_API } from './private/ml/api.js';
import { isAutoscaled, mlAutoscale } from './private/ml/autoscale.js';
import {
  deploymentName,
  type MlAssetNames,
  MlDeployment,
  mlEnvironment,
  mountedFolder,
} from './private/ml/deployment.js';
import { AZURE_ML } from './private/ml/limits.js';
import { bindServedImages, routesOf, type ServedImages, variablesOf } from './private/ml/server.js';
import { mlTelemetry } from './private/ml/telemetry.js';
import { type MlEndpointDefinition, MlTraffic } from './private/ml/traffic.js';
import { validateManagedEndpoint } from './private/ml/validation.js';
import { MlWorkspace } from './private/ml/workspace.js';
import { azapi } from './private/shared/azapi.js';
import { entraToken } from './private/shared/credential-options.js';
import { ModelStore } from './private/shared/model-store.js';
import { AZURE_PRICES } from './private/shared/monthly-cost.js';
import { clientConfig, globalName, groupName } from './private/shared/names.js';
import { Placement } from './private/shared/placement.js';
import { requireCloudIdentity, requirePrincipal } from './private/shared/principal.js';
import { assignRoleToDeployers } from './private/shared/roles.js';
import { Telemetry } from './private/shared/telemetry.js';

const DEFAULT_CONCURRENCY = 100;
const DEFAULT_INSTANCE_TYPE = 'Standard_DS2_v2';
const ASSET_NAME_LENGTH = 60;

/** Version of the model that gets a deployment. */
interface DeployedVersion {
  readonly model: Model;
  readonly versionSalt?: string;
}

/** What the deployments of an endpoint share. */
interface CommonDeployment {
  readonly workspace: AzureMlWorkspace;
  readonly names: MlAssetNames;
  /** Returns the environment of a model. */
  readonly environment: (model: Model) => GenericResource;
  readonly dependsOn: ITerraformDependable[];
}

/**
 * Model on an Azure ML managed online endpoint.
 *
 * `Access.cloudIdentity()` accepts Microsoft Entra tokens of identities that have `grantInvoke`. `Access.apiKey()`
 * accepts the keys of the endpoint. At least one instance always runs. `minReplicas` defaults to 1, `maxReplicas` to
 * `minReplicas`. If they differ, instances scale with CPU utilization, or GPU utilization if the `server` needs a GPU.
 * A canary lasts until the next apply, regardless of its `bakeMinutes`, because Terraform has no timer.
 * `timeoutSeconds` defaults to 60. The maximum is 180.
 *
 * With `privateSubnet`, the internet cannot reach the endpoint, or the workspace with its storage, vault and registry.
 * Instances reach approved destinations only: the model, and the registry of an `AzureImage`, which must use the
 * Premium tier. A given `workspace` must then have its own private endpoint.
 *
 * @example
 * ```ts
 * import { ManagedEndpointModel } from 'modelship/azure';
 *
 * new ManagedEndpointModel(stack, 'Iris', { model, location: 'westeurope', instanceType: 'Standard_DS3_v2' });
 * ```
 *
 * @throws ValidationError naming every prop that Azure ML does not support
 */
export class ManagedEndpointModel extends Construct implements ModelEndpoint<AzureMetric> {
  /** Model package of the newest deployment. */
  readonly model: Model;
  /** New workspace. Unset if `workspace` was given. */
  readonly workspace?: MlWorkspace;
  readonly modelStore: ModelStore;
  readonly telemetry: Telemetry;
  /** Identity that instances use to pull the image and read the model. */
  readonly identity: UserAssignedIdentity;
  readonly endpoint: GenericResource;
  /** Deployment of `model`. */
  readonly deployment: MlDeployment;
  /** Deployments of the versions in `stableModels`. */
  readonly stableDeployments: readonly MlDeployment[];
  readonly traffic: MlTraffic;
  readonly autoscale?: MonitorAutoscaleSetting;
  /** URL to which callers send requests. */
  readonly url: string;
  /** Secret key that callers send. Set with `Access.apiKey()`. */
  readonly primaryKey?: string;

  private readonly placement: Placement;
  private invoker?: RoleDefinition;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ManagedEndpointModelProps,
  ) {
    super(scope, id);
    validateManagedEndpoint(this, props);
    useProviders(this, props.providers);
    this.model = props.model;
    this.placement = new Placement(this, 'Placement', props);
    this.telemetry = new Telemetry(this, 'Telemetry', {
      placement: this.placement,
      props,
      thresholds: alarmThresholds(props, DEFAULT_TIMEOUT_SECONDS, AZURE_ML.timeoutSeconds.max),
    });
    if (!props.workspace) this.workspace = this.makeWorkspace();
    const workspace = props.workspace ?? this.workspace!.workspace;
    this.modelStore = this.makeModelStore();
    this.identity = new azurerm.UserAssignedIdentity(this, 'Identity', {
      ...this.placement.common,
      name: groupName(this, ASSET_NAME_LENGTH),
    });
    const images = bindServedImages(this, props, this.placement, this.identity.principalId);
    const approved = this.approveDestinations(images);
    const rolesKnown = afterRoles(this, 'RolesKnown', [
      this.modelStore.grantRead(this, 'ModelReader', this.identity.principalId),
      ...images.ready,
    ]);
    const definition = this.definition(workspace);
    this.endpoint = this.makeEndpoint(workspace, definition, [rolesKnown]);
    const names = { assetName: groupName(this, ASSET_NAME_LENGTH), workspaceId: workspace.id };
    const environment = this.environments(props, images, names);
    const loads = serverOf(props).layout(props.model).length > 0;
    const datastore = loads ? [this.makeDatastore(workspace)] : [];
    const dependsOn = [...this.modelStore.blobs, ...approved, rolesKnown, ...datastore];
    const deploy = (version: DeployedVersion) => this.deploy(version, { workspace, names, environment, dependsOn });
    this.deployment = deploy(props);
    this.stableDeployments = (props.stableModels ?? []).map(deploy);
    this.traffic = new MlTraffic(this, 'Traffic', {
      endpoint: this.endpoint,
      definition,
      props,
      deployments: [this.deployment, ...this.stableDeployments],
    });
    if (isAutoscaled(props)) {
      this.autoscale = mlAutoscale(this, 'Autoscale', this.placement, this.deployment, props);
    }
    const { path } = routesOf(serverOf(props), props.model).scoringRoute;
    this.url = `https://${this.host}${path}`;
    if (props.access?.kind === 'apiKey') this.primaryKey = this.makeKeys();
    this.makeLogs();
    this.telemetry.watch({ resourceId: this.endpoint.id, ...mlTelemetry(this.telemetry.thresholds) });
    annotateMonthlyCost(this, AZURE_PRICES);
  }

  /**
   * Host of the endpoint. Only the host of its scoring URI is used: the URI is read before any deployment sets the
   * route.
   */
  private get host(): string {
    const uri = this.endpoint.interpolationForAttribute('output.properties.scoringUri').toString();
    return Fn.element(Fn.split('/', uri), 2);
  }

  /**
   * Address of the new version, which a header selects. Set while versions in `stableModels` receive the traffic:
   * https://learn.microsoft.com/azure/machine-learning/how-to-safely-rollout-online-endpoints
   */
  get canary(): CanaryAddress | undefined {
    if (this.stableDeployments.length === 0) return undefined;
    return { url: this.url, headers: { 'azureml-model-deployment': this.deployment.name } };
  }

  /** Scoring URL, the same as `url`: Azure ML has one route for requests. */
  get predictUrl(): string {
    return this.url;
  }

  /**
   * Shell command that requests a prediction for one row of zeros with curl. It gets a token from the Azure CLI, or reads
   * the key of `Access.apiKey()` from `API_KEY`. Undefined for servers whose request format is unknown: TorchServe and
   * custom ones.
   */
  get predictCommand(): string | undefined {
    const example = managedRequest(serverOf(this.props).spec, this.model);
    const credentials = this.props.access?.kind === 'apiKey' ? bearer('$API_KEY') : entraToken('https://ml.azure.com');
    return example && predictCommand({ url: this.predictUrl, body: example.body, credentials });
  }

  /**
   * Allows a user, group or service principal of Microsoft Entra ID, given by its object id, to invoke the model, and
   * nothing else.
   *
   * @throws Error unless the access is `Access.cloudIdentity()`, or if `principalId` is not an object id
   */
  grantInvoke(id: string, principalId: string): RoleAssignment {
    requireCloudIdentity(this, this.props.access?.kind !== 'apiKey');
    this.invoker ??= new azurerm.RoleDefinition(this, 'Invoker', {
      // Role names must be unique in the tenant, which may have many subscriptions.
      name: `${globalName(this, this.placement, ASSET_NAME_LENGTH, true)}-invoker`,
      description: 'Invoke one Azure ML online endpoint',
      scope: this.placement.resourceGroup.id,
      permissions: [{ actions: ['Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action'] }],
      assignableScopes: [this.placement.resourceGroup.id],
    });
    return new azurerm.RoleAssignment(this, `Invoke-${id}`, {
      scope: this.endpoint.id,
      roleDefinitionId: this.invoker.roleDefinitionResourceId,
      principalId: requirePrincipal(this, principalId),
    });
  }

  /** Metric for the number of requests a minute. */
  metricRequests(): AzureMetric {
    return this.telemetry.requestMetric('requests');
  }

  /** Metric for the number of requests a minute that failed with a 5xx. */
  metricErrors(): AzureMetric {
    return this.telemetry.requestMetric('errors');
  }

  /** Metric for the latency of requests, the 99th percentile in milliseconds. */
  metricLatency(): AzureMetric {
    return this.telemetry.requestMetric('latency');
  }

  private makeWorkspace(): MlWorkspace {
    const { placement, telemetry, props } = this;
    return new MlWorkspace(this, 'Workspace', { placement, telemetry, props });
  }

  private makeModelStore(): ModelStore {
    const { placement, props } = this;
    const models = [props.model, ...(props.stableModels ?? []).map(({ model }) => model)];
    return new ModelStore(this, 'ModelStore', { placement, props, models, server: props.server });
  }

  /** Lets the instances of a new workspace reach the model and the image. The owner of a given one does so. */
  private approveDestinations({ registryId }: ServedImages): ITerraformDependable[] {
    const { workspace } = this;
    if (!workspace) return [];
    return [
      ...workspace.connected,
      ...workspace.approve('ModelStore', this.modelStore.storage.account.id, 'blob'),
      ...(registryId ? workspace.approve('Image', registryId, 'registry') : []),
    ];
  }

  private definition({ location }: AzureMlWorkspace): MlEndpointDefinition {
    const { props } = this;
    return {
      location,
      tags: props.tags,
      identityId: this.identity.id,
      properties: {
        authMode: props.access?.kind === 'apiKey' ? 'Key' : 'AADToken',
        publicNetworkAccess: props.privateSubnet ? 'Disabled' : 'Enabled',
      },
    };
  }

  private deploy({ model, versionSalt }: DeployedVersion, common: CommonDeployment): MlDeployment {
    const { props } = this;
    const { workspace, names, environment, dependsOn } = common;
    const server = serverOf(props);
    const timeoutSeconds = props.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
    // The digest is part of the id, so that a new version creates a deployment instead of changing this one.
    return new MlDeployment(this, `Deployment-${deploymentName(model, versionSalt)}`, {
      ...names,
      model,
      versionSalt,
      server,
      endpoint: this.endpoint,
      environmentId: environment(model).id,
      location: workspace.location,
      tags: props.tags,
      datastoreUri: datastoreUri(this, workspace),
      instanceType: props.instanceType ?? DEFAULT_INSTANCE_TYPE,
      instances: props.minReplicas ?? 1,
      autoscaled: isAutoscaled(props),
      timeoutSeconds,
      startupSeconds: props.startupSeconds ?? startSeconds(server),
      concurrency: props.maxConcurrency ?? DEFAULT_CONCURRENCY,
      variables: variablesOf(props, model, mountedFolder(names, model, server), timeoutSeconds),
      egressDisabled: props.privateSubnet !== undefined && props.workspace !== undefined,
      dataCapture: props.dataCapture,
      dependsOn,
    });
  }

  /**
   * Returns the environment of each model. The runtime has one image and one set of routes, so its models share an
   * environment. Another server needs an environment for each model.
   */
  private environments(
    props: ManagedEndpointModelProps,
    images: ServedImages,
    names: MlAssetNames,
  ): (model: Model) => GenericResource {
    const server = serverOf(props);
    const make = (id: string, model: Model, content?: readonly string[]) => {
      const { uri: image, built } = images.imageOf(model, mountedFolder(names, model, server));
      const routes = routesOf(server, model);
      return mlEnvironment(this, id, { ...names, image, routes, content, dependsOn: built });
    };
    if (server.isModelship) {
      const shared = make('Environment', props.model);
      return () => shared;
    }
    return (model) => {
      const name = deploymentName(model);
      return make(`Environment-${name}`, model, [name, JSON.stringify(routesOf(server, model))]);
    };
  }

  private makeEndpoint(
    workspace: AzureMlWorkspace,
    { location, tags, identityId, properties }: MlEndpointDefinition,
    dependsOn: ITerraformDependable[],
  ): GenericResource {
    return new GenericResource(this, 'Resource', {
      type: 'azapi_resource',
      provider: azapi(this),
      attributes: {
        type: ENDPOINT_TYPE,
        parent_id: workspace.id,
        name: this.props.endpointName ?? globalName(this, this.placement, AZURE_ML.name.maxLength, true),
        location,
        tags,
        identity: { type: 'UserAssigned', identity_ids: [identityId] },
        body: { properties },
        response_export_values: ['properties.scoringUri'],
      },
      dependsOn,
    });
  }

  private makeDatastore(workspace: AzureMlWorkspace): GenericResource {
    return new GenericResource(this, 'Datastore', {
      type: 'azapi_resource',
      provider: azapi(this),
      attributes: {
        type: `Microsoft.MachineLearningServices/workspaces/datastores@${ML_API}`,
        parent_id: workspace.id,
        name: datastoreName(this),
        body: {
          properties: {
            datastoreType: 'AzureBlob',
            accountName: this.modelStore.storage.account.name,
            containerName: this.modelStore.container.name,
            // No key is stored: the reader authenticates with its own identity. azurerm cannot create such a datastore.
            credentials: { credentialsType: 'None' },
            serviceDataAccessAuthIdentity: 'None',
          },
        },
      },
    });
  }

  private makeKeys(): string {
    const keys = new GenericResource(this, 'Keys', {
      type: 'azapi_resource_action',
      provider: azapi(this),
      attributes: {
        type: ENDPOINT_TYPE,
        resource_id: this.endpoint.id,
        action: 'listKeys',
        method: 'POST',
        sensitive_response_export_values: ['primaryKey'],
      },
    });
    const primaryKey = keys.interpolationForAttribute('sensitive_output.primaryKey').toString();
    if (this.workspace) {
      const { vault, vaultReachable } = this.workspace;
      const officer = assignRoleToDeployers(this, 'KeyOfficer', vault.id, 'Key Vault Secrets Officer', this.props);
      new azurerm.KeyVaultSecret(this, 'PrimaryKey', {
        name: `${groupName(this, ASSET_NAME_LENGTH)}-key`,
        keyVaultId: vault.id,
        contentType: 'key of an Azure ML online endpoint',
        value: primaryKey,
        dependsOn: [officer, ...vaultReachable],
      });
    }
    return primaryKey;
  }

  private makeLogs(): void {
    new azurerm.MonitorDiagnosticSetting(this, 'Logs', {
      name: 'modelship',
      targetResourceId: this.endpoint.id,
      logAnalyticsWorkspaceId: this.telemetry.logs.id,
      enabledLog: ['AmlOnlineEndpointTrafficLog', 'AmlOnlineEndpointConsoleLog', 'AmlOnlineEndpointEventLog'].map(
        (category) => ({ category }),
      ),
    });
  }
}

/** Returns the name of the datastore, which may contain only letters, digits and `_`. */
function datastoreName(scope: Construct): string {
  return groupName(scope, ASSET_NAME_LENGTH).replaceAll('-', '_');
}

function datastoreUri(scope: Construct, workspace: AzureMlWorkspace): string {
  const { subscriptionId } = clientConfig(scope);
  return (
    `azureml://subscriptions/${subscriptionId}/resourceGroups/${workspace.resourceGroupName}` +
    `/workspaces/${workspace.name}/datastores/${datastoreName(scope)}/paths/`
  );
}
