/** https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan */
export const FUNCTIONS = {
  /** https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout: the load balancer gives up after it. */
  timeoutSeconds: { min: 1, max: 230, unit: 'seconds', source: 'Azure Functions over HTTP' },
  instances: { min: 1, max: 1000, source: 'the Flex Consumption plan' },
  alwaysReady: { min: 0, max: 1000, source: 'the Flex Consumption plan (always ready instances)' },
  concurrency: { min: 1, max: 1000, source: 'the Flex Consumption plan (HTTP concurrency)' },
  memoryMib: { values: [512, 2048, 4096], unit: 'MiB', source: 'the Flex Consumption plan' },
  nameLength: 60,
} as const;
