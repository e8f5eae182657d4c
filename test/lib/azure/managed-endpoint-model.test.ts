import { DEFAULT_PORT, LIVE_PATH, READY_PATH, SCORE_PATH } from '@modelship/runtime/contract';
import { TerraformStack, TerraformVariable } from 'cdktf';
import { describe, expect, test } from 'vitest';
import { AzureImage, ManagedEndpointModel, type ManagedEndpointModelProps } from '../../../lib/azure/index.js';
import { Access } from '../../../lib/serving/access.js';
import { Rollout } from '../../../lib/serving/rollout.js';
import { KEY, PRINCIPAL_ID, REGISTRY, subnetId, WORKSPACE_ID } from './identifiers.js';
import { sentFaults } from './rest-types.js';
import { azureStack, faultsOf, IMAGE, model, Template } from './support.js';

const MODEL = model();
const OTHER = model('2');
const ENDPOINTS = 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints';

function endpoint(props: Partial<ManagedEndpointModelProps> = {}, stack: TerraformStack = azureStack()) {
  return new ManagedEndpointModel(stack, 'Iris', { model: MODEL, image: IMAGE, location: 'westeurope', ...props });
}

function synthesized(props: Partial<ManagedEndpointModelProps> = {}): Template {
  return new Template(TerraformStack.of(endpoint(props)));
}

function deployments(template: Template) {
  return template.arm(`${ENDPOINTS}/deployments`);
}

function moved(template: Template) {
  return template.one('azapi_resource_action', /Move/).body.properties;
}

function name(version: typeof MODEL): string {
  return `m-${version.digest.slice(7, 23)}`;
}

describe('what is deployed', () => {
  test('the environment has the image, and the routes and the port of the runtime', () => {
    const [environment] = synthesized().arm('Microsoft.MachineLearningServices/workspaces/environments/versions');
    expect(environment!.body.properties).toEqual({
      image: 'registry.example/runtime:1',
      osType: 'Linux',
      inferenceConfig: {
        livenessRoute: { path: LIVE_PATH, port: DEFAULT_PORT },
        readinessRoute: { path: READY_PATH, port: DEFAULT_PORT },
        scoringRoute: { path: SCORE_PATH, port: DEFAULT_PORT },
      },
    });
  });

  test('the runtime is told where the package is mounted and which digest it must have', () => {
    const template = synthesized();
    const [version] = template.arm('Microsoft.MachineLearningServices/workspaces/models/versions');
    const { environmentVariables, modelMountPath } = deployments(template)[0]!.body.properties;
    const digest = MODEL.digest.slice(7);
    const asset = version!.parent_id.split('/models/')[1];
    expect(environmentVariables.MODELSHIP_MODEL).toBe(`${modelMountPath}/${asset}/${version!.name}/${digest}`);
    expect(environmentVariables.MODELSHIP_MODEL_DIGEST).toBe(MODEL.digest);
    expect(version!.body.properties.modelUri.endsWith(`/paths/models/iris/${digest}`)).toBe(true);
  });

  test('every file of the package is a blob under the digest, and nothing starts before they are there', () => {
    const template = synthesized();
    const blobs = Object.entries(template.all('azurerm_storage_blob'));
    expect(blobs.map(([, blob]) => blob.name.split('/').slice(2)).sort()).toEqual(
      ['model.json', 'model.onnx', 'samples.json'].map((file) => [MODEL.digest.slice(7), file]),
    );
    for (const [id] of blobs) expect(deployments(template)[0]!.depends_on).toContain(`azurerm_storage_blob.${id}`);
  });

  test('the container of the models is read without a key', () => {
    const template = synthesized();
    const [datastore] = template.arm('Microsoft.MachineLearningServices/workspaces/datastores');
    const [version] = template.arm('Microsoft.MachineLearningServices/workspaces/models/versions');
    expect(datastore!.body.properties.credentials).toEqual({ credentialsType: 'None' });
    expect(datastore!.name).toMatch(/^[A-Za-z0-9_]+$/);
    expect(version!.body.properties.modelUri).toContain(`/datastores/${datastore!.name}/paths/`);
    expect(version!.depends_on).toContainEqual(expect.stringMatching(/^azapi_resource\.Iris_Datastore/));
  });

  test('instances start after the roles of their identity are known everywhere', () => {
    const template = synthesized();
    const [id] = Object.entries(template.all('time_sleep')).find(([key]) => /RolesKnown/.test(key))!;
    expect(deployments(template)[0]!.depends_on).toContain(`time_sleep.${id}`);
    expect(template.one('azapi_resource', /^Iris_[0-9A-F]+$/).depends_on).toEqual([`time_sleep.${id}`]);
    const [role] = Object.keys(template.all('azurerm_role_assignment')).filter((key) => /ModelReader/.test(key));
    expect(template.one('time_sleep', /^Iris_RolesKnown/)).toMatchObject({
      depends_on: [`azurerm_role_assignment.${role}`],
      triggers: { 0: `\${azurerm_role_assignment.${role}.id}` },
    });
  });

  test('an instance takes many requests at once and has the time that a start may take', () => {
    const { requestSettings, readinessProbe, livenessProbe } = deployments(synthesized())[0]!.body.properties;
    expect(requestSettings).toEqual({ requestTimeout: 'PT60S', maxConcurrentRequestsPerInstance: 100 });
    expect(readinessProbe.failureThreshold * 10).toBe(300);
    expect(readinessProbe.period).toBe('PT10S');
    expect(livenessProbe.failureThreshold).toBe(3);
  });

  test.each<[string, Partial<ManagedEndpointModelProps>]>([
    ['the defaults', {}],
    [
      'keys, capture and a private subnet',
      { access: Access.apiKey(), dataCapture: { samplingPercent: 25 }, privateSubnet: { id: subnetId('endpoints') } },
    ],
    [
      'a canary beside another version',
      {
        rollout: Rollout.canary({ percent: 10, bakeMinutes: 5 }),
        stableModels: [{ model: OTHER, trafficPercent: 90 }],
        tags: { team: 'a' },
      },
    ],
  ])('every body is one that the published schema allows: %s', (_, props) => {
    const template = synthesized(props);
    const sent = template.arm().filter(({ body }) => body);
    expect(sent.length).toBeGreaterThan(4);
    expect(sentFaults(template)).toEqual([]);
  });

  test('an image from a registry on Azure is pulled with a role, before which nothing starts', () => {
    const template = synthesized({
      image: AzureImage.fromAcr({ registry: REGISTRY, repository: 'r', reference: 'sha256:ab' }),
    });
    expect(template.one('azurerm_role_assignment', /ImagePull/)).toMatchObject({
      role_definition_name: 'AcrPull',
      scope: REGISTRY.id,
    });
    const [environment] = template.arm('Microsoft.MachineLearningServices/workspaces/environments/versions');
    expect(environment!.body.properties.image).toBe('registry.azurecr.io/r@sha256:ab');
    expect(template.one('time_sleep', /^Iris_RolesKnown/).depends_on).toContainEqual(
      expect.stringMatching(/ImagePull/),
    );
  });

  test('a given workspace is used, and nothing of a workspace is made', () => {
    const workspace = { id: WORKSPACE_ID, name: 'ws', resourceGroupName: 'rg', location: 'northeurope' };
    const template = synthesized({ workspace });
    expect(template.all('azurerm_machine_learning_workspace')).toEqual({});
    expect(template.all('azurerm_key_vault')).toEqual({});
    expect(deployments(template)[0]!.location).toBe('northeurope');
    expect(template.arm('Microsoft.MachineLearningServices/workspaces/datastores')[0]!.parent_id).toBe(WORKSPACE_ID);
  });
});

describe('traffic', () => {
  test('all of it goes to the model, put as a whole once the deployment is there', () => {
    const template = synthesized();
    expect(moved(template).traffic).toEqual({ [name(MODEL)]: 100 });
    const move = template.one('azapi_resource_action', /Move/);
    expect(move.method).toBe('PUT');
    expect(move.depends_on).toEqual([expect.stringMatching(/^azapi_resource\.Iris_Deployment/)]);
  });

  test('is not in the body of the endpoint, whose updates would put it away', () => {
    const { properties } = synthesized().one('azapi_resource', /^Iris_[0-9A-F]+$/).body;
    expect(Object.keys(properties).sort()).toEqual(['authMode', 'publicNetworkAccess']);
  });

  test('is put again when the endpoint changes, because that change put it away', () => {
    const changed = moved(synthesized({ access: Access.apiKey() }));
    expect(changed).not.toEqual(moved(synthesized()));
    expect(synthesized({ tags: { a: 'b' } }).one('azapi_resource_action', /Move/).body.tags).toEqual({ a: 'b' });
  });

  test('is taken away before a destroy deletes deployments, and the new one is made before the old one goes', () => {
    const template = synthesized();
    const stop = template.one('azapi_resource_action', /Stop/);
    expect(stop).toMatchObject({ when: 'destroy', method: 'PUT', body: { properties: { traffic: {} } } });
    // With another type azapi creates the action again, and takes the traffic away to do so.
    expect(stop.type).toBe(`${ENDPOINTS}@2025-06-01`);
    expect(stop.depends_on).toEqual([expect.stringMatching(/^azapi_resource_action\.Iris_Traffic_Move/)]);
    expect(deployments(template)[0]!.lifecycle.create_before_destroy).toBe(true);
  });

  test('a deployment that failed is tried again under another name, which the one beside the next keeps', () => {
    const [failed] = deployments(synthesized());
    const [again] = deployments(synthesized({ versionSalt: 'again' }));
    expect(again!.name).not.toBe(failed!.name);
    expect(again!.name).toMatch(/^m-[0-9a-f]{16}$/);
    const template = synthesized({
      model: OTHER,
      rollout: Rollout.canary({ percent: 10, bakeMinutes: 5 }),
      stableModels: [{ model: MODEL, versionSalt: 'again', trafficPercent: 90 }],
    });
    expect(deployments(template).map((each) => each.name)).toContain(again!.name);
    expect(moved(template).traffic).toEqual({ [name(OTHER)]: 10, [again!.name]: 90 });
  });

  test('another version of the model is another deployment and another model version', () => {
    const first = synthesized();
    const second = synthesized({ model: OTHER });
    expect(deployments(second)[0]!.name).not.toBe(deployments(first)[0]!.name);
    expect(Object.keys(second.all('azapi_resource'))).not.toEqual(Object.keys(first.all('azapi_resource')));
  });

  test('a canary gets its share and the other version the rest', () => {
    const template = synthesized({
      rollout: Rollout.canary({ percent: 10, bakeMinutes: 5 }),
      stableModels: [{ model: OTHER }],
    });
    expect(moved(template).traffic).toEqual({ [name(MODEL)]: 10, [name(OTHER)]: 90 });
    expect(deployments(template)).toHaveLength(2);
    expect(template.one('azapi_resource_action', /Move/).depends_on).toHaveLength(2);
  });

  test('copies go to the model while the other version answers', () => {
    const template = synthesized({ mirrorPercent: 20, stableModels: [{ model: OTHER, trafficPercent: 100 }] });
    expect(moved(template)).toMatchObject({
      traffic: { [name(MODEL)]: 0, [name(OTHER)]: 100 },
      mirrorTraffic: { [name(MODEL)]: 20 },
    });
  });
});

describe('who may ask', () => {
  test('Entra tokens by default, with a role that may score and nothing else', () => {
    const stack = azureStack();
    endpoint({}, stack).grantInvoke('App', PRINCIPAL_ID);
    const template = new Template(stack);
    expect(moved(template).authMode).toBe('AADToken');
    expect(template.one('azurerm_role_definition').permissions).toEqual([
      { actions: ['Microsoft.MachineLearningServices/workspaces/onlineEndpoints/score/action'] },
    ]);
    expect(template.one('azurerm_role_assignment', /Invoke/)).toMatchObject({ principal_id: PRINCIPAL_ID });
    expect(template.all('azapi_resource_action')).not.toHaveProperty('Iris_Keys');
  });

  test('keys are read as secrets and kept in the vault', () => {
    const template = synthesized({ access: Access.apiKey() });
    const keys = template.one('azapi_resource_action', /Keys/);
    expect(keys).toMatchObject({ action: 'listKeys', sensitive_response_export_values: ['primaryKey'] });
    expect(keys).not.toHaveProperty('response_export_values');
    expect(template.one('azurerm_key_vault_secret').value).toMatch(/\.sensitive_output\.primaryKey\}$/);
  });

  test('a private subnet closes the endpoint, the workspace, the vault and the registry', () => {
    const template = synthesized({ privateSubnet: { id: subnetId('endpoints') } });
    expect(moved(template).publicNetworkAccess).toBe('Disabled');
    expect(template.one('azurerm_machine_learning_workspace')).toMatchObject({
      public_network_access_enabled: false,
      managed_network: { isolation_mode: 'AllowOnlyApprovedOutbound' },
    });
    expect(template.one('azurerm_key_vault').public_network_access_enabled).toBe(false);
    expect(template.one('azurerm_container_registry').public_network_access_enabled).toBe(false);
  });
});

describe('scaling and telemetry', () => {
  test('one instance without autoscaling by default', () => {
    const template = synthesized();
    expect(deployments(template)[0]!.body.sku.capacity).toBe(1);
    expect(template.all('azurerm_monitor_autoscale_setting')).toEqual({});
    expect(deployments(template)[0]!.lifecycle).not.toHaveProperty('ignore_changes');
  });

  test('between two numbers Azure Monitor scales, and Terraform leaves its number alone', () => {
    const template = synthesized({ minReplicas: 2, maxReplicas: 5 });
    expect(template.one('azurerm_monitor_autoscale_setting').profile[0].capacity).toEqual({
      minimum: 2,
      default: 2,
      maximum: 5,
    });
    expect(deployments(template)[0]!.lifecycle.ignore_changes).toEqual(['body.sku.capacity']);
  });

  test('errors, latency and saturation reach the action groups', () => {
    const group = '/subscriptions/s/resourceGroups/r/providers/Microsoft.Insights/actionGroups/oncall';
    const alerts = Object.values(synthesized({ alarmActions: [group] }).all('azurerm_monitor_metric_alert'));
    expect(alerts).toHaveLength(3);
    for (const alert of alerts) expect(alert.action).toEqual([{ action_group_id: group }]);
  });

  test('the workbook can be left out, and logs are kept as long as asked', () => {
    const template = synthesized({ dashboard: false, logRetentionDays: 30 });
    expect(template.all('azurerm_application_insights_workbook')).toEqual({});
    expect(template.one('azurerm_log_analytics_workspace').retention_in_days).toBe(30);
    const { items } = JSON.parse(synthesized().one('azurerm_application_insights_workbook').data_json);
    expect(items).toHaveLength(4);
  });
});

describe('what Azure ML cannot do is refused at synth', () => {
  test('everything wrong is said at once, each with its prop', () => {
    expect(
      faultsOf(() =>
        endpoint({
          endpointName: 'x',
          minReplicas: 0,
          maxReplicas: 51,
          timeoutSeconds: 181,
          instanceType: 'big',
          access: Access.anonymous(),
          throttle: { requestsPerSecond: 1 },
          environment: { MODELSHIP_MODEL: 'x' },
        }),
      ),
    ).toEqual([
      'access UNSUPPORTED',
      'endpointName BAD_TEXT',
      'environment.MODELSHIP_MODEL RESERVED_VARIABLE',
      'instanceType BAD_TEXT',
      'maxReplicas OUT_OF_RANGE',
      'minReplicas OUT_OF_RANGE',
      'throttle UNSUPPORTED',
      'timeoutSeconds OUT_OF_RANGE',
    ]);
  });

  test('scale to zero names the limit and the nearest target that can', () => {
    expect(() => endpoint({ minReplicas: 0 })).toThrow(
      /got 0; an Azure ML deployment allows .* from 1 to 50\. Use ServerlessModel/,
    );
  });

  test.each(['ab', `a${'b'.repeat(32)}`, '1abc', 'abc-', 'a_b_c'])('the endpoint name %j', (endpointName) => {
    expect(faultsOf(() => endpoint({ endpointName }))).toEqual(['endpointName BAD_TEXT']);
  });

  test.each<[string, Partial<ManagedEndpointModelProps>, string[]]>([
    ['a canary alone', { rollout: Rollout.canary({ percent: 10, bakeMinutes: 1 }) }, ['stableModels TRAFFIC_SUM']],
    [
      'a canary whose rest is short',
      {
        rollout: Rollout.canary({ percent: 10, bakeMinutes: 1 }),
        stableModels: [{ model: OTHER, trafficPercent: 80 }],
      },
      ['stableModels TRAFFIC_SUM'],
    ],
    ['more than all', { stableModels: [{ model: OTHER, trafficPercent: 1 }] }, ['stableModels TRAFFIC_SUM']],
    ['copies of nothing', { mirrorPercent: 10 }, ['stableModels TRAFFIC_SUM']],
    [
      'too many copies',
      { mirrorPercent: 51, stableModels: [{ model: OTHER, trafficPercent: 100 }] },
      ['mirrorPercent OUT_OF_RANGE'],
    ],
    ['the same version twice', { stableModels: [{ model: MODEL, trafficPercent: 0 }] }, ['stableModels DUPLICATE']],
    [
      'a key without a version, which a workspace wants',
      { encryptionKey: { ...KEY, id: undefined } },
      ['encryptionKey.id MISSING'],
    ],
    ['linear steps', { rollout: Rollout.linear({ stepPercent: 10, intervalMinutes: 1 }) }, ['rollout UNSUPPORTED']],
  ])('%s', (_, props, faults) => {
    expect(faultsOf(() => endpoint(props))).toEqual(faults);
  });

  test('the sum is shown', () => {
    expect(() => endpoint({ stableModels: [{ model: OTHER, trafficPercent: 30 }] })).toThrow(/sums to 130 percent/);
  });

  test('a misspelt prop is named', () => {
    const props = { model: MODEL, image: IMAGE, location: 'westeurope', timeoutSecond: 3 };
    expect(faultsOf(() => new ManagedEndpointModel(azureStack(), 'Iris', props))).toEqual([
      'timeoutSecond UNKNOWN_PROP',
    ]);
  });

  test('neither a region nor a resource group', () => {
    expect(faultsOf(() => endpoint({ location: undefined }))).toEqual(['location MISSING']);
  });

  test('values known only at apply pass', () => {
    const stack = azureStack();
    const text = new TerraformVariable(stack, 'text', { type: 'string' });
    const number = new TerraformVariable(stack, 'number', { type: 'number' });
    endpoint(
      { endpointName: text.stringValue, timeoutSeconds: number.numberValue, maxReplicas: number.numberValue },
      stack,
    );
    expect(Object.keys(new Template(stack).all('azurerm_monitor_autoscale_setting'))).toHaveLength(1);
  });
});
