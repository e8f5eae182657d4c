import type { Call, Kind } from './kinds.js';
import { named } from './names.js';
import { type Json, Refusal } from './store.js';

const PROFILES = 'microsoft.cdn/profiles';
const ROUTES = `${PROFILES}/afdendpoints/routes`;
const ORIGINS = `${PROFILES}/origingroups/origins`;
const SECURITY_POLICIES = `${PROFILES}/securitypolicies`;

const isSame = (one: string | undefined, other: string) => one?.toLowerCase() === other.toLowerCase();

/** Id of the resource that contains another one. */
const parentOf = (id: string) => id.replace(/\/[^/]+\/[^/]+$/, '');

function resourcesOf(type: string, { store }: Call): Json[] {
  return store.list(`/subscriptions/${store.subscription}`, type);
}

/** https://github.com/hashicorp/terraform-provider-azurerm/issues/31362 */
function checkUnprotected({ id }: Json, call: Call): void {
  const policy = resourcesOf(SECURITY_POLICIES, call).find(({ properties }) =>
    properties.parameters.associations.some(({ domains }: Json) => domains.some((each: Json) => isSame(each.id, id))),
  );
  if (policy) throw new Refusal(400, 'BadRequest', `Resource is associated with security policy '${policy.name}'.`);
}

const profile: Kind = {
  check: named(/^[a-zA-Z0-9][-a-zA-Z0-9]{0,88}[a-zA-Z0-9]$/),
  complete(resource, { store, before }) {
    const frontDoorId = before?.properties.frontDoorId ?? store.uuid();
    resource.properties = { ...resource.properties, frontDoorId, resourceState: 'Active' };
  },
};

const endpoint: Kind = {
  check: named(/^[a-zA-Z0-9][-a-zA-Z0-9]{0,44}[a-zA-Z0-9]$/),
  complete(resource) {
    resource.properties = { ...resource.properties, hostName: `${resource.name}-abcdefgh.z01.azurefd.net` };
  },
  checkDelete: checkUnprotected,
};

/** https://learn.microsoft.com/azure/frontdoor/standard-premium/how-to-add-custom-domain */
const domain: Kind = {
  complete(resource, { store, before }) {
    resource.properties = {
      ...resource.properties,
      domainValidationState: 'Pending',
      validationProperties: before?.properties.validationProperties ?? {
        validationToken: `token${store.next()}`,
        expirationDate: '2100-01-01T00:00:00Z',
      },
    };
  },
  // https://github.com/hashicorp/terraform-provider-azurerm/issues/18844
  checkDelete(resource, call) {
    const { id, name } = resource;
    checkUnprotected(resource, call);
    const isUsed = resourcesOf(ROUTES, call).some(({ properties }) =>
      (properties.customDomains ?? []).some((each: Json) => isSame(each.id, id)),
    );
    if (isUsed) throw new Refusal(409, 'Conflict', `${name} is still associated with a route.`);
  },
};

const hasRoute = (group: string, call: Call) =>
  resourcesOf(ROUTES, call).some(({ properties }) => isSame(properties.originGroup?.id, group));

const originGroup: Kind = {
  checkDelete({ id, name }, call) {
    if (hasRoute(id, call)) throw new Refusal(409, 'Conflict', `${name} is still associated with a route.`);
  },
};

// https://github.com/hashicorp/terraform-provider-azurerm/issues/27652
const origin: Kind = {
  checkDelete({ id }, call) {
    const group = parentOf(id);
    if (hasRoute(group, call) && call.store.list(group, ORIGINS).length === 1) {
      throw new Refusal(409, 'Conflict', 'Cannot disable or delete the last origin of a group that a route uses.');
    }
  },
};

const route: Kind = {
  check({ properties }, { store }) {
    const { originGroup: group, customDomains = [], linkToDefaultDomain } = properties;
    // https://github.com/Azure/bicep-types-az/issues/1923
    const isServed = store.list(group.id, ORIGINS).some((each) => each.properties.enabledState === 'Enabled');
    if (!isServed) throw new Refusal(400, 'BadRequest', `The group ${group.id} has no enabled origin.`);
    for (const { id } of customDomains) store.get(id);
    if (customDomains.length === 0 && linkToDefaultDomain !== 'Enabled') {
      throw new Refusal(400, 'BadRequest', 'The route is linked to no domain.');
    }
  },
};

/** Policy that checks requests: https://learn.microsoft.com/azure/web-application-firewall/afds/waf-front-door-create-portal */
const firewall: Kind = {
  check(resource, call) {
    named(/^[a-zA-Z][a-zA-Z0-9]{0,127}$/)(resource, call);
    const isPremium = resource.sku.name === 'Premium_AzureFrontDoor';
    if (!isPremium && resource.properties.managedRules?.managedRuleSets?.length > 0) {
      throw new Refusal(400, 'BadRequest', 'Managed rules need the tier Premium_AzureFrontDoor.');
    }
  },
  checkDelete({ id, name }, call) {
    const isUsed = resourcesOf(SECURITY_POLICIES, call).some(({ properties }) =>
      isSame(properties.parameters.wafPolicy.id, id),
    );
    if (isUsed) throw new Refusal(409, 'Conflict', `${name} is associated with a security policy.`);
  },
};

/** Assignment of a firewall policy to domains. */
const securityPolicy: Kind = {
  check({ id, properties }, { store }) {
    const { wafPolicy, associations } = properties.parameters;
    // https://github.com/NHSDigital/dtos-cohort-manager/pull/1392
    const isTaken = store
      .list(parentOf(id), SECURITY_POLICIES)
      .some((each) => !isSame(each.id, id) && isSame(each.properties.parameters.wafPolicy.id, wafPolicy.id));
    if (isTaken)
      throw new Refusal(400, 'BadRequest', 'Another security policy of the profile has the firewall policy.');
    if (store.get(wafPolicy.id).sku.name !== store.get(parentOf(id)).sku.name) {
      throw new Refusal(400, 'BadRequest', 'The firewall policy and the profile have different tiers.');
    }
    for (const each of associations.flatMap(({ domains }: Json) => domains)) store.get(each.id);
  },
  complete({ properties }) {
    for (const { domains } of properties.parameters.associations) {
      for (const each of domains) each.isActive = true;
    }
  },
};

/** Azure Front Door: https://learn.microsoft.com/rest/api/frontdoor */
export const frontDoor: { readonly kinds: { readonly [type: string]: Kind } } = {
  kinds: {
    [PROFILES]: profile,
    [`${PROFILES}/afdendpoints`]: endpoint,
    [`${PROFILES}/customdomains`]: domain,
    [`${PROFILES}/origingroups`]: originGroup,
    [ORIGINS]: origin,
    [ROUTES]: route,
    [SECURITY_POLICIES]: securityPolicy,
    'microsoft.network/frontdoorwebapplicationfirewallpolicies': firewall,
  },
};
