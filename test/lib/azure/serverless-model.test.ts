import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Subnet, type SubnetDelegation } from '@cdktf/provider-azurerm/lib/subnet';
import { DEFAULT_PORT, LIVE_PATH, READY_PATH } from '@modelship/runtime/contract';
import { type TerraformAsset, TerraformStack } from 'cdktf';
import { describe, expect, test, vi } from 'vitest';
import {
  AzureImage,
  type ContainerAppsOptions,
  type FlexConsumptionOptions,
  Gpu,
  ServerlessHost,
  ServerlessModel,
  type ServerlessModelProps,
  WebAcl,
} from '../../../lib/azure/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access } from '../../../lib/serving/access.js';
import { Rollout } from '../../../lib/serving/rollout.js';
import { writePackage } from '../../support/packages.js';
import { PRINCIPAL_ID, REGISTRY, SECRET, subnetId } from './identifiers.js';
import { azureStack, faultsOf, functionApp, IMAGE, model, type Resource, Template } from './support.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

const MODEL = model();

function serverless(props: Partial<ServerlessModelProps> = {}, stack: TerraformStack = azureStack()) {
  return new ServerlessModel(stack, 'Iris', { model: MODEL, location: 'westeurope', ...props });
}

function functions(props: Partial<ServerlessModelProps> = {}, options?: FlexConsumptionOptions): Template {
  const host = ServerlessHost.functionsFlexConsumption(options);
  return new Template(TerraformStack.of(serverless({ host, ...props })));
}

function containerApp(
  props: Partial<ServerlessModelProps> = {},
  options: Partial<ContainerAppsOptions> = {},
): Template {
  const host = ServerlessHost.containerApps({ image: IMAGE, ...options });
  return new Template(TerraformStack.of(serverless({ host, ...props })));
}

function site(template: Template): Resource {
  return functionApp(template).site.body.properties;
}

function container(template: Template): Resource {
  return template.one('azurerm_container_app').template.container[0];
}

function variables(template: Template): Record<string, string> {
  return Object.fromEntries(
    container(template).env.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
}

function subnet(stack: TerraformStack, delegation?: SubnetDelegation[]): Subnet {
  return new Subnet(stack, 'subnet', {
    name: 's',
    resourceGroupName: 'rg',
    virtualNetworkName: 'v',
    addressPrefixes: ['10.0.0.0/24'],
    delegation,
  });
}

const DELEGATED = [{ name: 'apps', serviceDelegation: { name: 'Microsoft.App/environments' } }];

describe('on Functions', () => {
  test('the plan is Flex Consumption, and what the instances are is said', () => {
    const template = functions({ minReplicas: 2, maxReplicas: 40 }, { memoryMib: 4096, maxConcurrency: 64 });
    expect(template.one('azurerm_service_plan')).toMatchObject({ sku_name: 'FC1', os_type: 'Linux' });
    expect(site(template).functionAppConfig.scaleAndConcurrency).toEqual({
      instanceMemoryMB: 4096,
      maximumInstanceCount: 40,
      triggers: { http: { perInstanceConcurrency: 64 } },
      alwaysReady: [{ name: 'http', instanceCount: 2 }],
    });
  });

  test('nothing runs while nobody asks, by default', () => {
    expect(site(functions()).functionAppConfig.scaleAndConcurrency).not.toHaveProperty('alwaysReady');
  });

  test('the runtime is a custom handler in an image that has Node', () => {
    expect(site(functions()).functionAppConfig.runtime).toEqual({ name: 'node', version: '22' });
    const stack = azureStack();
    serverless({}, stack);
    const asset = stack.node.findAll().find((child) => child.node.path.endsWith('Functions/Package')) as TerraformAsset;
    const { sourcePath } = asset as unknown as { sourcePath: string };
    const host = JSON.parse(readFileSync(join(sourcePath, 'host.json'), 'utf8'));
    expect(host.customHandler.description.defaultExecutablePath).toBe('node');
    expect(existsSync(join(sourcePath, host.customHandler.description.arguments[0]))).toBe(true);
  });

  test('the package is a blob where the platform looks for it, in a container of its own for each content', () => {
    const template = functions();
    const container = template.one('azurerm_storage_container');
    const blob = template.one('azurerm_storage_blob');
    expect(blob).toMatchObject({ name: 'released-package.zip', type: 'Block' });
    const { storage } = site(template).functionAppConfig.deployment;
    expect(storage.value).toMatch(/primary_blob_endpoint\}\$\{azurerm_storage_container/);
    const other = functions({ model: model('2') });
    expect(other.one('azurerm_storage_container').name).not.toBe(container.name);
    expect(container.lifecycle.create_before_destroy).toBe(true);
    expect(container.name).toMatch(/^[a-z0-9-]{3,63}$/);
  });

  test('the platform reads the package and keeps its locks with an identity', () => {
    const template = functions();
    const [identity] = functionApp(template).site.identity.identity_ids;
    expect(site(template).functionAppConfig.deployment.storage.authentication).toEqual({
      type: 'UserAssignedIdentity',
      userAssignedIdentityResourceId: identity,
    });
    const [publishing] = template.arm('Microsoft.Web/sites/basicPublishingCredentialsPolicies');
    expect(publishing).toMatchObject({ name: 'scm', body: { properties: { allow: false } } });
    expect(functionApp(template).settings.AzureWebJobsStorage__credential).toBe('managedidentity');
    // A connection string, which azurerm adds to every app, would win over the identity.
    expect(functionApp(template).settings).not.toHaveProperty('AzureWebJobsStorage');
    expect(template.all('azurerm_function_app_flex_consumption')).toEqual({});
    expect(template.one('azurerm_role_assignment', /HostStorage/).role_definition_name).toBe('Storage Blob Data Owner');
  });

  test('keys are checked by the host, which then has no Entra application', () => {
    const stack = azureStack();
    const endpoint = serverless({ access: Access.apiKey() }, stack);
    expect(endpoint.functions!.functionKey).toContain('${');
    const template = new Template(stack);
    expect(template.arm('Microsoft.Web/sites/config')).toEqual([]);
    expect(template.all('azuread_application')).toEqual({});
    // Terraform reads data at plan, when there is no app yet, unless it has to wait for one.
    const [keys] = Object.values(template.json.data!.azurerm_function_app_host_keys!);
    expect(keys!.depends_on).toEqual([expect.stringMatching(/^azapi_resource\.Iris_Functions/)]);
  });

  test('Entra ID turns away who has no token for the application', () => {
    const template = functions();
    const [auth] = template.arm('Microsoft.Web/sites/config');
    const { globalValidation, identityProviders } = auth!.body.properties;
    expect(globalValidation).toMatchObject({ unauthenticatedClientAction: 'Return401' });
    const { registration, validation } = identityProviders.azureActiveDirectory;
    expect(validation.allowedAudiences).toEqual([registration.clientId]);
    // The app answers before the platform checks, so the runtime checks the same tokens.
    expect(functionApp(template).settings).toMatchObject({
      MODELSHIP_JWT_ISSUER: registration.openIdIssuer,
      MODELSHIP_JWT_AUDIENCE: registration.clientId,
    });
  });

  test('JWTs of another issuer are for the runtime to check', () => {
    const template = functions({ access: Access.jwt({ issuer: 'https://issuer.example', audience: ['a'] }) });
    expect(functionApp(template).settings).toMatchObject({
      MODELSHIP_JWT_ISSUER: 'https://issuer.example',
      MODELSHIP_JWT_AUDIENCE: 'a',
    });
    expect(template.arm('Microsoft.Web/sites/config')).toEqual([]);
  });

  test('traces are written with the identity, and alarms watch the app', () => {
    const template = functions();
    expect(functionApp(template).settings.APPLICATIONINSIGHTS_AUTHENTICATION_STRING).toMatch(/;Authorization=AAD$/);
    expect(template.one('azurerm_role_assignment', /Traces/).role_definition_name).toBe('Monitoring Metrics Publisher');
    const alerts = Object.values(template.all('azurerm_monitor_metric_alert'));
    expect(alerts.map(({ criteria }) => criteria[0].metric_name).sort()).toEqual([
      'Http5xx',
      'HttpResponseTime',
      'MemoryWorkingSet',
    ]);
  });

  test('a subnet carries what instances send', () => {
    const stack = azureStack();
    const host = ServerlessHost.functionsFlexConsumption({ subnet: subnet(stack, DELEGATED) });
    serverless({ host }, stack);
    expect(site(new Template(stack))).toMatchObject({
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own template
      virtualNetworkSubnetId: '${azurerm_subnet.subnet.id}',
      outboundVnetRouting: { allTraffic: true },
    });
  });
});

describe('on Container Apps', () => {
  test('scales from none by the requests at once', () => {
    const template = containerApp({}, { targetConcurrency: 20 });
    expect(template.one('azurerm_container_app').template).toMatchObject({
      min_replicas: 0,
      max_replicas: 10,
      http_scale_rule: [{ name: 'http', concurrent_requests: '20' }],
    });
  });

  test('a replica is asked on the routes of the runtime, and ended only if it is dead', () => {
    const { startup_probe, liveness_probe, readiness_probe } = container(containerApp());
    expect(startup_probe[0].path).toBe(LIVE_PATH);
    expect(liveness_probe[0].path).toBe(LIVE_PATH);
    expect(readiness_probe[0].path).toBe(READY_PATH);
    for (const [probe] of [startup_probe, liveness_probe, readiness_probe]) expect(probe.port).toBe(DEFAULT_PORT);
    expect(containerApp().one('azurerm_container_app').ingress.target_port).toBe(DEFAULT_PORT);
  });

  test('a replica fetches the model with its own identity, of which it knows the name', () => {
    const template = containerApp();
    const env = variables(template);
    expect(env.MODELSHIP_MODEL!.endsWith(`models/models/iris/${MODEL.digest.slice(7)}/`)).toBe(true);
    expect(env.MODELSHIP_MODEL_DIGEST).toBe(MODEL.digest);
    expect(env.AZURE_CLIENT_ID).toMatch(/user_assigned_identity\..*\.client_id/);
    expect(template.one('azurerm_role_assignment', /ModelReader/)).toMatchObject({
      role_definition_name: 'Storage Blob Data Reader',
      scope: expect.stringMatching(/azurerm_storage_container/),
    });
  });

  test('traces go by the agent of the environment to Application Insights, and logs without a key', () => {
    const template = containerApp();
    const [agent] = Object.values(template.all('azapi_update_resource'));
    expect(agent!.body.properties).toEqual({
      appInsightsConfiguration: {
        connectionString: expect.stringMatching(/azurerm_application_insights\..*connection_string/),
      },
      openTelemetryConfiguration: { tracesConfiguration: { destinations: ['appInsights'] } },
    });
    expect(variables(template).OTEL_SERVICE_NAME).toBe('iris');
    // Only what starts later is told where the agent is.
    const [id] = Object.keys(template.all('azapi_update_resource'));
    expect(template.one('azurerm_container_app').depends_on).toContain(`azapi_update_resource.${id}`);
    const environment = template.one('azurerm_container_app_environment');
    expect(environment.logs_destination).toBe('azure-monitor');
    expect(environment).not.toHaveProperty('log_analytics_workspace_id');
    const setting = template.one('azurerm_monitor_diagnostic_setting', /Environment_Logs/);
    expect(setting.enabled_log).toContainEqual({ category: 'ContainerAppConsoleLogs' });
  });

  test('a GPU has a workload profile and all that is in it', () => {
    const template = containerApp({}, { gpu: Gpu.nvidiaT4() });
    const profiles = template.one('azurerm_container_app_environment').workload_profile;
    const { workload_profile_name } = template.one('azurerm_container_app');
    expect(profiles).toContainEqual({
      name: workload_profile_name,
      workload_profile_type: 'Consumption-GPU-NC8as-T4',
    });
    expect(container(template)).toMatchObject({ cpu: 8, memory: '56Gi' });
  });

  test('a salt gives the same content a revision of another name, to go back to an earlier model', () => {
    const suffix = (versionSalt?: string) =>
      containerApp({}, { versionSalt }).one('azurerm_container_app').template.revision_suffix;
    expect(suffix()).toBe(suffix());
    expect(suffix('back')).not.toBe(suffix());
    expect(suffix('back')).not.toBe(suffix('again'));
  });

  test('an environment in a subnet stays when Azure has named its infrastructure', () => {
    const environment = containerApp({}, { subnet: { id: subnetId('apps') } }).one('azurerm_container_app_environment');
    expect(environment.lifecycle.ignore_changes).toEqual(['infrastructure_resource_group_name']);
  });

  test('memory goes with the CPUs', () => {
    expect(container(containerApp({}, { cpu: 0.75 }))).toMatchObject({ cpu: 0.75, memory: '1.5Gi' });
  });

  test('an image of a registry on Azure is pulled with the identity', () => {
    const image = AzureImage.fromAcr({ registry: REGISTRY, repository: 'runtime', reference: '1' });
    const template = containerApp({}, { image });
    const { registry: registries, identity } = template.one('azurerm_container_app');
    expect(registries).toEqual([{ server: 'registry.azurecr.io', identity: identity.identity_ids[0] }]);
  });

  test('all traffic goes to the newest revision', () => {
    const { revision_mode, ingress } = containerApp().one('azurerm_container_app');
    expect(revision_mode).toBe('Single');
    expect(ingress.traffic_weight).toEqual([{ latest_revision: true, percentage: 100 }]);
  });

  test('a canary shares the traffic with the revision before', () => {
    const rollout = Rollout.canary({ percent: 15, bakeMinutes: 5 });
    const { revision_mode, ingress, template } = containerApp({ rollout }, { stableRevision: 'm0123' }).one(
      'azurerm_container_app',
    );
    expect(revision_mode).toBe('Multiple');
    expect(ingress.traffic_weight).toEqual([
      { latest_revision: false, revision_suffix: template.revision_suffix, percentage: 15 },
      { latest_revision: false, revision_suffix: 'm0123', percentage: 85 },
    ]);
  });

  test('a revision has a name of its own, the same until something of it differs', () => {
    const suffix = (props: Partial<ServerlessModelProps> = {}) =>
      containerApp(props).one('azurerm_container_app').template.revision_suffix;
    expect(suffix()).toBe(suffix());
    const suffixes = [
      suffix(),
      suffix({ model: model('2') }),
      suffix({ environment: { A: 'b' } }),
      suffix({ maxReplicas: 3 }),
    ];
    expect(new Set(suffixes).size).toBe(4);
    for (const name of suffixes) expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
  });

  test('can be reached from its own network only', () => {
    const stack = azureStack();
    const host = ServerlessHost.containerApps({ image: IMAGE, subnet: subnet(stack, DELEGATED), internal: true });
    serverless({ host }, stack);
    expect(new Template(stack).one('azurerm_container_app_environment').internal_load_balancer_enabled).toBe(true);
  });
});

test('who was let in gets tokens, and grantInvoke says so when there is nobody to let in', () => {
  const stack = azureStack();
  serverless({}, stack).grantInvoke('App', PRINCIPAL_ID);
  const template = new Template(stack);
  expect(template.one('azuread_service_principal').app_role_assignment_required).toBe(true);
  expect(template.one('azuread_app_role_assignment').app_role_id).toBe(
    template.one('azuread_application').app_role[0].id,
  );
  const [{ oauth2_permission_scope }] = template.one('azuread_application').api;
  expect(template.one('azuread_application_pre_authorized').permission_ids).toEqual([oauth2_permission_scope[0].id]);
  expect(() => serverless({ access: Access.anonymous() }).grantInvoke('x', 'y')).toThrow(/Access\.cloudIdentity/);
});

describe('what a host cannot do is refused at synth', () => {
  test('everything wrong on Functions is said at once, each with its prop', () => {
    const stack = azureStack();
    const host = ServerlessHost.functionsFlexConsumption({ memoryMib: 1024, maxConcurrency: 0, subnet: subnet(stack) });
    expect(
      faultsOf(() =>
        serverless(
          {
            host,
            timeoutSeconds: 231,
            maxReplicas: 1001,
            rollout: Rollout.canary({ percent: 1, bakeMinutes: 1 }),
            throttle: { requestsPerSecond: 1 },
            location: 'West Europe',
          },
          stack,
        ),
      ),
    ).toEqual([
      'host.maxConcurrency OUT_OF_RANGE',
      'host.memoryMib OUT_OF_RANGE',
      'host.subnet NOT_DELEGATED',
      'location BAD_TEXT',
      'maxReplicas OUT_OF_RANGE',
      'rollout UNSUPPORTED',
      'throttle UNSUPPORTED',
      'timeoutSeconds OUT_OF_RANGE',
    ]);
  });

  test('a format that needs Python runs in containers only', () => {
    const saved = Model.fromDirectory(writePackage({ format: 'saved_model' }));
    expect(faultsOf(() => serverless({ model: saved }))).toEqual(['model UNSUPPORTED']);
    const host = ServerlessHost.containerApps({ image: IMAGE });
    expect(faultsOf(() => serverless({ model: saved, host }))).toEqual([]);
  });

  test('everything wrong on Container Apps is said at once, each with its prop', () => {
    const host = ServerlessHost.containerApps({
      image: IMAGE,
      cpu: 0.3,
      gpu: Gpu.nvidiaA100(),
      internal: true,
      stableRevision: 'x',
    });
    expect(faultsOf(() => serverless({ host, access: Access.apiKey(), timeoutSeconds: 241, maxReplicas: 0 }))).toEqual([
      'access UNSUPPORTED',
      'host.cpu CONFLICT',
      'host.cpu OUT_OF_RANGE',
      'host.internal CONFLICT',
      'host.stableRevision CONFLICT',
      'maxReplicas OUT_OF_RANGE',
      'timeoutSeconds OUT_OF_RANGE',
    ]);
  });

  test('a canary without the revision that keeps the rest', () => {
    const host = ServerlessHost.containerApps({ image: IMAGE });
    const rollout = Rollout.canary({ percent: 1, bakeMinutes: 1 });
    expect(faultsOf(() => serverless({ host, rollout }))).toEqual(['host.stableRevision MISSING']);
  });

  test('a subnet that is delegated to another service', () => {
    const stack = azureStack();
    const other = subnet(stack, [{ name: 'x', serviceDelegation: { name: 'Microsoft.Web/serverFarms' } }]);
    const host = ServerlessHost.functionsFlexConsumption({ subnet: other });
    expect(() => serverless({ host }, stack)).toThrow(/another service.*Microsoft\.App\/environments/);
  });

  test('a subnet that was made elsewhere shows no delegation, and passes', () => {
    const host = ServerlessHost.containerApps({ image: IMAGE, subnet: { id: subnetId('x') } });
    expect(faultsOf(() => serverless({ host }))).toEqual([]);
  });
});

describe('secrets of a serverless model', () => {
  const secrets = { HF_TOKEN: SECRET };
  const role = { role_definition_name: 'Key Vault Secrets User', scope: SECRET.resourceVersionlessId };

  test('are read from Key Vault by the identity of the function app', () => {
    const template = functions({ secrets });
    expect(functionApp(template).settings.HF_TOKEN).toBe(`@Microsoft.KeyVault(SecretUri=${SECRET.versionlessId})`);
    expect(site(template).keyVaultReferenceIdentity).toMatch(/azurerm_user_assigned_identity\..*\.id/);
    expect(template.one('azurerm_role_assignment', /SecretReader/)).toMatchObject(role);
    expect(site(functions())).not.toHaveProperty('keyVaultReferenceIdentity');
  });

  test('are read from Key Vault by the identity of the container app, which waits for the role', () => {
    const template = containerApp({ secrets });
    const app = template.one('azurerm_container_app');
    const [secret] = app.secret;
    expect(secret).toEqual({
      name: expect.stringMatching(/^hf-token-[0-9a-f]{8}$/),
      key_vault_secret_id: SECRET.versionlessId,
      identity: expect.stringContaining('azurerm_user_assigned_identity'),
    });
    expect(container(template).env).toContainEqual({ name: 'HF_TOKEN', secret_name: secret.name });
    expect(template.one('azurerm_role_assignment', /SecretReader/)).toMatchObject(role);
    expect(template.one('time_sleep', /ContainerApp_RolesKnown/).depends_on).toContainEqual(
      expect.stringContaining('SecretReader'),
    );
    expect(containerApp().one('azurerm_container_app')).not.toHaveProperty('secret');
  });

  test('make a new revision of the container app when another secret is read', () => {
    const other = { ...SECRET, versionlessId: 'https://vault.vault.azure.net/secrets/other' };
    const revision = (HF_TOKEN: typeof SECRET) =>
      containerApp({ secrets: { HF_TOKEN } }).one('azurerm_container_app').template.revision_suffix;
    expect(revision(SECRET)).toBe(revision({ ...SECRET }));
    expect(revision(SECRET)).not.toBe(revision(other));
  });

  test.each<[string, object, RegExp]>([
    ['a value', { HF_TOKEN: 'hf_abc' }, /secrets\.HF_TOKEN: got .*pass a Key Vault secret of azurerm/],
    [
      'a version',
      { A: { ...SECRET, versionlessId: `${SECRET.versionlessId}/0a` } },
      /secrets\.A\.versionlessId: .*without a version/,
    ],
    ['another scope', { A: { ...SECRET, resourceVersionlessId: 'vault' } }, /secrets\.A\.resourceVersionlessId: got/],
    ['a variable of the construct', { MODELSHIP_MODEL: SECRET }, /secrets\.MODELSHIP_MODEL: the construct/],
  ])('refuse %s', (_, given, message) => {
    expect(() => serverless({ secrets: given as never })).toThrow(message);
  });
});

describe('Front Door', () => {
  const domainName = 'iris.example.com';
  const host = /output\.properties\.defaultHostName/;

  test('is the only way to the function app', () => {
    const template = functions({ domainName });
    expect(site(template).siteConfig).toMatchObject({
      ipSecurityRestrictionsDefaultAction: 'Deny',
      ipSecurityRestrictions: [
        {
          action: 'Allow',
          tag: 'ServiceTag',
          ipAddress: 'AzureFrontDoor.Backend',
          headers: { 'x-azure-fdid': [expect.stringMatching(/azurerm_cdn_frontdoor_profile\..*\.resource_guid/)] },
        },
      ],
    });
    const origin = template.one('azurerm_cdn_frontdoor_origin');
    expect(origin.host_name).toMatch(host);
    // The app knows only its own host name.
    expect(origin.origin_host_header).toBe(origin.host_name);
    expect(site(functions()).siteConfig).not.toHaveProperty('ipSecurityRestrictions');
  });

  test('keeps no instance running by probes', () => {
    expect(functions({ domainName }).one('azurerm_cdn_frontdoor_origin_group')).not.toHaveProperty('health_probe');
  });

  test('serves the domain with a certificate that it renews, over HTTPS alone', () => {
    const template = functions({ domainName });
    expect(template.one('azurerm_cdn_frontdoor_custom_domain')).toMatchObject({
      host_name: domainName,
      tls: { certificate_type: 'ManagedCertificate' },
    });
    expect(template.one('azurerm_cdn_frontdoor_route')).toMatchObject({
      supported_protocols: ['Https'],
      forwarding_protocol: 'HttpsOnly',
      link_to_default_domain: false,
    });
    expect(template.one('azurerm_cdn_frontdoor_profile').sku_name).toBe('Standard_AzureFrontDoor');
    const endpoint = serverless({ domainName });
    expect(endpoint.predictUrl).toBe('https://iris.example.com/v1/models/iris:predict');
  });

  test('waits for a response as long as the endpoint may take, within its limits', () => {
    const timeout = (timeoutSeconds: number) =>
      functions({ domainName, timeoutSeconds }).one('azurerm_cdn_frontdoor_profile').response_timeout_seconds;
    expect([timeout(5), timeout(200)]).toEqual([16, 200]);
  });

  test('checks requests by a rate limit and the rules of Microsoft, on its own host name without a domain', () => {
    const template = functions({ webAcl: WebAcl.managed({ requestsPerFiveMinutes: 600 }) });
    expect(template.one('azurerm_cdn_frontdoor_profile').sku_name).toBe('Premium_AzureFrontDoor');
    const policy = template.one('azurerm_cdn_frontdoor_firewall_policy');
    expect(policy).toMatchObject({
      name: expect.stringMatching(/^[a-z][a-z0-9]+$/),
      mode: 'Prevention',
      custom_rule: [{ type: 'RateLimitRule', rate_limit_threshold: 600, rate_limit_duration_in_minutes: 5 }],
    });
    expect(policy.managed_rule.map(({ action }: Resource) => action)).toEqual(['Block', 'Block']);
    expect(template.one('azurerm_cdn_frontdoor_route').link_to_default_domain).toBe(true);
    const { firewall } = template.one('azurerm_cdn_frontdoor_security_policy').security_policies;
    expect(firewall.association.domain).toHaveLength(1);
  });

  test('has a security policy for each domain, which Azure deletes before the domain', () => {
    const webAcl = WebAcl.managed();
    const names = [domainName, 'other.example.com', undefined].map(
      (each) => functions({ webAcl, domainName: each }).one('azurerm_cdn_frontdoor_security_policy').name,
    );
    expect(new Set(names).size).toBe(3);
  });

  test('has another id for another domain, without which the route would not get it', () => {
    const nameOf = (each: string) => functions({ domainName: each }).one('azurerm_cdn_frontdoor_custom_domain').name;
    expect(nameOf('other.example.com')).not.toBe(nameOf(domainName));
  });

  test('serves a domain only while the web ACL checks its requests', () => {
    const template = functions({ webAcl: WebAcl.managed(), domainName });
    const [policy] = Object.keys(template.all('azurerm_cdn_frontdoor_security_policy'));
    for (const type of ['azurerm_cdn_frontdoor_route', 'azurerm_cdn_frontdoor_custom_domain_association'])
      expect(template.one(type).depends_on, type).toContain(`azurerm_cdn_frontdoor_security_policy.${policy}`);
  });

  test('has a web ACL that names its kind', () => {
    expect(WebAcl.managed().kind).toBe('managed');
    expect(WebAcl.fromPolicyId('edge').kind).toBe('existing');
  });

  test('only logs what looks like an attack in texts', () => {
    const texts = Model.fromDirectory(writePackage({ inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }] }));
    const policy = functions({ model: texts, webAcl: WebAcl.managed() }).one('azurerm_cdn_frontdoor_firewall_policy');
    expect(policy.managed_rule.map(({ action }: Resource) => action)).toEqual(['Log', 'Block']);
  });

  test('takes a policy that exists', () => {
    const id = `${REGISTRY.id.split('/providers/')[0]}/providers/Microsoft.Network/frontDoorWebApplicationFirewallPolicies/edge`;
    const template = functions({ webAcl: WebAcl.fromPolicyId(id), domainName });
    expect(template.all('azurerm_cdn_frontdoor_firewall_policy')).toEqual({});
    const { firewall } = template.one('azurerm_cdn_frontdoor_security_policy').security_policies;
    expect(firewall.cdn_frontdoor_firewall_policy_id).toBe(id);
    expect(firewall.association.domain).toHaveLength(2);
  });

  test.each<[string, Partial<ServerlessModelProps>, RegExp]>([
    ['a URL', { domainName: 'https://a.example.com' }, /domainName: got "https.*`iris\.example\.com`/],
    ['no policy', { webAcl: WebAcl.fromPolicyId('edge') }, /webAcl: got "edge"/],
    [
      'a limit of zero',
      { webAcl: WebAcl.managed({ requestsPerFiveMinutes: 0 }) },
      /webAcl\.requestsPerFiveMinutes: got 0/,
    ],
    [
      'a domain on Container Apps',
      { domainName, host: ServerlessHost.containerApps() },
      /domainName: .*create a ContainerAppCustomDomain/,
    ],
    [
      'a web ACL on Container Apps',
      { webAcl: WebAcl.managed(), host: ServerlessHost.containerApps() },
      /webAcl: .*bypass Front Door; use ServerlessHost\.functionsFlexConsumption/,
    ],
  ])('refuses %s', (_, props, message) => {
    expect(() => serverless(props)).toThrow(message);
  });
});
