/**
 * Limits of Azure ML:
 * https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas#azure-machine-learning-online-endpoints-and-batch-endpoints
 */
export const AZURE_ML = {
  name: {
    pattern: /^[a-zA-Z](?:[a-zA-Z0-9-]{1,30})[a-zA-Z0-9]$/,
    rule: 'an Azure ML endpoint has 3 to 32 letters, digits and hyphens, starting with a letter and not ending with a hyphen',
    maxLength: 32,
  },
  timeoutSeconds: { min: 1, max: 180, unit: 'seconds', source: 'an Azure ML managed online endpoint' },
  instances: { min: 1, max: 50, source: 'an Azure ML deployment' },
  samplingPercent: { min: 1, max: 100, unit: 'percent', source: 'Azure ML' },
  /** Concurrent requests per instance. The service's default is 1, far too few for a server that batches. */
  concurrency: { min: 1, max: 1000, source: 'Azure ML (maxConcurrentRequestsPerInstance)' },
  startupSeconds: { min: 60, max: 3600, unit: 'seconds', source: 'ManagedEndpointModel' },
  deployments: 20,
  /** Profiles of an autoscale setting that recur, besides the one without a time, in azurerm's schema. */
  recurrences: 19,
  mirrorPercent: { min: 1, max: 50, unit: 'percent', source: 'Azure ML (mirrorTraffic)' },
} as const;
