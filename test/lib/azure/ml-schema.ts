/**
 * What the resource types of Azure ML's API 2025-06-01 may hold in a request, from the published types of
 * Azure/bicep-types-az: the properties of each object, and the values of each enumeration. azapi checks the same at plan.
 */
type Schema = { readonly [property: string]: Schema | RegExp | 'any' };

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

export const ML_SCHEMAS: { readonly [type: string]: Schema } = {
  'Microsoft.MachineLearningServices/workspaces/datastores': {
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
  'Microsoft.MachineLearningServices/workspaces/environments/versions': {
    properties: {
      image: TEXT,
      osType: /^(Linux|Windows)$/,
      inferenceConfig: { livenessRoute: ROUTE, readinessRoute: ROUTE, scoringRoute: ROUTE },
      description: TEXT,
    },
  },
  'Microsoft.MachineLearningServices/workspaces/models/versions': {
    properties: {
      modelType: /^(custom_model|mlflow_model|triton_model)$/,
      modelUri: /^azureml:\/\/subscriptions\/.+\/resourceGroups\/.+\/workspaces\/.+\/datastores\/.+\/paths\/.+$/,
      description: TEXT,
      properties: 'any',
    },
  },
  'Microsoft.MachineLearningServices/workspaces/onlineEndpoints': {
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
  'Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments': {
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
export function schemaFaults(body: unknown, schema: Schema | RegExp | 'any', path = 'body'): string[] {
  if (schema === 'any') return [];
  if (schema instanceof RegExp) return schema.test(String(body)) ? [] : [`${path} = ${String(body)}`];
  if (typeof body !== 'object' || body === null) return [`${path} is no object`];
  return Object.entries(body).flatMap(([key, value]) => {
    const inner = schema[key];
    return inner === undefined ? [`${path}.${key}`] : schemaFaults(value, inner, `${path}.${key}`);
  });
}
