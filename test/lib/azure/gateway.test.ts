import { describe, expect, test } from 'vitest';
import {
  ApiManagementGateway,
  type ApiManagementGatewayProps,
  ServerlessHost,
  ServerlessModel,
} from '../../../lib/azure/index.js';
import { Access } from '../../../lib/serving/access.js';
import { RESOURCE_GROUP_ID } from './identifiers.js';
import { azureStack, faultsOf, IMAGE, model, Template } from './support.js';

const MODEL = model();

function gateway(props: Partial<ApiManagementGatewayProps> = {}, access = Access.cloudIdentity()) {
  const stack = azureStack();
  const resourceGroup = { id: RESOURCE_GROUP_ID, name: 'rg', location: 'westeurope' };
  const host = ServerlessHost.containerApps({ image: IMAGE });
  const endpoint = new ServerlessModel(stack, 'Iris', { model: MODEL, resourceGroup, host, access });
  const made = new ApiManagementGateway(stack, 'Gateway', {
    endpoint,
    resourceGroup,
    publisherName: 'Us',
    publisherEmail: 'us@example.com',
    ...props,
  });
  return { stack, made };
}

function policy(props: Partial<ApiManagementGatewayProps> = {}): string {
  return new Template(gateway(props).stack).one('azurerm_api_management_api_policy').xml_content;
}

describe('callers', () => {
  test('bring a key each, and no key is written into the template', () => {
    const { stack, made } = gateway();
    const caller = made.addCaller('mobile');
    expect(caller.primaryKey).toContain('${');
    const template = new Template(stack);
    expect(template.one('azurerm_api_management_api')).toMatchObject({
      subscription_required: true,
      protocols: ['https'],
    });
    expect(template.one('azurerm_api_management_subscription')).toMatchObject({
      display_name: 'mobile',
      state: 'active',
      allow_tracing: false,
    });
    expect(template.one('azurerm_api_management_subscription')).not.toHaveProperty('primary_key');
  });

  test('reach every route of the runtime, as it is', () => {
    const template = new Template(gateway().stack);
    expect(template.one('azurerm_api_management_api').path).toBe('');
    const operations = Object.values(template.all('azurerm_api_management_api_operation'));
    expect(operations.map(({ method, url_template }) => `${method} ${url_template}`).sort()).toEqual([
      'GET /*',
      'POST /*',
    ]);
  });

  test('are counted one by one, at the default rate', () => {
    expect(policy()).toContain(
      '<rate-limit-by-key calls="200" renewal-period="2" counter-key="@(context.Subscription.Id)" />',
    );
    expect(policy()).not.toContain('quota-by-key');
  });

  test('have the rate and the quota that were asked for', () => {
    const text = policy({ throttle: { requestsPerSecond: 5, burst: 12, requestsPerDay: 1000 } });
    expect(text).toContain('<rate-limit-by-key calls="15" renewal-period="3"');
    expect(text).toContain('<quota-by-key calls="1000" renewal-period="86400"');
  });
});

test('the gateway comes to the model with its own identity, which was let in', () => {
  const template = new Template(gateway().stack);
  expect(template.one('azuread_app_role_assignment').principal_object_id).toMatch(
    /azurerm_api_management\..*principal_id/,
  );
  expect(policy()).toMatch(/<authentication-managed-identity resource="\$\{azuread_application\.[^}]*client_id\}" \/>/);
});

test('old protocols are off on both sides', () => {
  const { security } = new Template(gateway().stack).one('azurerm_api_management');
  expect(new Set(Object.values(security))).toEqual(new Set([false]));
});

test.each<[string, Partial<ApiManagementGatewayProps>, string[]]>([
  ['no rate', { throttle: { requestsPerSecond: 0.5 } }, ['throttle.requestsPerSecond OUT_OF_RANGE']],
  [
    'a burst longer than the window',
    { throttle: { requestsPerSecond: 1, burst: 301 } },
    ['throttle.burst OUT_OF_RANGE'],
  ],
  ['a tier without quotas', { skuName: 'Consumption_0' }, ['skuName BAD_TEXT']],
])('%s is refused', (_, props, faults) => {
  expect(faultsOf(() => gateway(props))).toEqual(faults);
});

test('a model without identities is refused', () => {
  expect(faultsOf(() => gateway({}, Access.anonymous()))).toEqual(['endpoint NOT_AUTHENTICATED']);
});
