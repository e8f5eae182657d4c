import { Token } from 'cdktf';
import {
  arrayOf,
  object,
  type PropTypes,
  STRING,
  STRING_MAP,
  STRINGS,
} from '../../../serving/validation/prop-types.js';
import {
  checkServingProps,
  exactly,
  SERVING_PROPS,
  type ServingTarget,
} from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { JWT_VARIABLES } from '../../../terraform/runtime-environment.js';
import type { AzureServingProps, AzureSubnet } from '../../props.js';
import { APP_ENVIRONMENTS, LOCATION, LOG_RETENTION_DAYS } from './limits.js';
import { PRIVATE_ZONES } from './private-endpoint.js';

const ACTION_GROUP = {
  ...STRING,
  expected: 'the id of an action group, such as "/subscriptions/…/providers/Microsoft.Insights/actionGroups/oncall"',
};
export const SUBNET = object('a subnet of azurerm, or an object such as { id }', 'id');

/** The types of the props that every construct on Azure takes. */
export const AZURE_PROPS: PropTypes<AzureServingProps> = {
  ...SERVING_PROPS,
  resourceGroup: object('a resource group of azurerm, or an object such as { id, name, location }', 'name', 'location'),
  location: STRING,
  encryptionKey: object('a Key Vault key of azurerm', 'versionlessId'),
  privateSubnet: SUBNET,
  privateDnsZones: STRING_MAP,
  deployers: STRINGS,
  alarmActions: arrayOf(ACTION_GROUP),
  tags: STRING_MAP,
};

/** Variables that the construct or its hosts set. */
const RESERVED = exactly(
  'PORT',
  'WEBSITE_.*',
  'FUNCTIONS_.*',
  'AzureWebJobs.*',
  'AZUREML_.*',
  'CONTAINER_APP_.*',
  'APPLICATIONINSIGHTS_.*',
  ...JWT_VARIABLES,
);

/** Notes the faults of what every construct on Azure takes. */
export function checkAzureProps(
  validator: Validator,
  props: AzureServingProps,
  target: Omit<ServingTarget, 'logRetentionDays' | 'reserved'>,
): void {
  checkServingProps(validator, props, { ...target, logRetentionDays: LOG_RETENTION_DAYS, reserved: RESERVED });
  validator.check(
    props.location !== undefined || props.resourceGroup !== undefined,
    'location',
    'MISSING',
    'got none; give a region such as `westeurope`, or `resourceGroup`, whose region is then used',
  );
  validator.text('location', props.location, LOCATION.pattern, LOCATION.rule);
  checkZones(validator, props);
  for (const action of props.alarmActions ?? []) {
    validator.text(
      'alarmActions',
      action,
      /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Insights\/actionGroups\/[^/]+$/i,
      'give action groups by their ids, `/subscriptions/…/providers/Microsoft.Insights/actionGroups/<name>`',
    );
  }
  const tags = Object.keys(props.tags ?? {});
  validator.check(tags.length <= 50, 'tags', 'TOO_MANY', `got ${tags.length}; Azure allows 50 tags on a resource`);
  for (const name of tags) {
    validator.text(
      `tags.${name}`,
      name,
      /^[^<>%&\\?/]{1,512}$/,
      'the name of a tag holds 1 to 512 characters and none of `<>%&\\?/`',
    );
  }
}

function checkZones(validator: Validator, { privateSubnet, privateDnsZones = {} }: AzureServingProps): void {
  const zones = Object.keys(privateDnsZones);
  validator.check(
    privateSubnet !== undefined || zones.length === 0,
    'privateDnsZones',
    'CONFLICT',
    'zones are for the addresses of private endpoints; give `privateSubnet`, or leave them out',
  );
  for (const zone of zones) {
    validator.check(
      PRIVATE_ZONES.includes(zone),
      `privateDnsZones.${zone}`,
      'UNKNOWN_ZONE',
      `there are no addresses for it; there are some for ${PRIVATE_ZONES.join(', ')}`,
    );
  }
}

/** Notes a fault unless what serves is in a network, by the subnet at `prop`, where private storage is asked for. */
export function checkInNetwork(
  validator: Validator,
  { privateSubnet }: AzureServingProps,
  prop: string,
  subnet: AzureSubnet | undefined,
): void {
  validator.check(
    privateSubnet === undefined || subnet !== undefined,
    prop,
    'OUTSIDE_NETWORK',
    'storage behind `privateSubnet` is reached from its network only; give a subnet of that network to what serves, ' +
      'another one than that of the private endpoints',
  );
}

/** Notes a fault unless the subnet is delegated as Flex Consumption and Container Apps need it. */
export function checkDelegated(validator: Validator, prop: string, subnet: AzureSubnet | undefined): void {
  // Only a subnet that the same code makes shows its delegations at synth.
  if (!subnet || !('delegationInput' in subnet) || Token.isUnresolved(subnet.delegationInput)) return;
  const text = JSON.stringify(subnet.delegationInput ?? []);
  validator.check(
    text.includes(APP_ENVIRONMENTS),
    prop,
    'NOT_DELEGATED',
    `the subnet is delegated to ${text === '[]' ? 'nothing' : 'another service'}; add a delegation to ${APP_ENVIRONMENTS}, ` +
      'and use the subnet for nothing else',
  );
}
