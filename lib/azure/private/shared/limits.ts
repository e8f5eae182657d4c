import type { Range } from '../../../serving/validation/validator.js';

/** https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure */
export const LOG_RETENTION_DAYS: Range = { min: 30, max: 730, unit: 'days', source: 'a Log Analytics workspace' };

export const LOCATION = {
  pattern: /^[a-z]+[a-z0-9]*$/,
  rule: 'give the region by its short name, in lower case without spaces, such as `westeurope`',
};

/** The service to which a subnet of Flex Consumption and of Container Apps must be delegated. */
export const APP_ENVIRONMENTS = 'Microsoft.App/environments';
