import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute';
import { TerraformOutput, TerraformVariable, Testing } from 'cdktf';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import { Ingress } from 'kubernetes-models/networking.k8s.io/v1/Ingress';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Namespace } from 'kubernetes-models/v1/Namespace';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { describe, expect, test } from 'vitest';
import { Exposure } from '../../../lib/kubernetes/exposure.js';
import { InferenceService } from '../../../lib/kubernetes/inference-service.js';
import { ModelVolume } from '../../../lib/kubernetes/model-volume.js';
import { ModelWorkload } from '../../../lib/kubernetes/model-workload.js';
import type { ModelWorkloadProps } from '../../../lib/kubernetes/model-workload-props.js';
import { type Json, kubernetesStack, manifest, minimal, restrictedFaults } from './support.js';

function synthesize(props: Partial<ModelWorkloadProps> = {}): Json {
  const stack = kubernetesStack();
  new ModelWorkload(stack, 'Workload', { ...minimal, ...props });
  return JSON.parse(Testing.synth(stack, true)).resource;
}

const values = (from: Json, type: string): Json[] => Object.values(from[`kubernetes_${type}`] ?? {});
const pods = (from: Json): Json[] =>
  values(from, 'deployment_v1').map((item) => manifest('Deployment', 'apps/v1', item).spec.template.spec);

const gateway = Exposure.gateway({
  gatewayName: 'gate',
  gatewayNamespace: 'infra',
  host: 'a.example.com',
  sourceRanges: ['10.0.0.0/8'],
});
const ingress = Exposure.ingress({
  className: 'nginx',
  host: 'a.example.com',
  tlsSecretName: 'tls',
  sourceRanges: ['10.0.0.0/8'],
});
const balancer = Exposure.loadBalancer({ sourceRanges: ['10.0.0.0/8'], annotations: { internal: 'true' } });
const canary = {
  image: 'registry.example.com/runtime:2',
  environment: { MODELSHIP_MODEL: 's3://models/iris2/' },
  percent: 10,
};

const everything: Partial<ModelWorkloadProps> = {
  modelVolume: ModelVolume.csi({ driver: 'gcsfuse.csi.storage.gke.io', attributes: { bucketName: 'models' } }),
  cpu: 2,
  memoryMib: 4096,
  gpuCount: 1,
  secrets: { HF_TOKEN: { secretName: 'hub', key: 'token' } },
  nodeSelector: { 'cloud.google.com/gke-spot': 'true' },
  tolerations: [{ key: 'gpu' }, { key: 'spot', value: 'true', effect: 'NoSchedule' }],
  minReplicas: 2,
  maxReplicas: 9,
  targetCpuPercent: 50,
  scalingMetric: { name: 'modelship_queue_depth', targetAverage: 8 },
  serviceAccountAnnotations: { 'iam.gke.io/gcp-service-account': 'a@b.iam.gserviceaccount.com' },
  podLabels: { 'azure.workload.identity/use': 'true' },
  podAnnotations: { 'gke-gcsfuse/volumes': 'true' },
  callerNamespaces: ['web', 'batch'],
  egressRanges: ['169.254.169.254/32'],
  metricsNamespaces: ['monitoring'],
  traceNamespaces: ['tracing'],
};

/** Every kind of object, its schema and the type of the resource that makes it. */
const KINDS = [
  ['Namespace', 'v1', 'namespace_v1', Namespace],
  ['ServiceAccount', 'v1', 'service_account_v1', ServiceAccount],
  ['Deployment', 'apps/v1', 'deployment_v1', Deployment],
  ['Service', 'v1', 'service_v1', Service],
  ['HorizontalPodAutoscaler', 'autoscaling/v2', 'horizontal_pod_autoscaler_v2', HorizontalPodAutoscaler],
  ['PodDisruptionBudget', 'policy/v1', 'pod_disruption_budget_v1', PodDisruptionBudget],
  ['NetworkPolicy', 'networking.k8s.io/v1', 'network_policy_v1', NetworkPolicy],
  ['Ingress', 'networking.k8s.io/v1', 'ingress_v1', Ingress],
] as const;

describe.each<[string, Partial<ModelWorkloadProps>]>([
  ['with nothing said', {}],
  ['with everything said', everything],
  ['behind a load balancer', { exposure: balancer }],
  ['behind an Ingress', { exposure: ingress }],
  ['behind a Gateway, in a canary', { exposure: gateway, canary }],
])('a workload %s', (_, props) => {
  const from = synthesize(props);

  test.each(KINDS)('is valid by the published schema: %s', (kind, apiVersion, type, Schema) => {
    const found = values(from, type);
    expect(found.length > 0).toBe(kind !== 'Ingress' || props.exposure?.kind === 'ingress');
    // The schema's class takes what its type allows; here it judges what it was given.
    for (const item of found) new (Schema as Json)(manifest(kind, apiVersion, item)).validate();
  });

  test('meets the restricted standard, in a namespace that admits nothing else', () => {
    expect(pods(from).length).toBe(props.canary ? 2 : 1);
    for (const pod of pods(from)) expect(restrictedFaults(pod)).toEqual([]);
    expect(values(from, 'namespace_v1')[0].metadata.labels['pod-security.kubernetes.io/enforce']).toBe('restricted');
  });
});

test('the judge of the restricted standard sees what is wrong', () => {
  const [pod] = pods(synthesize());
  const [container] = pod.containers;
  const wrong = {
    ...pod,
    hostNetwork: true,
    automountServiceAccountToken: true,
    securityContext: { runAsUser: 0 },
    volumes: [{ name: 'a', hostPath: {} }],
    containers: [
      { ...container, resources: {}, securityContext: { capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } } },
    ],
  };
  expect(restrictedFaults(wrong)).toHaveLength(10);
});

describe('the pod', () => {
  test('is probed on the runtime’s own paths and drains longer than the runtime does', () => {
    const [pod] = pods(synthesize());
    const [container] = pod.containers;
    expect(container.ports).toEqual([{ name: 'http', containerPort: 8080, protocol: 'TCP' }]);
    expect(container.startupProbe.httpGet).toEqual({ path: '/v2/health/ready', port: 'http' });
    expect(container.readinessProbe.httpGet).toEqual({ path: '/v2/health/ready', port: 'http' });
    expect(container.livenessProbe.httpGet).toEqual({ path: '/v2/health/live', port: 'http' });
    // A single slow scrape or a full event loop must not take the only pod out of the service.
    expect(container.readinessProbe.failureThreshold).toBeGreaterThan(1);
    expect(container.startupProbe.failureThreshold * container.startupProbe.periodSeconds).toBeGreaterThanOrEqual(300);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(8 + 5);
  });

  test('may take longer to start, and tells the runtime', () => {
    const [container] = pods(synthesize({ startupSeconds: 1800 }))[0].containers;
    expect(container.startupProbe.failureThreshold * container.startupProbe.periodSeconds).toBe(1800);
    expect(container.env).toContainEqual({ name: 'MODELSHIP_START_SECONDS', value: '1800' });
  });

  test('reads the model from a volume that it cannot write', () => {
    const [pod] = pods(
      synthesize({ modelVolume: ModelVolume.persistentVolumeClaim('models'), modelMountPath: '/models' }),
    );
    expect(pod.volumes).toContainEqual({
      name: 'model',
      persistentVolumeClaim: { claimName: 'models', readOnly: true },
    });
    expect(pod.containers[0].volumeMounts).toContainEqual({ name: 'model', mountPath: '/models', readOnly: true });
  });

  test('has the number of CPUs that a variable states at apply', () => {
    const stack = kubernetesStack();
    const cpu = new TerraformVariable(stack, 'cpu', { type: 'number' }).numberValue;
    new ModelWorkload(stack, 'Workload', { ...minimal, cpu });
    const { resource } = JSON.parse(Testing.synth(stack));
    const [pod] = pods(resource);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference of Terraform
    expect(pod.containers[0].resources.limits.cpu).toBe('${var.cpu}');
  });

  test('goes to the nodes it was told to, and spreads over zones and nodes', () => {
    const [pod] = pods(synthesize(everything));
    expect(pod.nodeSelector).toEqual({ 'cloud.google.com/gke-spot': 'true' });
    expect(pod.tolerations).toEqual([
      { key: 'gpu', operator: 'Exists' },
      { key: 'spot', operator: 'Equal', value: 'true', effect: 'NoSchedule' },
    ]);
    expect(pod.containers[0].resources.limits).toEqual({ cpu: '2000m', memory: '4096Mi', 'nvidia.com/gpu': '1' });
    expect(pod.topologySpreadConstraints.map((item: Json) => item.topologyKey)).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]);
  });
});

describe('who may call', () => {
  const policies = (props: Partial<ModelWorkloadProps>) =>
    values(synthesize(props), 'network_policy_v1').map((item) => item.spec);

  test('nobody, unless let in', () => {
    const [policy] = policies({});
    expect(policy.policy_types).toEqual(['Ingress', 'Egress']);
    expect(policy.ingress).toEqual([]);
  });

  test('the namespaces that were named, on the port of the runtime', () => {
    const stack = kubernetesStack();
    const workload = new ModelWorkload(stack, 'Workload', { ...minimal, callerNamespaces: ['web'] });
    workload.allowFrom('batch');
    const rules = values(JSON.parse(Testing.synth(stack)).resource, 'network_policy_v1').flatMap(
      (item) => item.spec.ingress ?? [],
    );
    expect(
      rules.map((rule) => rule.from[0].namespace_selector.match_labels['kubernetes.io/metadata.name']).sort(),
    ).toEqual(['batch', 'web']);
    for (const rule of rules) expect(rule.ports).toEqual([{ port: '8080', protocol: 'TCP' }]);
  });

  test('the addresses of what exposes it', () => {
    expect(policies({ exposure: ingress })[0].ingress[0].from).toEqual([{ ip_block: { cidr: '10.0.0.0/8' } }]);
  });

  test('out goes only DNS, HTTPS and what was named', () => {
    const [{ egress }] = policies({ egressRanges: ['169.254.169.254/32'] });
    expect(egress[0].ports.map((port: Json) => port.port)).toEqual(['53', '53', '443']);
    expect(egress[1]).toEqual({ to: [{ ip_block: { cidr: '169.254.169.254/32' } }] });
  });

  test('traces go to the collectors that were named, by OTLP', () => {
    const [{ egress }] = policies({ traceNamespaces: ['tracing'] });
    expect(egress[1]).toEqual({
      to: [{ namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'tracing' } } }],
      ports: [
        { port: '4317', protocol: 'TCP' },
        { port: '4318', protocol: 'TCP' },
      ],
    });
  });

  test('who gathers metrics reaches their port, and no caller does', () => {
    const from = synthesize({ metricsNamespaces: ['monitoring'], callerNamespaces: ['web'] });
    const byName = Object.fromEntries(
      values(from, 'network_policy_v1').map(({ metadata, spec }) => [metadata.name, spec]),
    );
    expect(byName[`${minimal.name}-metrics`].ingress).toEqual([
      {
        from: [{ namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
        ports: [{ port: '9090', protocol: 'TCP' }],
      },
    ]);
    expect(byName[`${minimal.name}-from-web`].ingress[0].ports).toEqual([{ port: '8080', protocol: 'TCP' }]);
    const [container] = pods(from)[0].containers;
    expect(container.ports).toContainEqual({ name: 'metrics', containerPort: 9090, protocol: 'TCP' });
    for (const { spec } of values(from, 'service_v1')) expect(spec.port).toHaveLength(1);
  });

  test('there is no port for metrics where nobody gathers them', () => {
    const from = synthesize();
    expect(JSON.stringify(from)).not.toMatch(/MODELSHIP_METRICS_PORT|9090/);
    expect(values(from, 'network_policy_v1')).toHaveLength(1);
  });
});

describe('exposure', () => {
  test('a load balancer takes the cloud’s annotations and lets in only the ranges', () => {
    const [service] = values(synthesize({ exposure: balancer }), 'service_v1');
    expect(service.metadata.annotations).toEqual({ internal: 'true' });
    expect(service.spec).toMatchObject({ type: 'LoadBalancer', load_balancer_source_ranges: ['10.0.0.0/8'] });
  });

  test.each([
    [Exposure.cluster(), /^http:\/\/iris\.\$\{kubernetes_namespace_v1.*\}\.svc\.cluster\.local$/],
    [balancer, /^http:\/\/\$\{kubernetes_service_v1\..*\.status\[0\]\.load_balancer\[0\]\.ingress\[0\]\.ip\}$/],
    [ingress, /^https:\/\/a\.example\.com$/],
    [gateway, /^https:\/\/a\.example\.com$/],
  ])('$kind has its URL', (exposure, url) => {
    const stack = kubernetesStack();
    const workload = new ModelWorkload(stack, 'Workload', { ...minimal, exposure });
    new TerraformOutput(stack, 'url', { value: workload.url });
    expect(JSON.parse(Testing.synth(stack)).output.url.value).toMatch(url);
  });

  test('a Gateway splits the traffic of a canary between two versions, by a valid route', () => {
    const from = synthesize({ exposure: gateway, canary, namespace: 'models' });
    const [route] = values(from, 'manifest').map((item) => item.manifest);
    new HTTPRoute(route).validate();
    expect(route.spec.parentRefs).toEqual([{ name: 'gate', namespace: 'infra' }]);
    expect(route.spec.rules[0].backendRefs).toEqual([
      { name: 'iris', weight: 90, port: 80 },
      { name: 'iris-canary', weight: 10, port: 80 },
    ]);
    const services = values(from, 'service_v1').map((item) => item.spec.selector['app.kubernetes.io/component']);
    expect(services.sort()).toEqual(['canary', 'stable']);
    expect(new Set(pods(from).map((pod) => pod.containers[0].image))).toEqual(new Set([minimal.image, canary.image]));
    expect(values(from, 'horizontal_pod_autoscaler_v2')).toHaveLength(2);
  });
});

test('a namespace that is there is used and not made', () => {
  const from = synthesize({ namespace: 'models' });
  expect(values(from, 'namespace_v1')).toEqual([]);
  expect(values(from, 'deployment_v1')[0].metadata.namespace).toBe('models');
});

describe('InferenceService', () => {
  const inference = (props: Partial<ModelWorkloadProps>): Json => {
    const stack = kubernetesStack();
    new InferenceService(stack, 'Kserve', { ...minimal, ...props });
    const from = JSON.parse(Testing.synth(stack)).resource;
    return { from, manifest: values(from, 'manifest')[0].manifest };
  };

  test('runs the same restricted pod under KServe in the mode without Knative, which scales it by its CPU', () => {
    const { manifest: made, from } = inference({ namespace: 'models', maxReplicas: 4, targetCpuPercent: 50 });
    expect(made.metadata.annotations).toMatchObject({ 'serving.kserve.io/deploymentMode': 'RawDeployment' });
    expect(made).toMatchObject({ apiVersion: 'serving.kserve.io/v1beta1', kind: 'InferenceService' });
    const limits = { minReplicas: 1, maxReplicas: 4, scaleMetric: 'cpu', scaleTarget: 50 };
    expect(made.spec.predictor).toMatchObject(limits);
    // Without a maximum KServe would never add a pod.
    expect(inference({ namespace: 'models' }).manifest.spec.predictor.maxReplicas).toBe(3);
    expect(made.spec.predictor.containers[0].name).toBe('kserve-container');
    expect(restrictedFaults(made.spec.predictor)).toEqual([]);
    expect(Object.keys(from).sort()).toEqual(['kubernetes_manifest', 'kubernetes_service_account_v1']);
  });

  test.each<[string, Partial<ModelWorkloadProps>, RegExp]>([
    ['zero replicas', { namespace: 'a', minReplicas: 0 }, /minReplicas: got 0.*ServerlessModel/],
    ['no namespace', {}, /namespace: KServe serves only in namespaces/],
    ['an exposure', { namespace: 'a', exposure: balancer }, /exposure: KServe controls/],
    ['a canary', { namespace: 'a', canary }, /canary: KServe controls/],
    ['callers', { namespace: 'a', callerNamespaces: ['b'] }, /callerNamespaces: KServe controls/],
  ])('refuses %s', (_, props, message) => {
    expect(() => inference(props)).toThrow(message);
  });
});

describe('refused, by name and with what is allowed', () => {
  test.each<[string, Partial<ModelWorkloadProps>, RegExp]>([
    ['a name in capitals', { name: 'Iris' }, /name: got "Iris".*at most 52/],
    ['a name too long', { name: 'a'.repeat(53) }, /name: got "a{53}".*at most 52/],
    ['a namespace that is no label', { namespace: 'a_b' }, /namespace: got "a_b"/],
    ['zero replicas', { minReplicas: 0 }, /minReplicas: got 0.*ServerlessModel/],
    ['a canary without a Gateway', { canary }, /canary: only a Gateway splits/],
    ['a canary of everything', { exposure: gateway, canary: { ...canary, percent: 100 } }, /canary.percent: got 100/],
    ['an address that is no block', { egressRanges: ['10.0.0.1'] }, /egressRanges: got "10.0.0.1".*CIDR/],
    [
      'a source that is no block',
      { exposure: Exposure.loadBalancer({ sourceRanges: ['all'] }) },
      /exposure.sourceRanges: got "all"/,
    ],
    ['half a GPU', { gpuCount: 0.5 }, /gpuCount: got 0.5.*whole number/],
    ['no memory', { memoryMib: 1 }, /memoryMib: got 1/],
  ])('%s', (_, props, message) => {
    expect(() => synthesize(props)).toThrow(message);
  });
});

test.each(['Dockerfile', 'python.Dockerfile'])('pods run as the user of the image that %s builds', (file) => {
  const dockerfile = readFileSync(join(__dirname, '..', '..', '..', 'runtime', 'images', file), 'utf8');
  const [, user, group] = /^ARG RUN_AS=(\d+):(\d+)$/m.exec(dockerfile)!;
  for (const { securityContext } of pods(synthesize())) {
    expect(securityContext).toMatchObject({
      runAsUser: Number(user),
      runAsGroup: Number(group),
      fsGroup: Number(group),
    });
  }
});
