import type { Range } from '../../../serving/validation/validator.js';

/** Range of log retention: https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure */
export const LOG_RETENTION_DAYS: Range = { min: 30, max: 730, unit: 'days', source: 'a Log Analytics workspace' };

export const LOCATION = {
  pattern: /^[a-z]+[a-z0-9]*$/,
  rule: 'use the short name of the region, in lower case without spaces, such as `westeurope`',
};

/** Service to which a subnet of Flex Consumption or Container Apps must be delegated. */
export const APP_ENVIRONMENTS = 'Microsoft.App/environments';

/**
 * Redundancy options of standard storage accounts: https://learn.microsoft.com/azure/storage/common/storage-redundancy
 */
export const STORAGE_REPLICATIONS = ['LRS', 'ZRS', 'GRS', 'RAGRS', 'GZRS', 'RAGZRS'] as const;

/** Regions without availability zones, as of 2026-11: https://learn.microsoft.com/azure/reliability/regions-list */
export const REGIONS_WITHOUT_ZONES: readonly string[] = [
  'australiacentral',
  'australiacentral2',
  'australiasoutheast',
  'brazilsoutheast',
  'canadaeast',
  'francesouth',
  'germanynorth',
  'jioindiacentral',
  'jioindiawest',
  'koreasouth',
  'northcentralus',
  'norwaywest',
  'southafricawest',
  'southindia',
  'swedensouth',
  'switzerlandwest',
  'uaecentral',
  'ukwest',
  'westcentralus',
  'westindia',
  'westus',
];
