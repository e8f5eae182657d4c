import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Subnet } from '@cdktf/provider-azurerm/lib/subnet';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { LIVE_PATH, READY_PATH } from '@modelship/runtime/contract';
import { TerraformStack, Testing } from 'cdktf';
import { describe, expect, test } from 'vitest';
import {
  AksCluster,
  AzureImage,
  ContainerModel,
  type ContainerModelProps,
  Exposure,
} from '../../../lib/azure/index.js';
import { Access } from '../../../lib/serving/access.js';
import { Rollout } from '../../../lib/serving/rollout.js';
import { ModelServer } from '../../../lib/serving/servers/model-server.js';
import { ACTION_GROUP_ID, CLUSTER_ID, PRINCIPAL_ID, REGISTRY } from './identifiers.js';
import { azureStack, faultsOf, IMAGE, model, type Resource, Template } from './support.js';

const MODEL = model();
const STABLE = model('2');
const GPU_CLUSTER = AksCluster.managed({ instanceType: 'Standard_NC4as_T4_v3' });
const GATEWAY = Exposure.gateway({ gatewayName: 'g', host: 'models.example', sourceRanges: ['10.0.0.0/8'] });

function containers(props: Partial<ContainerModelProps> = {}, stack: TerraformStack = azureStack()) {
  return new ContainerModel(stack, 'Iris', { model: MODEL, image: IMAGE, location: 'westeurope', ...props });
}

function synthesized(props: Partial<ContainerModelProps> = {}): Template {
  return new Template(TerraformStack.of(containers(props)));
}

function pod(template: Template, id = /_Deployment_/): Resource {
  return template.one('kubernetes_deployment_v1', id).spec.template.spec;
}

function variables(spec: Resource): Record<string, string> {
  return Object.fromEntries(
    spec.container[0].env.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
}

describe('the cluster', () => {
  test('has workload identity, Azure roles and no local account', () => {
    expect(synthesized().one('azurerm_kubernetes_cluster')).toMatchObject({
      oidc_issuer_enabled: true,
      workload_identity_enabled: true,
      local_account_disabled: true,
      role_based_access_control_enabled: true,
      azure_active_directory_role_based_access_control: { azure_rbac_enabled: true },
      workload_autoscaler_profile: { keda_enabled: true },
      storage_profile: { blob_driver_enabled: true },
      network_profile: { network_policy: 'cilium' },
      private_cluster_enabled: false,
    });
  });

  test('runs models on nodes of their own that scale', () => {
    const template = synthesized();
    expect(template.one('azurerm_kubernetes_cluster').default_node_pool.only_critical_addons_enabled).toBe(true);
    const pool = template.one('azurerm_kubernetes_cluster_node_pool');
    expect(pool).toMatchObject({ auto_scaling_enabled: true, min_count: 1, max_count: 3, mode: 'User' });
    expect(pool.node_labels).toMatchObject(pod(template).node_selector);
  });

  test('has nodes in the zones that are given', () => {
    const template = synthesized({ cluster: AksCluster.managed({ zones: ['1', '2'] }) });
    expect(template.one('azurerm_kubernetes_cluster').default_node_pool.zones).toEqual(['1', '2']);
    expect(template.one('azurerm_kubernetes_cluster_node_pool').zones).toEqual(['1', '2']);
    expect(synthesized().one('azurerm_kubernetes_cluster_node_pool')).not.toHaveProperty('zones');
  });

  test('sends the logs of its pods to Log Analytics, by the rule that its agent looks for', () => {
    const template = synthesized();
    const association = template.one('azurerm_monitor_data_collection_rule_association', /ContainerLogs/);
    expect(association).toMatchObject({
      name: 'ContainerInsightsExtension',
      target_resource_id: expect.stringMatching(/azurerm_kubernetes_cluster/),
    });
    const rule = template.one('azurerm_monitor_data_collection_rule', /ContainerLogs/);
    expect(rule.data_sources.extension[0].extension_name).toBe('ContainerInsights');
    expect(rule.destinations.log_analytics[0].workspace_resource_id).toMatch(/azurerm_log_analytics_workspace/);
  });

  test('has pools as AKS completes them, so that a second plan finds nothing to change', () => {
    const pool = (spot: boolean) => synthesized({ spot }).one('azurerm_kubernetes_cluster_node_pool');
    expect(pool(false).upgrade_settings).toEqual({ max_surge: '10%' });
    expect(pool(true)).not.toHaveProperty('upgrade_settings');
    expect(pool(true).node_labels).toMatchObject({ 'kubernetes.azure.com/scalesetpriority': 'spot' });
    expect(pool(false).node_labels).not.toHaveProperty('kubernetes.azure.com/scalesetpriority');
  });

  test('pods on spot nodes of an existing cluster select and tolerate them', () => {
    const stack = azureStack();
    const kubernetesProvider = new KubernetesProvider(stack, 'kubernetes', { configPath: '~/.kube/config' });
    const cluster = AksCluster.existing({ id: CLUSTER_ID, oidcIssuerUrl: 'https://issuer/', kubernetesProvider });
    containers({ cluster, spot: true }, stack);
    const { node_selector, toleration } = pod(new Template(stack));
    const priority = 'kubernetes.azure.com/scalesetpriority';
    expect(node_selector).toEqual({ [priority]: 'spot' });
    expect(toleration).toEqual([{ key: priority, operator: 'Equal', value: 'spot', effect: 'NoSchedule' }]);
  });

  test('spot nodes with GPUs start at none, and only pods that ask for them go there', () => {
    const template = synthesized({
      gpuCount: 1,
      spot: true,
      cluster: AksCluster.managed({ instanceType: 'Standard_NC4as_T4_v3' }),
    });
    const pool = template.one('azurerm_kubernetes_cluster_node_pool');
    expect(pool).toMatchObject({ priority: 'Spot', eviction_policy: 'Delete', gpu_driver: 'Install', min_count: 0 });
    const tolerated = pod(template).toleration.map(({ key, value, effect }: Resource) => `${key}=${value}:${effect}`);
    expect(tolerated).toEqual(pool.node_taints);
    expect(pod(template).container[0].resources.limits['nvidia.com/gpu']).toBe('1');
    expect(template.one('kubernetes_daemon_set_v1').spec.template.spec.toleration).toHaveLength(2);
  });

  test('can be private, in a subnet on which its identity has the role for load balancers', () => {
    const stack = azureStack();
    const subnet = new Subnet(stack, 'subnet', {
      name: 's',
      resourceGroupName: 'rg',
      virtualNetworkName: 'v',
      addressPrefixes: ['10.0.0.0/24'],
    });
    containers({ cluster: AksCluster.managed({ isPrivate: true, subnet }) }, stack);
    const template = new Template(stack);
    expect(template.one('azurerm_kubernetes_cluster').private_cluster_enabled).toBe(true);
    expect(template.one('azurerm_role_assignment', /Network/)).toMatchObject({
      role_definition_name: 'Network Contributor',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own template
      scope: '${azurerm_subnet.subnet.id}',
    });
  });

  test('Terraform comes in with a token of Entra ID, after it has the role', () => {
    const template = synthesized();
    const provider = (template.json.provider!.kubernetes as unknown as Resource[])[0]!;
    expect(provider.exec[0]).toMatchObject({ command: 'kubelogin' });
    expect(provider).not.toHaveProperty('client_key');
    const [sleep] = Object.keys(template.all('time_sleep')).filter((key) => /DeployerKnown/.test(key));
    expect(template.one('kubernetes_deployment_v1').depends_on).toContain(`time_sleep.${sleep}`);
    expect(template.one('kubernetes_deployment_v1').provider).toBe(`kubernetes.${provider.alias}`);
  });

  test('a given cluster is used, and none is made', () => {
    const stack = azureStack();
    const kubernetesProvider = new KubernetesProvider(stack, 'kubernetes', { configPath: '~/.kube/config' });
    const cluster = AksCluster.existing({ id: CLUSTER_ID, oidcIssuerUrl: 'https://issuer/', kubernetesProvider });
    containers({ cluster }, stack);
    const template = new Template(stack);
    expect(template.all('azurerm_kubernetes_cluster')).toEqual({});
    expect(template.one('azurerm_federated_identity_credential').issuer).toBe('https://issuer/');
    expect(pod(template)).not.toHaveProperty('node_selector');
  });
});

describe('the pods', () => {
  test('act as the identity that reads the model, and as nothing else', () => {
    const template = synthesized();
    const account = template.one('kubernetes_service_account_v1');
    const federation = template.one('azurerm_federated_identity_credential');
    const namespace = template.one('kubernetes_namespace_v1').metadata.name;
    expect(federation.subject).toBe(`system:serviceaccount:${namespace}:${account.metadata.name}`);
    expect(account.metadata.annotations['azure.workload.identity/client-id']).toMatch(/Iris_Identity_.*client_id/);
    expect(template.one('kubernetes_deployment_v1').spec.template.metadata.labels['azure.workload.identity/use']).toBe(
      'true',
    );
    const roles = Object.values(template.all('azurerm_role_assignment')).filter(({ principal_id }) =>
      /Iris_Identity/.test(principal_id),
    );
    expect(roles.map(({ role_definition_name }) => role_definition_name)).toEqual(['Storage Blob Data Reader']);
  });

  test('fetch the model from its folder, and load no other digest', () => {
    const env = variables(pod(synthesized()));
    expect(env.MODELSHIP_MODEL!.endsWith(`models/models/iris/${MODEL.digest.slice(7)}/`)).toBe(true);
    expect(env.MODELSHIP_MODEL_DIGEST).toBe(MODEL.digest);
  });

  test('can have the model mounted, read-only and with their own identity', () => {
    const template = synthesized({ modelMount: true });
    const spec = pod(template);
    const mount = spec.container[0].volume_mount.find(({ name }: Resource) => name === 'model');
    expect(variables(spec).MODELSHIP_MODEL).toBe(`${mount.mount_path}/models/iris/${MODEL.digest.slice(7)}`);
    expect(mount.read_only).toBe(true);
    const claim = template.one('kubernetes_persistent_volume_claim_v1');
    expect(spec.volume.find(({ name }: Resource) => name === 'model').persistent_volume_claim.claim_name).toBe(
      claim.metadata.name,
    );
    const { csi } = template.one('kubernetes_persistent_volume_v1').spec[0].persistent_volume_source;
    // https://github.com/kubernetes-sigs/blob-csi-driver/blob/master/docs/workload-identity-static-pv-mount.md
    expect(csi.volume_attributes).toMatchObject({
      clientID: expect.stringMatching(/client_id/),
      mountWithWorkloadIdentityToken: 'true',
    });
    expect(csi.read_only).toBe(true);
  });

  test('are asked on the routes of the runtime', () => {
    const [container] = pod(synthesized()).container;
    expect(container.liveness_probe.http_get.path).toBe(LIVE_PATH);
    expect(container.readiness_probe.http_get.path).toBe(READY_PATH);
  });

  test('are pulled by the nodes, with a role on a registry of Azure', () => {
    const image = AzureImage.fromAcr({ registry: REGISTRY, repository: 'runtime', reference: '1' });
    expect(synthesized({ image }).one('azurerm_role_assignment', /ImagePull/).principal_id).toMatch(/kubelet_identity/);
  });
});

describe('who reaches the model', () => {
  test('private addresses by an internal load balancer', () => {
    const service = synthesized().one('kubernetes_service_v1');
    expect(service.spec.type).toBe('LoadBalancer');
    expect(service.metadata.annotations).toEqual({ 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' });
    expect(service.spec.load_balancer_source_ranges).toEqual(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']);
  });

  test('tokens for an application of Entra ID, which only those get who were let in', () => {
    const stack = azureStack();
    containers({}, stack).grantInvoke('App', PRINCIPAL_ID);
    const template = new Template(stack);
    const env = variables(pod(template));
    expect(env.MODELSHIP_JWT_ISSUER).toMatch(/^https:\/\/login\.microsoftonline\.com\/.*\/v2\.0$/);
    expect(env.MODELSHIP_JWT_AUDIENCE).toMatch(/azuread_application\..*\.client_id/);
    expect(template.one('azuread_service_principal').app_role_assignment_required).toBe(true);
    expect(template.one('azuread_app_role_assignment')).toMatchObject({ principal_object_id: PRINCIPAL_ID });
  });

  test('tokens of another issuer', () => {
    const access = Access.jwt({ issuer: 'https://issuer.example', audience: ['a', 'b'] });
    const template = synthesized({ access });
    expect(variables(pod(template))).toMatchObject({
      MODELSHIP_JWT_ISSUER: 'https://issuer.example',
      MODELSHIP_JWT_AUDIENCE: 'a,b',
    });
    expect(template.all('azuread_application')).toEqual({});
  });

  test('grantInvoke has nobody to let in without identities', () => {
    expect(() => containers({ access: Access.anonymous() }).grantInvoke('x', 'y')).toThrow(/Access\.cloudIdentity/);
  });
});

test('a canary runs beside the stable version and gets its share', () => {
  const template = synthesized({
    rollout: Rollout.canary({ percent: 10, bakeMinutes: 5 }),
    stableModel: STABLE,
    exposure: GATEWAY,
  });
  expect(variables(pod(template)).MODELSHIP_MODEL_DIGEST).toBe(STABLE.digest);
  expect(variables(pod(template, /CanaryDeployment/)).MODELSHIP_MODEL_DIGEST).toBe(MODEL.digest);
  const backends = template.one('kubernetes_manifest').manifest.spec.rules[0].backendRefs;
  expect(backends.map(({ weight }: Resource) => weight)).toEqual([90, 10]);
});

test('everything wrong is said at once, each with its prop', () => {
  expect(
    faultsOf(() =>
      containers({
        minReplicas: 0,
        access: Access.apiKey(),
        throttle: { requestsPerSecond: 1 },
        rollout: Rollout.linear({ stepPercent: 10, intervalMinutes: 1 }),
        timeoutSeconds: 0,
        gpuCount: 1,
        image: IMAGE,
        cluster: AksCluster.managed({ maxNodes: 1001, isPrivate: true, authorizedNetworks: ['1.2.3.4/32'] }),
      }),
    ),
  ).toEqual([
    'access UNSUPPORTED',
    'cluster.authorizedNetworks CONFLICT',
    'cluster.instanceType MISSING',
    'cluster.maxNodes OUT_OF_RANGE',
    'minReplicas OUT_OF_RANGE',
    'rollout UNSUPPORTED',
    'throttle UNSUPPORTED',
    'timeoutSeconds OUT_OF_RANGE',
  ]);
});

describe('what the pods count', () => {
  const template = synthesized({ timeoutSeconds: 20, alarmActions: [ACTION_GROUP_ID] });
  const { metadata, spec } = template.one('kubernetes_deployment_v1').spec.template;

  test('is gathered by the add-on of the cluster, from the port that the pods name', () => {
    const settings = template.one('kubernetes_config_map_v1');
    expect(settings.metadata).toEqual({ name: 'ama-metrics-settings-configmap', namespace: 'kube-system' });
    const { name } = template.one('kubernetes_namespace_v1').metadata;
    expect(settings.data['pod-annotation-based-scraping']).toBe(`podannotationnamespaceregex = "^${name}$"`);
    const port = spec.container[0].port.find((each: Resource) => each.name === 'metrics').container_port;
    expect(metadata.annotations).toMatchObject({ 'prometheus.io/scrape': 'true', 'prometheus.io/port': `${port}` });
    expect(variables(spec).MODELSHIP_METRICS_PORT).toBe(`${port}`);
    expect(template.one('azurerm_kubernetes_cluster').monitor_metrics).toEqual({});
    const rule = template.one('azurerm_monitor_data_collection_rule', /Metrics_Rule/);
    expect(rule.data_flow).toEqual([
      {
        streams: rule.data_sources.prometheus_forwarder[0].streams,
        destinations: [rule.destinations.monitor_account[0].name],
      },
    ]);
  });

  test('is reached by the add-on alone, and by it nothing else', () => {
    const policy = template.one('kubernetes_network_policy_v1', /MetricsPolicy/);
    expect(policy.spec.ingress).toEqual([
      {
        from: [{ namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
        ports: [{ port: '9090', protocol: 'TCP' }],
      },
    ]);
  });

  test('alerts when requests are slow or fail', () => {
    const { rule, cluster_name } = template.one('azurerm_monitor_alert_prometheus_rule_group');
    expect(cluster_name).toMatch(/azurerm_kubernetes_cluster\..*\.name/);
    const expressions = Object.fromEntries(rule.map((each: Resource) => [each.alert, each.expression]));
    expect(expressions).toEqual({
      Latency: 'histogram_quantile(0.99, sum by (le) (rate(modelship_request_seconds_bucket[5m]))) > 16',
      Failures:
        'sum(rate(modelship_requests_total{status=~"5.."}[5m])) / sum(rate(modelship_requests_total[5m])) > 0.05',
    });
    for (const { action } of rule) expect(action).toEqual([{ action_group_id: ACTION_GROUP_ID }]);
  });

  test('is for the owner to gather in a cluster that is given', () => {
    const stack = azureStack();
    const kubernetesProvider = new KubernetesProvider(stack, 'k8s', {});
    const given = new Template(
      TerraformStack.of(
        containers(
          {
            cluster: AksCluster.existing({
              id: CLUSTER_ID,
              oidcIssuerUrl: 'https://issuer.example/',
              kubernetesProvider,
            }),
          },
          stack,
        ),
      ),
    );
    expect(given.all('azurerm_monitor_workspace')).toEqual({});
    expect(given.all('kubernetes_config_map_v1')).toEqual({});
  });
});

test.each<[string, Partial<ContainerModelProps>, string[]]>([
  [
    'a canary alone',
    { rollout: Rollout.canary({ percent: 1, bakeMinutes: 1 }), exposure: GATEWAY },
    ['stableModel MISSING'],
  ],
  ['a stable version without a canary', { stableModel: STABLE }, ['stableModel CONFLICT']],
  [
    'a canary without a Gateway',
    { rollout: Rollout.canary({ percent: 1, bakeMinutes: 1 }), stableModel: STABLE },
    ['exposure NO_GATEWAY'],
  ],
  [
    'a cluster that is none',
    {
      cluster: AksCluster.existing({
        id: 'aks',
        oidcIssuerUrl: 'https://issuer.example/',
        kubernetesProvider: {} as never,
      }),
    },
    ['cluster.id BAD_TEXT'],
  ],
  [
    'a subnet that is none',
    { cluster: AksCluster.managed({ subnet: { id: 'subnet' } }) },
    ['cluster.subnet.id BAD_TEXT'],
  ],
  [
    'a cluster that nobody reaches',
    { cluster: AksCluster.existing({ id: CLUSTER_ID, oidcIssuerUrl: 'https://issuer.example/' } as never) },
    ['cluster.kubernetesProvider MISSING'],
  ],
])('%s is refused', (_, props, faults) => {
  expect(faultsOf(() => containers(props))).toEqual(faults);
});

describe('scaling by the requests in a pod', () => {
  /** Objects of the Helm chart that scales the workload, with the values of the release in place. */
  function objects(props: Partial<ContainerModelProps>) {
    const stack = azureStack();
    containers({ targetConcurrency: 4, ...props }, stack);
    const output = Testing.fullSynth(stack);
    const template = JSON.parse(readFileSync(join(output, 'stacks', 'stack', 'cdk.tf.json'), 'utf8'));
    const release = Object.values<Resource>(template.resource.helm_release).find(({ name }) => /scaling/.test(name))!;
    const folder = join(output, 'stacks', 'stack', release.chart, 'templates');
    const files = readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
    return { template, release, files };
  }

  test('is done by KEDA, in the place of the autoscaler on CPU', () => {
    const { template, release, files } = objects({ minReplicas: 2, maxReplicas: 6, gpuCount: 1, cluster: GPU_CLUSTER });
    const [authentication, scaled] = files;
    expect(scaled).toMatchObject({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      spec: {
        scaleTargetRef: { name: Object.values<Resource>(template.resource.kubernetes_deployment_v1)[0]!.metadata.name },
        minReplicaCount: 2,
        maxReplicaCount: 6,
        triggers: [
          { type: 'cpu', metadata: { value: '70' } },
          {
            type: 'prometheus',
            metadata: { query: 'sum(modelship_queue_depth)', threshold: '4', serverAddress: '{{ .Values.server }}' },
            authenticationRef: { name: authentication.metadata.name },
          },
        ],
      },
    });
    expect(authentication.spec.podIdentity.provider).toBe('azure-workload');
    expect(release.values[0]).toMatch(/jsonencode.*query_endpoint.*client_id/);
    // Two autoscalers of one workload would overrule each other.
    expect(template.resource).not.toHaveProperty('kubernetes_horizontal_pod_autoscaler_v2');
  });

  test('reads the metrics as an identity that KEDA has, and that may do nothing else', () => {
    const { template, release } = objects({});
    const found = (type: string, id: RegExp) =>
      Object.entries<Resource>(template.resource[type]).find(([key]) => id.test(key))![1];
    expect(found('azurerm_federated_identity_credential', /Scaling/)).toMatchObject({
      subject: 'system:serviceaccount:kube-system:keda-operator',
      audience: ['api://AzureADTokenExchange'],
    });
    expect(found('azurerm_role_assignment', /Scaling/)).toMatchObject({
      role_definition_name: 'Monitoring Data Reader',
      scope: expect.stringContaining('azurerm_monitor_workspace'),
    });
    expect(release.depends_on.join()).toMatch(/Deployment.*Federation.*RoleKnown/);
  });

  test('uses the CPU alone by default', () => {
    const template = synthesized();
    expect(template.one('kubernetes_horizontal_pod_autoscaler_v2').spec.metric).toHaveLength(1);
    expect(template.all('helm_release')).toEqual({});
  });

  test.each<[string, Partial<ContainerModelProps>, RegExp]>([
    ['zero', { targetConcurrency: 0 }, /targetConcurrency: got 0; an autoscaler allows/],
    [
      'an existing cluster',
      { targetConcurrency: 4, cluster: existingCluster() },
      /targetConcurrency: .*an existing cluster/,
    ],
    [
      'another server',
      { targetConcurrency: 4, server: ModelServer.triton(), access: Access.anonymous(), image: undefined },
      /targetConcurrency: only Modelship's runtime reports/,
    ],
  ])('refuses %s', (_, props, message) => {
    expect(() => containers(props)).toThrow(message);
  });
});

function existingCluster() {
  return AksCluster.existing({
    id: CLUSTER_ID,
    oidcIssuerUrl: 'https://issuer.example.com/',
    kubernetesProvider: new KubernetesProvider(azureStack(), 'kubernetes', {}),
  });
}

describe('the maintenance window', () => {
  const cluster = (maintenanceWindow: object) => AksCluster.managed({ maintenanceWindow: maintenanceWindow as never });

  test('holds for upgrades of Kubernetes and of the nodes', () => {
    const window = { day: 'Sunday', startTime: '02:30', hours: 6 };
    const made = synthesized({ cluster: cluster(window) }).one('azurerm_kubernetes_cluster');
    const weekly = { frequency: 'Weekly', interval: 1, day_of_week: 'Sunday', start_time: '02:30', duration: 6 };
    expect(made.maintenance_window_auto_upgrade).toMatchObject(weekly);
    expect(made.maintenance_window_node_os).toMatchObject(weekly);
    expect(synthesized().one('azurerm_kubernetes_cluster')).not.toHaveProperty('maintenance_window_node_os');
  });

  test.each<[string, object, RegExp]>([
    ['another day', { day: 'sun', startTime: '02:00', hours: 4 }, /maintenanceWindow\.day: got "sun".*Sunday/],
    ['another time', { day: 'Sunday', startTime: '2am', hours: 4 }, /maintenanceWindow\.startTime: got "2am".*HH:MM/],
    ['too few hours', { day: 'Sunday', startTime: '02:00', hours: 3 }, /maintenanceWindow\.hours: got 3; AKS allows/],
  ])('refuses %s', (_, window, message) => {
    expect(() => containers({ cluster: cluster(window) })).toThrow(message);
  });
});
