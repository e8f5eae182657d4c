/**
 * What the resource types that azapi sends may hold in a request, from the published types of Azure/bicep-types-az: the
 * properties of each object, and the values of each enumeration. azapi checks the same at plan.
 */
/** An object's properties, a scalar's texts, or the elements of an array. */
type Value = Schema | RegExp | readonly [Value] | 'any';

export type Schema = { readonly [property: string]: Value };

const DURATION = /^PT\d+(\.\d+)?[SM]$/;
const TEXT = /^.+$/s;
const NUMBER = /^\d+(\.\d+)?$/;
const BOOLEAN = /^(true|false)$/;
const PROBE = {
  failureThreshold: NUMBER,
  initialDelay: DURATION,
  period: DURATION,
  successThreshold: NUMBER,
  timeout: DURATION,
};
const ROUTE = { path: /^\//, port: NUMBER };
const COLLECTION = {
  clientId: TEXT,
  dataCollectionMode: /^(Enabled|Disabled)$/,
  dataId: TEXT,
  samplingRate: /^(0?\.\d+|1)$/,
};

const ML = 'Microsoft.MachineLearningServices/workspaces';
const ML_API = '2025-06-01';

/** By type and version of the API. */
export const ARM_SCHEMAS: { readonly [type: string]: Schema } = {
  'Microsoft.App/containerApps/authConfigs@2024-03-01': {
    properties: {
      platform: { enabled: BOOLEAN, runtimeVersion: TEXT },
      globalValidation: {
        excludedPaths: 'any',
        redirectToProvider: TEXT,
        unauthenticatedClientAction: /^(AllowAnonymous|RedirectToLoginPage|Return401|Return403)$/,
      },
      identityProviders: {
        azureActiveDirectory: {
          enabled: BOOLEAN,
          registration: { clientId: TEXT, clientSecretSettingName: TEXT, openIdIssuer: TEXT },
          validation: { allowedAudiences: [TEXT] },
        },
      },
    },
  },
  'Microsoft.App/managedEnvironments@2024-10-02-preview': {
    properties: {
      appInsightsConfiguration: { connectionString: TEXT },
      openTelemetryConfiguration: {
        logsConfiguration: { destinations: [TEXT] },
        tracesConfiguration: { destinations: [TEXT], includeDapr: BOOLEAN },
      },
    },
  },
  'Microsoft.ContainerRegistry/registries/taskRuns@2019-06-01-preview': {
    properties: {
      forceUpdateTag: TEXT,
      runRequest: {
        type: /^DockerBuildRequest$/,
        dockerFilePath: TEXT,
        imageNames: [TEXT],
        isArchiveEnabled: BOOLEAN,
        isPushEnabled: BOOLEAN,
        noCache: BOOLEAN,
        platform: { architecture: /^(386|amd64|arm|arm64|x86)$/, os: /^(Linux|Windows)$/, variant: /^v[678]$/ },
        sourceLocation: TEXT,
        target: TEXT,
        timeout: /^([3-9]\d\d|\d{4}|1\d{4}|2[0-7]\d{3}|28[0-7]\d\d|28800)$/,
      },
    },
  },
  [`${ML}/datastores@${ML_API}`]: {
    properties: {
      datastoreType: /^AzureBlob$/,
      accountName: TEXT,
      containerName: TEXT,
      endpoint: TEXT,
      protocol: TEXT,
      credentials: { credentialsType: /^None$/ },
      serviceDataAccessAuthIdentity: /^(None|WorkspaceSystemAssignedIdentity|WorkspaceUserAssignedIdentity)$/,
    },
  },
  [`${ML}/environments/versions@${ML_API}`]: {
    properties: {
      image: TEXT,
      osType: /^(Linux|Windows)$/,
      inferenceConfig: { livenessRoute: ROUTE, readinessRoute: ROUTE, scoringRoute: ROUTE },
      description: TEXT,
    },
  },
  [`${ML}/models/versions@${ML_API}`]: {
    properties: {
      modelType: /^(custom_model|mlflow_model|triton_model)$/,
      modelUri: /^azureml:\/\/subscriptions\/.+\/resourceGroups\/.+\/workspaces\/.+\/datastores\/.+\/paths\/.+$/,
      description: TEXT,
      properties: 'any',
    },
  },
  [`${ML}/onlineEndpoints@${ML_API}`]: {
    location: TEXT,
    tags: 'any',
    identity: {
      type: /^(None|SystemAssigned|SystemAssigned,UserAssigned|UserAssigned)$/,
      userAssignedIdentities: 'any',
    },
    properties: {
      authMode: /^(AADToken|AMLToken|Key)$/,
      description: TEXT,
      publicNetworkAccess: /^(Enabled|Disabled)$/,
      traffic: 'any',
      mirrorTraffic: 'any',
    },
  },
  [`${ML}/onlineEndpoints/deployments@${ML_API}`]: {
    sku: { name: TEXT, tier: /^(Free|Basic|Standard|Premium)$/, capacity: NUMBER },
    properties: {
      appInsightsEnabled: BOOLEAN,
      dataCollector: {
        collections: { request: COLLECTION, response: COLLECTION },
        rollingRate: /^(Year|Month|Day|Hour|Minute)$/,
      },
      description: TEXT,
      egressPublicNetworkAccess: /^(Enabled|Disabled)$/,
      endpointComputeType: /^Managed$/,
      environmentId: TEXT,
      environmentVariables: 'any',
      instanceType: TEXT,
      livenessProbe: PROBE,
      model: TEXT,
      modelMountPath: TEXT,
      readinessProbe: PROBE,
      startupProbe: PROBE,
      requestSettings: { maxConcurrentRequestsPerInstance: NUMBER, maxQueueWait: DURATION, requestTimeout: DURATION },
      scaleSettings: { scaleType: /^(Default|TargetUtilization)$/ },
    },
  },
};

/** The paths in `body` that the schema does not have, or whose value it does not allow. */
export function schemaFaults(body: unknown, schema: Value, path = 'body'): string[] {
  if (schema === 'any') return [];
  if (schema instanceof RegExp) return schema.test(String(body)) ? [] : [`${path} = ${String(body)}`];
  if (isArraySchema(schema)) {
    if (!Array.isArray(body)) return [`${path} is no array`];
    return body.flatMap((value, index) => schemaFaults(value, schema[0], `${path}[${index}]`));
  }
  if (typeof body !== 'object' || body === null) return [`${path} is no object`];
  return Object.entries(body).flatMap(([key, value]) => {
    const inner = schema[key];
    return inner === undefined ? [`${path}.${key}`] : schemaFaults(value, inner, `${path}.${key}`);
  });
}

function isArraySchema(schema: Value): schema is readonly [Value] {
  return Array.isArray(schema);
}
