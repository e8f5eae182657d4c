import { Lazy, TerraformVariable } from 'cdktf';
import { describe, expect, test } from 'vitest';
import { Gpu, Ingress, ServerlessModel, type ServerlessModelProps, VpcEgress, WebAcl } from '../../../lib/gcp/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access, ImageSource, Rollout } from '../../../lib/serving/index.js';
import { writePackage } from '../../support/packages.js';
import {
  googleStack,
  IMAGE,
  KEY,
  minimal,
  model,
  only,
  REGION,
  resources,
  type Template,
  template,
  waitsFor,
} from './support.js';

function synthesize(props: Partial<ServerlessModelProps> = {}): Template {
  const stack = googleStack();
  new ServerlessModel(stack, 'Iris', { ...minimal, ...props });
  return template(stack);
}

const service = (props: Partial<ServerlessModelProps> = {}) => only(synthesize(props), 'google_cloud_run_v2_service');

describe('ServerlessModel on Cloud Run', () => {
  test('serves the package from a bucket that is mounted read-only, under a folder of its digest', () => {
    const from = synthesize();
    const { template: revision } = only(from, 'google_cloud_run_v2_service');
    const folder = `models/iris/${model.digest.slice(7)}`;
    expect(revision.containers[0]).toMatchObject({
      image: IMAGE,
      ports: { container_port: 8080 },
      volume_mounts: [{ name: revision.volumes[0].name, mount_path: '/mnt/models' }],
    });
    expect(revision.containers[0].env).toEqual([
      { name: 'MODELSHIP_MODEL', value: `/mnt/models/${folder}` },
      { name: 'MODELSHIP_MODEL_DIGEST', value: model.digest },
      { name: 'MODELSHIP_TIMEOUT_SECONDS', value: '60' },
      { name: 'GOOGLE_CLOUD_PROJECT', value: expect.stringContaining('ModelshipGoogleClient.project') },
    ]);
    expect(revision.volumes[0].gcs.read_only).toBe(true);
    const names = resources(from, 'google_storage_bucket_object').map((object) => object.name);
    expect(names.sort()).toEqual(['model.json', 'model.onnx', 'samples.json'].map((file) => `${folder}/${file}`));
  });

  test('starts only when every file is uploaded and may be read', () => {
    const from = synthesize();
    const dependencies = waitsFor(from, only(from, 'google_cloud_run_v2_service'));
    expect(dependencies.filter((name: string) => name.startsWith('google_storage_bucket_object.'))).toHaveLength(3);
    expect(dependencies.some((name: string) => name.startsWith('google_storage_bucket_iam_member.'))).toBe(true);
  });

  test('keeps the files of earlier versions for the revisions that still serve them', () => {
    for (const object of resources(synthesize(), 'google_storage_bucket_object')) {
      expect(object.deletion_policy).toBe('ABANDON');
    }
  });

  test('can be destroyed without a hand', () => {
    const from = synthesize();
    expect(only(from, 'google_cloud_run_v2_service').deletion_protection).toBe(false);
    expect(only(from, 'google_storage_bucket').force_destroy).toBe(true);
  });

  test('takes a bucket that is there', () => {
    const from = synthesize({ modelBucket: 'shared-models' });
    expect(resources(from, 'google_storage_bucket')).toEqual([]);
    expect(only(from, 'google_storage_bucket_iam_member').bucket).toBe('shared-models');
  });

  test('maps size, scaling, time limit and labels', () => {
    expect(
      service({
        cpu: 4,
        memoryMib: 8192,
        maxConcurrency: 9,
        minReplicas: 1,
        maxReplicas: 5,
        timeoutSeconds: 30,
        labels: { team: 'a' },
      }),
    ).toMatchObject({
      labels: { team: 'a' },
      template: {
        max_instance_request_concurrency: 9,
        timeout: '30s',
        scaling: { min_instance_count: 1, max_instance_count: 5 },
        containers: [
          { resources: { limits: { cpu: '4', memory: '8192Mi' }, cpu_idle: true, startup_cpu_boost: true } },
        ],
      },
    });
  });

  test('gives a GPU an instance that may carry it', () => {
    expect(service({ gpu: Gpu.nvidiaL4() }).template).toMatchObject({
      node_selector: { accelerator: 'nvidia-l4' },
      gpu_zonal_redundancy_disabled: true,
      containers: [{ resources: { limits: { cpu: '4', memory: '16384Mi', 'nvidia.com/gpu': '1' }, cpu_idle: false } }],
    });
  });

  test('sends traffic through a VPC network', () => {
    const props = { network: 'net', subnetwork: 'sub', networkTags: ['model'], vpcEgress: VpcEgress.all() };
    expect(service(props).template.vpc_access).toEqual({
      egress: 'ALL_TRAFFIC',
      network_interfaces: [{ network: 'net', subnetwork: 'sub', tags: ['model'] }],
    });
    expect(service({ network: 'net' }).template.vpc_access.egress).toBe('PRIVATE_RANGES_ONLY');
  });

  test('is reachable from where it was said', () => {
    expect(service().ingress).toBe('INGRESS_TRAFFIC_ALL');
    expect(service({ ingress: Ingress.internal() }).ingress).toBe('INGRESS_TRAFFIC_INTERNAL_ONLY');
    expect(service({ ingress: Ingress.internalAndLoadBalancer() }).ingress).toBe(
      'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
    );
  });

  test('encrypts with the customer key once each service may use it', () => {
    const from = synthesize({ encryptionKey: KEY });
    expect(only(from, 'google_cloud_run_v2_service').template.encryption_key).toBe(KEY);
    expect(only(from, 'google_storage_bucket').encryption.default_kms_key_name).toBe(KEY);
    expect(only(from, 'google_logging_project_bucket_config').cmek_settings.kms_key_name).toBe(KEY);
    const grants = Object.keys(from.resource.google_kms_crypto_key_iam_member).map(
      (id) => `google_kms_crypto_key_iam_member.${id}`,
    );
    const waiting = [
      'google_cloud_run_v2_service',
      'google_storage_bucket',
      'google_logging_project_bucket_config',
    ].flatMap((type) => waitsFor(from, only(from, type)));
    expect(grants).toHaveLength(3);
    for (const grant of grants) expect(waiting).toContain(grant);
  });
});

describe('who may invoke', () => {
  const members = (from: Template) =>
    resources(from, 'google_cloud_run_v2_service_iam_member').map(({ member, role }) => `${role} ${member}`);

  test('nobody, unless granted', () => {
    expect(members(synthesize())).toEqual([]);
    expect(service().invoker_iam_disabled).toBe(false);
  });

  test('whom it was granted to, as often as granted, with one role', () => {
    const stack = googleStack();
    const endpoint = new ServerlessModel(stack, 'Iris', minimal);
    endpoint.grantInvoke('user:a@example.com');
    endpoint.grantInvoke(new TerraformVariable(stack, 'caller', {}).stringValue);
    endpoint.grantInvoke(new TerraformVariable(stack, 'other', {}).stringValue);
    expect(members(template(stack)).sort()).toEqual([
      // biome-ignore-start lint/suspicious/noTemplateCurlyInString: Terraform's own templates
      'roles/run.invoker ${var.caller}',
      'roles/run.invoker ${var.other}',
      'roles/run.invoker user:a@example.com',
      // biome-ignore-end lint/suspicious/noTemplateCurlyInString: Terraform's own templates
    ]);
  });

  test('everyone, only where access is anonymous', () => {
    expect(members(synthesize({ access: Access.anonymous() }))).toEqual(['roles/run.invoker allUsers']);
  });

  test('bearers of a JWT, which the runtime judges', () => {
    const jwt = Access.jwt({ issuer: 'https://issuer.example.com', audience: ['a', 'b'] });
    const from = synthesize({ access: jwt });
    expect(members(from)).toEqual([]);
    const made = only(from, 'google_cloud_run_v2_service');
    expect(made.invoker_iam_disabled).toBe(true);
    expect(made.template.containers[0].env).toContainEqual({
      name: 'MODELSHIP_JWT_ISSUER',
      value: 'https://issuer.example.com',
    });
    expect(made.template.containers[0].env).toContainEqual({ name: 'MODELSHIP_JWT_AUDIENCE', value: 'a,b' });
  });
});

describe('revisions', () => {
  const revision = (props: Partial<ServerlessModelProps> = {}) => service(props).template.revision;

  test('are named by what is in them', () => {
    expect(revision()).toBe(revision());
    expect(revision()).toMatch(/^iris-[0-9a-f]{8}-[0-9a-f]{12}$/);
    const other = Model.fromDirectory(writePackage({ version: '2' }));
    const all = [{}, { model: other }, { cpu: 2 }, { environment: { A: '1' } }, { maxReplicas: 3 }].map(revision);
    expect(new Set(all).size).toBe(all.length);
  });

  test('count values that only apply knows', () => {
    const stack = googleStack();
    const image = new TerraformVariable(stack, 'image', {}).stringValue;
    new ServerlessModel(stack, 'Iris', { ...minimal, image: ImageSource.fromRegistry(image) });
    const from = template(stack);
    const [name, values] = Object.entries(from.locals).find(([id]) => id.includes('RevisionHash'))!;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own template
    expect(values).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/), '${var.image}']);
    expect(only(from, 'google_cloud_run_v2_service').template.revision).toMatch(
      new RegExp(`^iris-[0-9a-f]{8}-\\$\\{substr\\(sha256\\(jsonencode\\(local\\.${name}\\)\\), 0, 12\\)\\}$`),
    );
  });

  test('share the traffic in a canary, by name and without asking the service for its own', () => {
    const props = {
      rollout: Rollout.canary({ percent: 10, bakeMinutes: 15 }),
      stableRevision: 'iris-47635526-0123456789ab',
    };
    const made = service(props);
    const type = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';
    expect(made.traffic).toEqual([
      { type, revision: 'iris-47635526-0123456789ab', percent: 90, tag: 'stable' },
      { type, revision: made.template.revision, percent: 10, tag: 'canary' },
    ]);
    expect(JSON.stringify(made)).not.toContain('google_cloud_run_v2_service.');
  });

  test('get all the traffic at once otherwise', () => {
    expect(service().traffic).toEqual([expect.objectContaining({ percent: 100 })]);
  });
});

describe('telemetry', () => {
  test('watches errors, latency and saturation of this service, and tells whom it was told to', () => {
    const channel = 'projects/p/notificationChannels/1';
    const policies = resources(synthesize({ alarmActions: [channel] }), 'google_monitoring_alert_policy');
    expect(policies).toHaveLength(3);
    for (const policy of policies) {
      expect(policy.notification_channels).toEqual([channel]);
      const { filter } = policy.conditions[0].condition_threshold;
      expect(filter).toContain('resource.labels.service_name="iris-47635526"');
    }
  });

  test('draws a dashboard, unless told not to', () => {
    const { dashboard_json: json } = only(synthesize(), 'google_monitoring_dashboard');
    expect(JSON.parse(json).mosaicLayout.tiles.length).toBeGreaterThan(5);
    // Cloud Monitoring omits zeros, which the provider reports as a change in every plan:
    // https://github.com/hashicorp/terraform-provider-google/issues/16173
    expect(json).not.toMatch(/:0[,}]/);
    expect(resources(synthesize({ dashboard: false }), 'google_monitoring_dashboard')).toEqual([]);
  });

  test.each([
    [undefined, 90],
    [7, 7],
  ])('keeps logs as asked (%s): %s days', (logRetentionDays, days) => {
    const from = synthesize({ logRetentionDays });
    expect(only(from, 'google_logging_project_bucket_config').retention_days).toBe(days);
    expect(only(from, 'google_logging_project_sink').filter).toContain('service_name="iris-47635526"');
  });

  test('probes from outside when asked, with an identity that may invoke', () => {
    const from = synthesize({ uptimeCheck: true });
    expect(only(from, 'google_monitoring_uptime_check_config').http_check).toMatchObject({
      path: '/v2/health/ready',
      use_ssl: true,
      service_agent_authentication: { type: 'OIDC_TOKEN' },
    });
    expect(only(from, 'google_cloud_run_v2_service_iam_member').member).toContain('@gcp-sa-monitoring-notification.');
    expect(resources(synthesize(), 'google_monitoring_uptime_check_config')).toEqual([]);
  });
});

// As large as it says, without 600 MiB on the disk.
const large: Model = Object.create(model, { sizeBytes: { value: 600 * 1024 * 1024 } });

describe('refused, by name and with what is allowed', () => {
  test.each<[string, Partial<ServerlessModelProps>, RegExp]>([
    ['a name too long', { serviceName: 'a'.repeat(50) }, /serviceName: got "a{50}".*at most 49/],
    ['a name in capitals', { serviceName: 'Iris' }, /serviceName: got "Iris".*lower-case/],
    ['a zone for a region', { region: 'europe-west4-a' }, /region: got "europe-west4-a".*europe-west4/],
    [
      'a GPU that the region has not',
      { gpu: Gpu.nvidiaL4(), region: 'europe-north1' },
      /gpu: nvidia-l4 is not offered in europe-north1.*europe-west4/,
    ],
    [
      'a GPU that Cloud Run has not',
      { gpu: Gpu.nvidiaT4() },
      /gpu: got nvidia-tesla-t4.*offers nvidia-l4.*ContainerModel/,
    ],
    [
      'a GPU on a small instance',
      { gpu: Gpu.nvidiaL4(), cpu: 2, memoryMib: 4096 },
      /gpu: got 2 CPU and 4096 MiB.*at least 4 CPU and 16384/,
    ],
    ['three CPUs', { cpu: 3 }, /cpu: got 3.*1, 2, 4, 6, 8/],
    ['more memory than the CPUs allow', { memoryMib: 8192 }, /memoryMib: got 8192 MiB with 1 CPU.*512 to 4096/],
    ['a model larger than the memory', { model: large, memoryMib: 512 }, /memoryMib: the model alone has 600 MiB/],
    ['too much concurrency', { maxConcurrency: 1001 }, /maxConcurrency: got 1001.*1 to 1000/],
    ['more than an hour', { timeoutSeconds: 3601 }, /timeoutSeconds: got 3601.*3600 seconds/],
    ['no instance at all', { maxReplicas: 0 }, /maxReplicas: got 0.*1 to 1000/],
    [
      'a minimum over the maximum',
      { minReplicas: 3, maxReplicas: 2 },
      /minReplicas: got 3, above the 2 of maxReplicas/,
    ],
    ['a fraction of an instance', { minReplicas: 0.5 }, /minReplicas: got 0.5.*whole number/],
    ['API keys', { access: Access.apiKey() }, /access: got Access.apiKey\(\); Cloud Run supports .*modelship\/aws/],
    [
      'a throttle',
      { throttle: { requestsPerSecond: 1 } },
      /throttle: Cloud Run does not throttle callers.*maxReplicas/,
    ],
    [
      'a linear rollout',
      { rollout: Rollout.linear({ stepPercent: 10, intervalMinutes: 1 }) },
      /rollout: got Rollout.linear\(\); Cloud Run supports/,
    ],
    [
      'a canary beside nothing',
      { rollout: Rollout.canary({ percent: 5, bakeMinutes: 1 }) },
      /stableRevision: .*output `revision`/,
    ],
    ['a stable revision without a canary', { stableRevision: 'iris-1' }, /stableRevision: only a canary/],
    [
      'a stable revision of another service',
      { serviceName: 'iris', stableRevision: 'other-1', rollout: Rollout.canary({ percent: 5, bakeMinutes: 1 }) },
      /stableRevision: got "other-1".*`iris-`/,
    ],
    [
      'a canary of everything',
      { stableRevision: 'iris-1', rollout: Rollout.canary({ percent: 100, bakeMinutes: 1 }) },
      /rollout.percent: got 100.*1 to 99/,
    ],
    [
      'a key of another region',
      { encryptionKey: KEY.replace(REGION, 'us-east4') },
      /encryptionKey: the key is in us-east4 and the endpoint in europe-west4/,
    ],
    ['a version of a key', { encryptionKey: `${KEY}/cryptoKeyVersions/1` }, /encryptionKey: got .*without a version/],
    ['egress without a network', { vpcEgress: VpcEgress.all() }, /vpcEgress: .*set network or subnetwork/],
    ['network tags without a network', { networkTags: ['a'] }, /networkTags: .*set network or subnetwork/],
    [
      'an uptime check of an internal service',
      { ingress: Ingress.internal(), uptimeCheck: true },
      /uptimeCheck: .*cannot reach an internal/,
    ],
    ['a variable of the host', { environment: { PORT: '1' } }, /environment.PORT: the construct or its host sets/],
    [
      'a variable of the construct',
      { environment: { MODELSHIP_MODEL_DIGEST: '' } },
      /environment.MODELSHIP_MODEL_DIGEST: /,
    ],
    ['a variable with no name', { environment: { 'A B': '' } }, /environment.A B: got "A B"/],
    ['no days', { logRetentionDays: 0 }, /logRetentionDays: got 0.*1 to 3650 days/],
    ['a channel by its short name', { alarmActions: ['mail'] }, /alarmActions: got "mail".*notificationChannels\/N/],
    ['a label in capitals', { labels: { Team: 'a' } }, /labels.Team: got "Team"/],
    ['a project number', { project: '123456' }, /project: got "123456".*not the number/],
    [
      'an issuer without TLS',
      { access: Access.jwt({ issuer: 'http://a', audience: ['a'] }) },
      /access.issuer: got "http:\/\/a".*https/,
    ],
    [
      'a JWT for nobody',
      { access: Access.jwt({ issuer: 'https://a', audience: [] }) },
      /access.audience: got an empty array/,
    ],
    ['a misspelt prop', { memory: 1 } as Partial<ServerlessModelProps>, /memory: no such prop.*memoryMib/],
  ])('%s', (_, props, message) => {
    expect(() => synthesize(props)).toThrow(message);
  });

  test('everything in one error', () => {
    expect(() => synthesize({ cpu: 3, maxConcurrency: 0, region: 'x' })).toThrow(
      /3 props are wrong:[\s\S]*region[\s\S]*maxConcurrency[\s\S]*cpu/,
    );
  });

  test('not values that only apply knows', () => {
    const stack = googleStack();
    const text = new TerraformVariable(stack, 'text', {}).stringValue;
    const number = new TerraformVariable(stack, 'number', { type: 'number' }).numberValue;
    const tokens = {
      region: text,
      project: text,
      encryptionKey: text,
      serviceName: text,
      modelBucket: text,
      alarmActions: [text],
    };
    const numbers = {
      cpu: number,
      memoryMib: number,
      maxConcurrency: number,
      minReplicas: number,
      maxReplicas: number,
      timeoutSeconds: number,
    };
    new ServerlessModel(stack, 'Iris', { ...minimal, ...tokens, ...numbers, gpu: Gpu.nvidiaL4() });
    const [container] = only(template(stack), 'google_cloud_run_v2_service').template.containers;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Terraform's own template
    expect(container.resources.limits.cpu).toBe('${var.number}');
  });
});

describe('secrets of Cloud Run', () => {
  const secrets = { HF_TOKEN: 'hub-token', PASSWORD: 'projects/vault/secrets/database/versions/3' };

  test('are read from Secret Manager, the newest version unless one is named', () => {
    const { env } = service({ secrets }).template.containers[0];
    const reference = (secret: string, version: string) => ({ value_source: { secret_key_ref: { secret, version } } });
    expect(env).toEqual(
      expect.arrayContaining([
        { name: 'HF_TOKEN', ...reference('hub-token', 'latest') },
        { name: 'PASSWORD', ...reference('projects/vault/secrets/database', '3') },
      ]),
    );
  });

  test('may be read before the service starts, each once and no others', () => {
    const from = synthesize({ secrets: { ...secrets, AGAIN: 'hub-token/versions/1' }, project: 'project-b' });
    const type = 'google_secret_manager_secret_iam_member';
    const grants = resources(from, type);
    const role = 'roles/secretmanager.secretAccessor';
    expect(grants).toHaveLength(2);
    expect(grants).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ secret_id: 'hub-token', project: 'project-b', role }),
        expect.objectContaining({ secret_id: 'projects/vault/secrets/database', role }),
      ]),
    );
    const before = waitsFor(from, only(from, 'google_cloud_run_v2_service'));
    expect(before.filter((address) => address.startsWith(type))).toHaveLength(2);
  });

  test('can be a secret of the stack', () => {
    const stack = googleStack();
    const secretId = new TerraformVariable(stack, 'secret', { type: 'string' }).stringValue;
    new ServerlessModel(stack, 'Iris', { ...minimal, secrets: { HF_TOKEN: secretId } });
    const from = template(stack);
    expect(only(from, 'google_secret_manager_secret_iam_member').secret_id).toMatch(/var\.secret\b/);
  });

  test.each<[string, Partial<ServerlessModelProps>, RegExp]>([
    ['a version that is no version', { secrets: { A: 'hub-token/versions/0' } }, /secrets\.A: got .*\/versions\/V/],
    ['a name with spaces', { secrets: { A: 'hub token' } }, /secrets\.A: got "hub token"/],
    ['a variable of the construct', { secrets: { MODELSHIP_MODEL: 'a' } }, /secrets\.MODELSHIP_MODEL: the construct/],
    ['a variable that is set twice', { secrets: { A: 'a' }, environment: { A: 'b' } }, /secrets\.A: it is in `env/],
  ])('refuses %s', (_, props, message) => {
    expect(() => synthesize(props)).toThrow(message);
  });
});

describe('a domain of Cloud Run', () => {
  const domainName = 'iris.example.com';
  const policy = (props: Partial<ServerlessModelProps> = {}) =>
    only(synthesize({ domainName, webAcl: WebAcl.managed(), ...props }), 'google_compute_security_policy');

  test('is served with TLS 1.2 by a load balancer, with a certificate for it', () => {
    const from = synthesize({ domainName });
    expect(only(from, 'google_compute_managed_ssl_certificate').managed).toEqual({ domains: [domainName] });
    expect(only(from, 'google_compute_ssl_policy')).toMatchObject({ profile: 'MODERN', min_tls_version: 'TLS_1_2' });
    const rule = only(from, 'google_compute_global_forwarding_rule');
    expect(rule).toMatchObject({ port_range: '443', load_balancing_scheme: 'EXTERNAL_MANAGED' });
    expect(only(from, 'google_compute_region_network_endpoint_group')).toMatchObject({
      network_endpoint_type: 'SERVERLESS',
      region: REGION,
      cloud_run: { service: expect.stringContaining('google_cloud_run_v2_service.') },
    });
    expect(resources(from, 'google_compute_security_policy')).toEqual([]);
  });

  test('is the only way to the service, and the audience of its callers', () => {
    expect(service({ domainName })).toMatchObject({
      ingress: 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER',
      custom_audiences: ['https://iris.example.com'],
    });
    expect(service({ domainName, ingress: Ingress.all() }).ingress).toBe('INGRESS_TRAFFIC_ALL');
    expect(service()).not.toHaveProperty('custom_audiences');
  });

  test('is in the URLs', () => {
    const endpoint = new ServerlessModel(googleStack(), 'Iris', { ...minimal, domainName });
    expect(endpoint.url).toBe('https://iris.example.com');
    expect(endpoint.predictUrl).toBe('https://iris.example.com/v1/models/iris:predict');
  });

  test('is what the uptime check requests', () => {
    const check = only(synthesize({ domainName, uptimeCheck: true }), 'google_monitoring_uptime_check_config');
    expect(check.monitored_resource.labels.host).toBe(domainName);
  });

  test('changes its certificate before the old one is deleted', () => {
    const certificate = (name: string) =>
      only(synthesize({ domainName: name }), 'google_compute_managed_ssl_certificate');
    expect(certificate(domainName).lifecycle).toEqual({ create_before_destroy: true });
    expect(certificate(domainName).name).not.toBe(certificate('b.example.com').name);
  });

  test('names its certificate by a domain that is known only at apply', () => {
    const certificate = (before: number) => {
      // Values made before the domain must not change the name.
      for (let index = 0; index < before; index++) Lazy.stringValue({ produce: () => 'other' });
      const stack = googleStack();
      const domain = new TerraformVariable(stack, 'domain', {}).stringValue;
      new ServerlessModel(stack, 'Iris', { ...minimal, domainName: domain });
      return only(template(stack), 'google_compute_managed_ssl_certificate');
    };
    expect(certificate(0).name).toContain('sha256');
    expect(certificate(3)).toEqual(certificate(0));
  });

  test('takes a certificate and a security policy that exist', () => {
    const from = synthesize({ domainName, certificate: 'star', webAcl: WebAcl.fromPolicyId('edge') });
    expect(resources(from, 'google_compute_managed_ssl_certificate')).toEqual([]);
    expect(only(from, 'google_compute_target_https_proxy').ssl_certificates).toEqual(['star']);
    expect(only(from, 'google_compute_backend_service')).toMatchObject({
      security_policy: 'edge',
      log_config: { enable: true, sample_rate: 1 },
    });
    expect(resources(from, 'google_compute_security_policy')).toEqual([]);
  });

  test('has a web ACL with the rate limit of an address and rules against attacks, which end with all others', () => {
    const { rule } = policy({ webAcl: WebAcl.managed({ requestsPerFiveMinutes: 600 }) });
    const limit = rule.find(({ action }: Template) => action === 'throttle');
    expect(limit.rate_limit_options).toMatchObject({
      exceed_action: 'deny(429)',
      enforce_on_key: 'IP',
      rate_limit_threshold: { count: 600, interval_sec: 300 },
    });
    const attacks = rule.filter(({ match }: Template) => match.expr);
    expect(attacks.map(({ action, preview }: Template) => [action, preview])).toEqual(
      attacks.map(() => ['deny(403)', false]),
    );
    // An address that sends an attack must not spend a request of its limit first.
    expect(Math.max(...attacks.map(({ priority }: Template) => priority))).toBeLessThan(limit.priority);
    expect(rule.at(-1)).toMatchObject({ priority: 2_147_483_647, action: 'allow' });
  });

  test('has a web ACL that names its kind', () => {
    expect(WebAcl.managed().kind).toBe('managed');
    expect(WebAcl.fromPolicyId('edge').kind).toBe('existing');
  });

  test('only logs attacks on a model whose texts may contain code', () => {
    const texts = Model.fromDirectory(writePackage({ inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }] }));
    const attacks = policy({ model: texts }).rule.filter(({ match }: Template) => match.expr);
    expect(new Set(attacks.map(({ preview }: Template) => preview))).toEqual(new Set([true]));
  });

  test.each<[string, Partial<ServerlessModelProps>, RegExp]>([
    ['a URL', { domainName: 'https://iris.example.com' }, /domainName: got "https.*`iris\.example\.com`/],
    ['a web ACL without it', { webAcl: WebAcl.managed() }, /webAcl: .*set domainName too/],
    ['a certificate without it', { certificate: 'star' }, /certificate: .*set domainName too/],
    ['a service that is internal', { domainName, ingress: Ingress.internal() }, /ingress: an internal service/],
    [
      'a limit of zero',
      { domainName, webAcl: WebAcl.managed({ requestsPerFiveMinutes: 0 }) },
      /webAcl\.requestsPerFiveMinutes: got 0; Cloud Armor allows a whole number from 1 to 1000000/,
    ],
    [
      'a limit with a misspelled name',
      { domainName, webAcl: WebAcl.managed({ requestPerFiveMinutes: 5 } as never) },
      /webAcl\.requestPerFiveMinutes: no such prop; did you mean `requestsPerFiveMinutes`/,
    ],
  ])('refuses %s', (_, props, message) => {
    expect(() => synthesize(props)).toThrow(message);
  });
});
