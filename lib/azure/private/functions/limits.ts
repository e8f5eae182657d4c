/** Limits of the Flex Consumption plan: https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan */
export const FUNCTIONS = {
  /**
   * Response timeout of the load balancer: https://learn.microsoft.com/azure/azure-functions/functions-scale#timeout
   */
  timeoutSeconds: { min: 1, max: 230, unit: 'seconds', source: 'Azure Functions over HTTP' },
  instances: { min: 1, max: 1000, source: 'the Flex Consumption plan' },
  alwaysReady: { min: 0, max: 1000, source: 'the Flex Consumption plan (always ready instances)' },
  /** Default number of concurrent requests of an instance. */
  defaultConcurrency: 32,
  concurrency: { min: 1, max: 1000, source: 'the Flex Consumption plan (HTTP concurrency)' },
  memoryMib: { values: [512, 2048, 4096], unit: 'MiB', source: 'the Flex Consumption plan' },
  nameLength: 60,
  /** Minimum of the response timeout of Front Door: https://learn.microsoft.com/azure/frontdoor/front-door-faq */
  frontDoorMinTimeoutSeconds: 16,
  /** Rate limit of a firewall rule. */
  webAclRequests: { min: 1, max: 2_000_000_000, unit: 'requests', source: 'Front Door' },
} as const;
