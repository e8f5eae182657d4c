import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ref, Testing, Token } from 'cdktf';
import { describe, expect, test } from 'vitest';
import {
  ContainerHost,
  ContainerModel,
  type ContainerModelProps,
  Exposure,
  GkeCluster,
  Gpu,
  WebAcl,
} from '../../../lib/gcp/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, ImageSource, ModelServer, Rollout } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import { manifest, restrictedFaults } from '../kubernetes/support.js';
import { googleStack, KEY, minimal, model, only, resources, type Template, template } from './support.js';

function synthesize(props: Partial<ContainerModelProps> = {}): Template {
  const stack = googleStack();
  new ContainerModel(stack, 'Iris', { ...minimal, ...props });
  return template(stack);
}

function gkeStack() {
  const stack = googleStack();
  new ContainerModel(stack, 'Iris', { ...minimal, timeoutSeconds: 20 });
  return stack;
}

const existing = GkeCluster.existing({ name: 'shared', location: 'europe-west4' });
const gateway = Exposure.gateway({
  gatewayName: 'gate',
  host: 'iris.example.com',
  sourceRanges: ['130.211.0.0/22', '35.191.0.0/16'],
});
const jwt = Access.jwt({ issuer: 'https://issuer.example.com', audience: ['iris'] });
const older = Model.fromDirectory(writePackage({ version: '0' }));
const pod = (from: Template) =>
  manifest('Deployment', 'apps/v1', only(from, 'kubernetes_deployment_v1')).spec.template.spec;

describe('the cluster', () => {
  test('is Autopilot with private nodes, an identity of their own, and can be destroyed', () => {
    const from = synthesize();
    const cluster = only(from, 'google_container_cluster');
    expect(cluster).toMatchObject({
      enable_autopilot: true,
      deletion_protection: false,
      private_cluster_config: { enable_private_nodes: true },
    });
    expect(cluster.cluster_autoscaling.auto_provisioning_defaults.service_account).toMatch(
      /google_service_account\..*NodeServiceAccount/,
    );
    const roles = resources(from, 'google_project_iam_member').map((member) => member.role);
    expect(roles.sort()).toEqual(['roles/artifactregistry.reader', 'roles/container.defaultNodeServiceAccount']);
  });

  test('is Standard with a pool that has the GPU, on spot capacity, where asked', () => {
    const from = synthesize({
      cluster: GkeCluster.standard({ network: 'net', authorizedNetworks: ['203.0.113.0/24'], maxNodes: 5 }),
      gpu: Gpu.nvidiaL4(),
      spot: true,
    });
    expect(only(from, 'google_container_cluster')).toMatchObject({
      network: 'net',
      remove_default_node_pool: true,
      datapath_provider: 'ADVANCED_DATAPATH',
      private_cluster_config: { enable_private_nodes: true },
      addons_config: { gcs_fuse_csi_driver_config: { enabled: true } },
      monitoring_config: { managed_prometheus: { enabled: true } },
      master_authorized_networks_config: { cidr_blocks: [{ cidr_block: '203.0.113.0/24' }] },
    });
    const pools = Object.entries<Template>(from.resource.google_container_node_pool);
    const [system] = pools.find(([id]) => id.includes('SystemNodePool'))!;
    const [, pool] = pools.find(([, { node_config: node }]) => node.guest_accelerator)!;
    expect(pool.depends_on).toEqual([`google_container_node_pool.${system}`]);
    expect(pool).toMatchObject({
      autoscaling: { min_node_count: 0, max_node_count: 5 },
      node_config: {
        machine_type: 'g2-standard-8',
        spot: true,
        workload_metadata_config: { mode: 'GKE_METADATA' },
        guest_accelerator: [{ type: 'nvidia-l4', count: 1 }],
      },
    });
    expect(pod(from).nodeSelector).toEqual({
      'cloud.google.com/gke-accelerator': 'nvidia-l4',
      'cloud.google.com/gke-spot': 'true',
    });
    expect(pod(from).containers[0].resources.limits['nvidia.com/gpu']).toBe('1');
  });

  test('is reached with the token of the Google provider', () => {
    const from = synthesize();
    const token = expect.stringMatching(/^\$\{data\.google_client_config\..*\.access_token\}$/);
    expect(from.provider.kubernetes[0]).toMatchObject({ token });
    expect(from.provider.helm[0].kubernetes).toMatchObject({ token });
  });

  test.each([
    ['a new cluster', GkeCluster.autopilot({ authPlugin: true })],
    ['an existing cluster', GkeCluster.existing({ name: 'shared', location: 'europe-west4', authPlugin: true })],
  ])('%s is reached with tokens that are replaced when they expire', (_, cluster) => {
    const from = synthesize({ cluster });
    const exec = { command: 'gke-gcloud-auth-plugin', args: ['--use_application_default_credentials'] };
    const v1beta1 = 'client.authentication.k8s.io/v1beta1';
    expect(from.provider.kubernetes[0].exec).toEqual([{ api_version: v1beta1, ...exec }]);
    expect(from.provider.helm[0].kubernetes.exec).toEqual({ api_version: v1beta1, ...exec });
    expect(JSON.stringify(from)).not.toContain('access_token');
  });

  test('has its GPUs in the zones that were named, and a node for the pods of Kubernetes itself anywhere', () => {
    const cluster = GkeCluster.standard({ zones: ['europe-west4-b', 'europe-west4-c'] });
    const from = synthesize({ cluster, gpu: Gpu.nvidiaT4() });
    const [system, gpus] = ['e2-standard-2', 'n1-standard-8'].map((machine) =>
      resources(from, 'google_container_node_pool').find(({ node_config: node }) => node.machine_type === machine),
    );
    expect(gpus.node_locations).toEqual(['europe-west4-b', 'europe-west4-c']);
    expect(system.node_locations).toBeUndefined();
    expect(system.autoscaling.total_min_node_count).toBe(1);
    expect(system.node_config.guest_accelerator).toBeUndefined();
    expect(resources(synthesize({ cluster }), 'google_container_node_pool')).toHaveLength(1);
  });

  test.each<[string, Partial<ContainerModelProps>, boolean]>([
    ['an image of Google', {}, false],
    ['an image that is built', { image: undefined }, false],
    ['an image outside Google', { image: ImageSource.fromRegistry('ghcr.io/a/runtime:1') }, true],
    ['tokens of an issuer outside Google', { access: jwt }, true],
    [
      'tokens of Google',
      { access: Access.jwt({ issuer: 'https://securetoken.google.com/project', audience: ['project'] }) },
      false,
    ],
    ['an issuer outside Google in a cluster that exists', { access: jwt, cluster: existing }, false],
    ['a network that has a way out', { access: jwt, cluster: GkeCluster.autopilot({ cloudNat: false }) }, false],
    ['a way out that is wanted', { cluster: GkeCluster.autopilot({ cloudNat: true }) }, true],
  ])('with %s: has a Cloud NAT only if it needs one', (_, props, expected) => {
    const from = synthesize(props);
    expect(resources(from, 'google_compute_router_nat')).toHaveLength(expected ? 1 : 0);
    if (!expected) return;
    const [nat] = Object.keys(from.resource.google_compute_router_nat);
    expect(only(from, 'kubernetes_deployment_v1').depends_on).toContain(`google_compute_router_nat.${nat}`);
  });

  test('that is there is found and not made', () => {
    const from = synthesize({ cluster: existing });
    expect(resources(from, 'google_container_cluster')).toEqual([]);
    expect(resources(from, 'google_project_iam_member')).toEqual([]);
    expect(Object.values(from.data.google_container_cluster)).toEqual([{ name: 'shared', location: 'europe-west4' }]);
  });

  test('is spoken to by a provider of its own, and each of two by its own', () => {
    const stack = googleStack();
    new ContainerModel(stack, 'One', minimal);
    new ContainerModel(stack, 'Two', minimal);
    const from = template(stack);
    const aliases = from.provider.kubernetes.map((provider: Template) => provider.alias);
    expect(new Set(aliases).size).toBe(2);
    for (const deployment of resources(from, 'kubernetes_deployment_v1')) {
      expect(aliases.map((alias: string) => `kubernetes.${alias}`)).toContain(deployment.provider);
    }
  });

  test('encrypts secrets and disks with the customer key', () => {
    const from = synthesize({ encryptionKey: KEY });
    const cluster = only(from, 'google_container_cluster');
    expect(cluster.database_encryption).toEqual({ state: 'ENCRYPTED', key_name: KEY });
    expect(cluster.cluster_autoscaling.auto_provisioning_defaults.boot_disk_kms_key).toBe(KEY);
    const members = resources(from, 'google_kms_crypto_key_iam_member').map(({ member }) => member);
    expect(members.some((member) => member.includes('@container-engine-robot.'))).toBe(true);
    expect(members.some((member) => member.includes('@compute-system.'))).toBe(true);
  });
});

describe('the pods', () => {
  test('read the package by Cloud Storage FUSE with an identity that may read it and nothing else', () => {
    const from = synthesize();
    expect(pod(from).volumes).toContainEqual({
      name: 'model',
      csi: {
        driver: 'gcsfuse.csi.storage.gke.io',
        readOnly: true,
        volumeAttributes: expect.objectContaining({ bucketName: expect.stringContaining('google_storage_bucket.') }),
      },
    });
    expect(pod(from).containers[0].env).toContainEqual({
      name: 'MODELSHIP_MODEL',
      value: `/mnt/models/models/iris/${model.digest.slice(7)}`,
    });
    expect(only(from, 'google_storage_bucket_iam_member').role).toBe('roles/storage.objectViewer');
    const identity = only(from, 'google_service_account_iam_member');
    const { name } = only(from, 'kubernetes_service_account_v1').metadata;
    expect(identity.role).toBe('roles/iam.workloadIdentityUser');
    expect(identity.member).toContain(`.svc.id.goog[${name}/${name}]`);
  });

  test('wait for files, rights and the cluster', () => {
    const { depends_on: dependencies } = only(synthesize(), 'kubernetes_deployment_v1');
    for (const type of [
      'google_container_cluster',
      'google_storage_bucket_object',
      'google_storage_bucket_iam_member',
      'google_service_account_iam_member',
    ]) {
      expect(dependencies.some((name: string) => name.startsWith(`${type}.`))).toBe(true);
    }
  });

  test('are restricted, and reach the metadata server for their identity', () => {
    const from = synthesize();
    expect(restrictedFaults(pod(from))).toEqual([]);
    const policy = resources(from, 'kubernetes_network_policy_v1').find(({ spec }) => spec.egress);
    expect(JSON.stringify(policy.spec.egress)).toContain('169.254.169.252/30');
  });

  test('are reached over an internal load balancer', () => {
    const from = synthesize({ exposure: Exposure.loadBalancer({ sourceRanges: ['10.0.0.0/8'] }) });
    expect(only(from, 'kubernetes_service_v1').metadata.annotations).toEqual({
      'networking.gke.io/load-balancer-type': 'Internal',
    });
  });

  test('are called by the namespaces that were let in', () => {
    const stack = googleStack();
    new ContainerModel(stack, 'Iris', minimal).grantInvoke('web');
    const callers = resources(template(stack), 'kubernetes_network_policy_v1').filter(({ metadata }) =>
      metadata.name.endsWith('-from-web'),
    );
    expect(callers).toHaveLength(1);
  });

  test('of two versions share the traffic behind a Gateway', () => {
    const from = synthesize({
      cluster: existing,
      exposure: gateway,
      access: jwt,
      rollout: Rollout.canary({ percent: 20, bakeMinutes: 10 }),
      stableModel: older,
    });
    const served = Object.fromEntries(
      resources(from, 'kubernetes_deployment_v1').map((deployment) => {
        const env = deployment.spec.template.spec.container[0].env as Template[];
        return [
          deployment.metadata.name.replace(/^iris-[0-9a-f]{8}/, ''),
          env.find((item) => item.name === 'MODELSHIP_MODEL_DIGEST').value,
        ];
      }),
    );
    expect(served).toEqual({ '': older.digest, '-canary': model.digest });
  });
});

test('KServe gets an InferenceService and no workload', () => {
  const from = synthesize({ cluster: existing, host: ContainerHost.kserve(), namespace: 'models' });
  expect(only(from, 'kubernetes_manifest').manifest.kind).toBe('InferenceService');
  expect(resources(from, 'kubernetes_deployment_v1')).toEqual([]);
  const stack = googleStack();
  const endpoint = new ContainerModel(stack, 'Iris', {
    ...minimal,
    cluster: existing,
    host: ContainerHost.kserve(),
    namespace: 'models',
  });
  expect(() => endpoint.grantInvoke('web')).toThrow(/KServe controls who may call/);
});

describe('a Gateway of GKE', () => {
  const behind = { cluster: existing, exposure: gateway, access: jwt };
  const policies = (props: Partial<ContainerModelProps>) =>
    resources(synthesize(props), 'kubernetes_manifest')
      .map((made) => made.manifest)
      .filter(({ kind }) => kind === 'HealthCheckPolicy');

  test('asks the server on its own path, in both versions of a canary', () => {
    const rollout = Rollout.canary({ percent: 20, bakeMinutes: 10 });
    const made = policies({ ...behind, rollout, stableModel: older });
    expect(made.map(({ spec }) => spec.default.config.httpHealthCheck.requestPath)).toEqual([
      '/v2/health/ready',
      '/v2/health/ready',
    ]);
    const targets = made.map(({ spec }) => spec.targetRef.name);
    expect(targets.every((name) => /^\$\{kubernetes_service_v1\./.test(name))).toBe(true);
    expect(new Set(targets).size).toBe(2);
    const triton = ModelServer.triton();
    const other = { ...behind, access: Access.anonymous(), server: triton, image: undefined };
    expect(policies(other)[0].spec.default.config.httpHealthCheck.requestPath).toBe(triton.spec.readyPath(model));
  });

  test('has the web firewall at each version of the model', () => {
    const rollout = Rollout.canary({ percent: 20, bakeMinutes: 10 });
    const made = synthesize({
      ...behind,
      rollout,
      stableModel: older,
      webAcl: WebAcl.managed({ requestsPerFiveMinutes: 50 }),
    });
    const [id, policy] = Object.entries<Template>(made.resource.google_compute_security_policy)[0]!;
    expect(policy.rule.map((rule: Template) => rule.action)).toContain('throttle');
    const attached = resources(made, 'kubernetes_manifest')
      .map(({ manifest }) => manifest)
      .filter(({ kind }) => kind === 'GCPBackendPolicy');
    expect(attached).toHaveLength(2);
    for (const { apiVersion, spec } of attached) {
      expect(apiVersion).toBe('networking.gke.io/v1');
      expect(spec.default.securityPolicy).toBe(`\${google_compute_security_policy.${id}.name}`);
    }
    const services = Object.keys(made.resource.kubernetes_service_v1);
    const targets = attached.map(({ spec }) => spec.targetRef);
    expect(targets).toEqual(
      services.map((service) => ({
        group: '',
        kind: 'Service',
        name: `\${kubernetes_service_v1.${service}.metadata[0].name}`,
      })),
    );
  });

  test.each([
    ['models', 'models'],
    ['projects/p/global/securityPolicies/models', 'models'],
    ['https://www.googleapis.com/compute/v1/projects/p/global/securityPolicies/models', 'models'],
    [Token.asString(ref('var.policy')), `\${element(reverse(split("/", var.policy)), 0)}`],
  ])('refers to the existing security policy %s by its name', (id, name) => {
    const made = synthesize({ ...behind, webAcl: WebAcl.fromPolicyId(id) });
    expect(made.resource).not.toHaveProperty('google_compute_security_policy');
    expect(JSON.stringify(made.resource.kubernetes_manifest)).toContain(JSON.stringify(name));
  });

  test('is needed for a web firewall', () => {
    expect(() => synthesize({ webAcl: WebAcl.managed() })).toThrow(/webAcl: only the load balancer of a Gateway/);
    expect(() => synthesize({ ...behind, webAcl: WebAcl.managed({ requestsPerFiveMinutes: 0 }) })).toThrow(
      /webAcl.requestsPerFiveMinutes: got 0; Cloud Armor allows/,
    );
  });

  test('has no policy where another controller runs, or no Gateway is', () => {
    expect(policies({ ...behind, healthCheckPolicy: false })).toEqual([]);
    expect(policies({})).toEqual([]);
    expect(() => synthesize({ healthCheckPolicy: true })).toThrow(/healthCheckPolicy: only Gateways of GKE/);
  });
});

test('telemetry watches restarts, CPU and memory of this workload', () => {
  const policies = resources(synthesize(), 'google_monitoring_alert_policy').filter(
    ({ conditions }) => conditions[0].condition_threshold,
  );
  expect(policies).toHaveLength(3);
  for (const { conditions } of policies) {
    expect(conditions[0].condition_threshold.filter).toContain('resource.type="k8s_container"');
  }
});

describe('latency', () => {
  const from = synthesize({ timeoutSeconds: 20 });

  test('alerts when the 99th percentile of the latency is above 80 % of the timeout', () => {
    const [policy] = resources(from, 'google_monitoring_alert_policy').filter(({ display_name }) =>
      display_name.includes('Latency'),
    );
    const { query, duration } = policy.conditions[0].condition_prometheus_query_language;
    expect(query).toMatch(/^histogram_quantile\(0\.99, sum by \(le\) \(rate\(modelship_request_seconds_bucket\{/);
    expect(query).toMatch(
      /cluster="\$\{google_container_cluster\..*",namespace="iris-[0-9a-f]{8}"\}\[5m\]\)\)\) > 16$/,
    );
    expect(duration).toBe('180s');
    expect(only(from, 'google_monitoring_dashboard').dashboard_json).toContain('prometheusQuery');
  });

  test('is gathered from the port that the pods name, by who was let in to it alone', () => {
    const { chart, namespace } = only(from, 'helm_release');
    const { spec } = JSON.parse(
      readFileSync(
        join(Testing.fullSynth(gkeStack()), 'stacks', 'stack', chart, 'templates', 'pod-monitoring.yaml'),
        'utf8',
      ),
    );
    const [container] = pod(from).containers;
    const port = container.ports.find(({ name }: Template) => name === spec.endpoints[0].port);
    expect(container.env).toContainEqual({ name: 'MODELSHIP_METRICS_PORT', value: `${port.containerPort}` });
    expect(spec.endpoints[0].path).toBe('/metrics');
    const { selector, template: labelled } = only(from, 'kubernetes_deployment_v1').spec;
    expect({ ...selector.match_labels, ...labelled.metadata.labels }).toMatchObject(spec.selector.matchLabels);
    expect(namespace).toMatch(/kubernetes_namespace_v1/);
    const policy = resources(from, 'kubernetes_network_policy_v1').find(({ metadata }) =>
      metadata.name.endsWith('-metrics'),
    );
    expect(policy.spec.ingress[0].ports).toEqual([{ port: `${port.containerPort}`, protocol: 'TCP' }]);
    expect(JSON.stringify(policy.spec.ingress[0].from)).toMatch(/gmp-system.*gke-gmp-system/);
  });

  test('is for KServe to tell where KServe serves', () => {
    const served = synthesize({ cluster: existing, host: ContainerHost.kserve(), namespace: 'models' });
    expect(resources(served, 'helm_release')).toEqual([]);
    expect(JSON.stringify(served)).not.toContain('modelship_request_seconds');
  });
});

describe('refused, by name and with what is allowed', () => {
  const canary = Rollout.canary({ percent: 20, bakeMinutes: 10 });
  test.each<[string, Partial<ContainerModelProps>, RegExp]>([
    ['zero replicas', { minReplicas: 0 }, /minReplicas: got 0.*ServerlessModel/],
    [
      'zero replicas under KServe',
      { minReplicas: 0, host: ContainerHost.kserve(), cluster: existing, namespace: 'a' },
      /minReplicas: got 0.*ServerlessModel/,
    ],
    [
      'a zone of another region',
      { cluster: GkeCluster.standard({ zones: ['us-central1-a'] }) },
      /cluster.zones: got "us-central1-a".*europe-west4-b/,
    ],
    ['no zone at all', { cluster: GkeCluster.standard({ zones: [] }) }, /cluster.zones: got none/],
    ['API keys', { access: Access.apiKey() }, /access: got Access.apiKey\(\); GKE supports/],
    ['a throttle', { throttle: { requestsPerSecond: 1 } }, /throttle: GKE does not throttle callers/],
    [
      'an Ingress that asks nobody',
      { exposure: Exposure.ingress({ className: 'gce', host: 'a.b', sourceRanges: [] }) },
      /access: an Ingress or a Gateway does not authenticate/,
    ],
    [
      'a Gateway of a cluster to be',
      { exposure: gateway, access: jwt },
      /exposure: Terraform must see the resource definitions/,
    ],
    ['KServe in a cluster to be', { host: ContainerHost.kserve(), namespace: 'a' }, /host: Terraform must see/],
    [
      'KServe nowhere',
      { host: ContainerHost.kserve(), cluster: existing },
      /namespace: KServe serves only in namespaces/,
    ],
    ['a canary without a Gateway', { rollout: canary, stableModel: older }, /exposure: only a Gateway splits/],
    ['a canary beside nothing', { rollout: canary }, /stableModel: a canary shares/],
    ['another version without a canary', { stableModel: older }, /stableModel: only a canary/],
    [
      'a linear rollout',
      { rollout: Rollout.linear({ stepPercent: 1, intervalMinutes: 1 }) },
      /rollout: got Rollout.linear\(\); GKE supports/,
    ],
    ['a tenth of a CPU', { cpu: 0.1 }, /cpu: got 0.1.*0.25 to 222/],
    ['a misspelt prop', { node: 1 } as Partial<ContainerModelProps>, /node: no such prop/],
  ])('%s', (_, props, message) => {
    expect(() => synthesize(props)).toThrow(message);
  });
});

describe('secrets of GKE', () => {
  test('are keys of Secrets in the namespace', () => {
    const [container] = pod(synthesize({ secrets: { HF_TOKEN: { secretName: 'hub', key: 'token' } } })).containers;
    const valueFrom = { secretKeyRef: { name: 'hub', key: 'token' } };
    expect(container.env).toContainEqual({ name: 'HF_TOKEN', valueFrom });
  });

  test.each<[string, object, RegExp]>([
    ['a value', { HF_TOKEN: 'hf_abc' }, /secrets\.HF_TOKEN: got .*pass an object such as \{ secretName, key \}/],
    ['no key', { HF_TOKEN: { secretName: 'hub' } }, /secrets\.HF_TOKEN\.key: got nothing/],
    ['a variable of the construct', { MODELSHIP_MODEL: { secretName: 'a', key: 'b' } }, /secrets\.MODELSHIP_MODEL/],
  ])('refuse %s', (_, secrets, message) => {
    expect(() => synthesize({ secrets } as never)).toThrow(message);
  });
});

describe('scaling by the requests in a pod of GKE', () => {
  const metrics = (props: Partial<ContainerModelProps> = {}) =>
    only(synthesize(props), 'kubernetes_horizontal_pod_autoscaler_v2').spec.metric;

  test('adds the metric that Managed Service for Prometheus stores to the CPU', () => {
    expect(metrics()).toHaveLength(1);
    expect(metrics({ targetConcurrency: 4, gpu: Gpu.nvidiaL4(), image: ImageSource.fromRegistry('gpu') })[1]).toEqual({
      type: 'Pods',
      pods: {
        metric: { name: 'prometheus.googleapis.com|modelship_queue_depth|gauge' },
        target: { type: 'AverageValue', average_value: '4' },
      },
    });
  });

  test.each<[string, Partial<ContainerModelProps>, RegExp]>([
    ['zero', {}, /targetConcurrency: got 0; an autoscaler allows/],
    [
      'KServe',
      { cluster: existing, namespace: 'a', host: ContainerHost.kserve() },
      /targetConcurrency: KServe controls/,
    ],
    ['another server', { server: ModelServer.triton() }, /targetConcurrency: only Modelship's runtime reports/],
  ])('refuses %s', (name, props, message) => {
    const targetConcurrency = name === 'zero' ? 0 : 4;
    expect(() => synthesize({ ...props, targetConcurrency })).toThrow(message);
  });
});

describe('the maintenance window of GKE', () => {
  const policy = (cluster: GkeCluster) => only(synthesize({ cluster }), 'google_container_cluster').maintenance_policy;

  test('recurs on the day, and may end on the next', () => {
    const maintenanceWindow = { day: 'Saturday', startTime: '20:30', hours: 12 };
    const window = {
      start_time: '2026-01-10T20:30:00Z',
      end_time: '2026-01-11T08:30:00Z',
      recurrence: 'FREQ=WEEKLY;BYDAY=SA',
    };
    expect(policy(GkeCluster.autopilot({ maintenanceWindow }))).toEqual({ recurring_window: window });
    expect(policy(GkeCluster.standard({ maintenanceWindow }))).toEqual({ recurring_window: window });
    expect(policy(GkeCluster.autopilot())).toBeUndefined();
  });

  test('is refused if it is shorter than GKE allows for weekly ones', () => {
    const cluster = GkeCluster.autopilot({ maintenanceWindow: { day: 'Sunday', startTime: '02:00', hours: 4 } });
    expect(() => synthesize({ cluster })).toThrow(/cluster\.maintenanceWindow\.hours: got 4; GKE allows .* 12 to 24/);
  });
});
