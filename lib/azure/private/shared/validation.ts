import { Token } from 'cdktf';
import {
  arrayOf,
  object,
  type PropTypes,
  STRING,
  STRING_MAP,
  STRINGS,
} from '../../../serving/validation/prop-types.js';
import { checkSecrets } from '../../../serving/validation/secrets.js';
import {
  checkServingProps,
  exactly,
  SERVING_PROPS,
  type ServingTarget,
} from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { checkProviders, PROVIDERS } from '../../../terraform/providers.js';
import { JWT_VARIABLES } from '../../../terraform/runtime-environment.js';
import type { AzurePlacementProps, AzureServerlessProps, AzureServingProps, AzureSubnet } from '../../props.js';
import { APP_ENVIRONMENTS, LOCATION, LOG_RETENTION_DAYS, STORAGE_REPLICATIONS } from './limits.js';
import { PRIVATE_ZONES } from './private-endpoint.js';

const ACTION_GROUP = {
  ...STRING,
  expected: 'the id of an action group, such as "/subscriptions/…/providers/Microsoft.Insights/actionGroups/oncall"',
};
export const SUBNET = object('a subnet of azurerm, or an object such as { id }', 'id');

/** Types of the props shared by all constructs on Azure. */
export const AZURE_PROPS: PropTypes<AzureServingProps> = {
  ...SERVING_PROPS,
  providers: PROVIDERS,
  resourceGroup: object('a resource group of azurerm, or an object such as { id, name, location }', 'name', 'location'),
  location: STRING,
  encryptionKey: object('a Key Vault key of azurerm', 'versionlessId'),
  privateSubnet: SUBNET,
  privateDnsZones: STRING_MAP,
  deployers: STRINGS,
  storageReplication: STRING,
  alarmActions: arrayOf(ACTION_GROUP),
  tags: STRING_MAP,
};

/** Type of the prop with secrets of Key Vault. */
export const SECRETS = object('an object such as { NAME: secret }, where secret is a Key Vault secret of azurerm');
const SECRET = object('a Key Vault secret of azurerm', 'versionlessId', 'resourceVersionlessId');
const ACTION_GROUPS = 'Microsoft.Insights/actionGroups';
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const RESOURCE_GROUP_ID = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+$/i;

/** Providers that a user can select. Objects in a cluster need the provider of that cluster. */
const PROVIDER_NAMES = ['azurerm', 'azapi', 'azuread'];

/** Environment variables that the construct or its hosts set. */
export const RESERVED = exactly(
  'PORT',
  'WEBSITE_.*',
  'FUNCTIONS_.*',
  'AzureWebJobs.*',
  'AZUREML_.*',
  'CONTAINER_APP_.*',
  'APPLICATIONINSIGHTS_.*',
  ...JWT_VARIABLES,
);

/** Checks the props shared by all constructs on Azure. */
export function checkAzureProps(
  validator: Validator,
  props: AzureServingProps,
  target: Omit<ServingTarget, 'logRetentionDays' | 'reserved'>,
): void {
  checkServingProps(validator, props, { ...target, logRetentionDays: LOG_RETENTION_DAYS, reserved: RESERVED });
  checkPlacement(validator, props);
}

/** Checks the props that place the resources of a construct. */
export function checkPlacement(validator: Validator, props: AzurePlacementProps): void {
  validator.check(
    props.location !== undefined || props.resourceGroup !== undefined,
    'location',
    'MISSING',
    'got none; pass a region such as `westeurope`, or a `resourceGroup` to use its region',
  );
  checkProviders(validator, props.providers, PROVIDER_NAMES);
  validator.text('location', props.location, LOCATION.pattern, LOCATION.rule);
  validator.text(
    'storageReplication',
    props.storageReplication,
    new RegExp(`^(?:${STORAGE_REPLICATIONS.join('|')})$`),
    `Azure Storage has ${STORAGE_REPLICATIONS.join(', ')}`,
  );
  validator.text(
    'resourceGroup.id',
    props.resourceGroup?.id,
    RESOURCE_GROUP_ID,
    'the id of a resource group is `/subscriptions/<id>/resourceGroups/<name>`',
  );
  checkSubnet(validator, 'privateSubnet', props.privateSubnet);
  checkZones(validator, props);
  checkKey(validator, props);
  for (const action of props.alarmActions ?? []) checkId(validator, 'alarmActions', action, ACTION_GROUPS);
  for (const deployer of props.deployers ?? []) {
    validator.text('deployers', deployer, UUID, 'an object id of Microsoft Entra ID is a UUID');
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

function checkKey(validator: Validator, { encryptionKey }: AzurePlacementProps): void {
  const url = 'the URL of a key in a vault is `https://<vault>.vault.azure.net/keys/<name>`';
  validator.text('encryptionKey.versionlessId', encryptionKey?.versionlessId, /^https:\/\/[^/]+\/keys\/[^/]+$/, url);
  validator.text(
    'encryptionKey.id',
    encryptionKey?.id,
    /^https:\/\/[^/]+\/keys\/[^/]+\/[0-9a-f]+$/i,
    `${url}, followed by \`/<version>\``,
  );
  checkId(
    validator,
    'encryptionKey.resourceVersionlessId',
    encryptionKey?.resourceVersionlessId,
    'Microsoft.KeyVault/vaults/keys',
  );
}

/** Checks secrets of Key Vault. */
export function checkVaultSecrets(validator: Validator, props: AzureServerlessProps): void {
  checkSecrets(validator, props, RESERVED, SECRET);
  for (const [name, secret] of Object.entries(props.secrets ?? {})) {
    validator.text(
      `secrets.${name}.versionlessId`,
      secret?.versionlessId,
      /^https:\/\/[^/]+\/secrets\/[^/]+$/,
      'the URL of a secret without a version is `https://<vault>.vault.azure.net/secrets/<name>`',
    );
    checkId(
      validator,
      `secrets.${name}.resourceVersionlessId`,
      secret?.resourceVersionlessId,
      'Microsoft.KeyVault/vaults/secrets',
    );
  }
}

/** Checks that `id` is a resource id of `type`, such as `Microsoft.Network/virtualNetworks/subnets`. */
export function checkId(validator: Validator, prop: string, id: string | undefined, type: string): void {
  const [namespace, ...kinds] = type.split('/');
  const path = kinds.map((kind) => `/${kind}/<name>`).join('');
  const pattern = `^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/${namespace}${path.replaceAll('<name>', '[^/]+')}$`;
  const rule = `an id of Azure is \`/subscriptions/<id>/resourceGroups/<name>/providers/${namespace}${path}\``;
  validator.text(prop, id, new RegExp(pattern, 'i'), rule);
}

/** Checks that the id is a subnet's. */
export function checkSubnet(validator: Validator, prop: string, subnet: AzureSubnet | undefined): void {
  checkId(validator, `${prop}.id`, subnet?.id, 'Microsoft.Network/virtualNetworks/subnets');
}

function checkZones(validator: Validator, { privateSubnet, privateDnsZones = {} }: AzurePlacementProps): void {
  const zones = Object.keys(privateDnsZones);
  validator.check(
    privateSubnet !== undefined || zones.length === 0,
    'privateDnsZones',
    'CONFLICT',
    'DNS zones are for private endpoints; set `privateSubnet`, or remove them',
  );
  for (const zone of zones) {
    checkId(validator, `privateDnsZones.${zone}`, privateDnsZones[zone], 'Microsoft.Network/privateDnsZones');
    validator.check(
      PRIVATE_ZONES.includes(zone),
      `privateDnsZones.${zone}`,
      'UNKNOWN_ZONE',
      `unknown private DNS zone; the zones are ${PRIVATE_ZONES.join(', ')}`,
    );
  }
}

/** Checks that the serving compute has a subnet at `prop` if a private subnet is set for the storage. */
export function checkInNetwork(
  validator: Validator,
  { privateSubnet }: AzurePlacementProps,
  prop: string,
  subnet: AzureSubnet | undefined,
): void {
  validator.check(
    privateSubnet === undefined || subnet !== undefined,
    prop,
    'OUTSIDE_NETWORK',
    'storage behind `privateSubnet` is reachable only from its network; set another subnet of that network for the app',
  );
}

/** Checks the subnet's id and its delegation, which Flex Consumption and Container Apps require. */
export function checkDelegated(validator: Validator, prop: string, subnet: AzureSubnet | undefined): void {
  checkSubnet(validator, prop, subnet);
  // Delegations are known at synth only for a subnet defined in the same code.
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
