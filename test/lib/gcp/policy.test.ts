import { describe, expect, test } from 'vitest';
import {
  ContainerModel,
  Exposure,
  GkeCluster,
  type GoogleServingProps,
  Ingress,
  ManagedEndpointModel,
  ServerlessModel,
} from '../../../lib/gcp/index.js';
import { Access, Rollout } from '../../../lib/serving/index.js';
import { googleStack, KEY, minimal, only, resources, type Template, template } from './support.js';

// What scanners ask of Google Cloud and, for Cloud Run and Vertex AI, what none of them asks: over every construct, bare
// and with a customer key.
const KINDS = {
  ServerlessModel,
  ContainerModel,
  ManagedEndpointModel,
  'ContainerModel on Standard nodes': class extends ContainerModel {
    constructor(...[scope, id, props]: ConstructorParameters<typeof ContainerModel>) {
      super(scope, id, { ...props, cluster: GkeCluster.standard() });
    }
  },
};
type Kind = keyof typeof KINDS;

function synthesize(kind: Kind, props: Partial<GoogleServingProps> = {}): Template {
  const stack = googleStack();
  new KINDS[kind](stack, 'Iris', { ...minimal, ...props });
  return template(stack);
}

const members = (from: Template) =>
  Object.entries<Template>(from.resource)
    .filter(([type]) => /_iam_(member|binding)$/.test(type))
    .flatMap(([, made]) => Object.values<Template>(made));

/** Roles that let their holder do more than the endpoint needs. */
const BROAD = /^roles\/(owner|editor|viewer|.*[aA]dmin|iam\.serviceAccount(User|TokenCreator)|aiplatform\.user)$/;

describe.each(Object.keys(KINDS) as Kind[])('%s', (kind) => {
  const bare = synthesize(kind);
  const keyed = synthesize(kind, { encryptionKey: KEY });

  test('lets in neither everybody nor everybody with an account', () => {
    expect(JSON.stringify(bare)).not.toMatch(/allUsers|allAuthenticatedUsers/);
  });

  test('grants no broad role, and sets no whole policy', () => {
    expect(members(bare).length).toBeGreaterThan(0);
    for (const { role } of [...members(bare), ...members(keyed)]) expect(role).not.toMatch(BROAD);
    const types = Object.keys(bare.resource);
    expect(types.filter((type) => /_iam_(policy|binding)$/.test(type))).toEqual([]);
  });

  test('runs as an identity of its own and makes no key for it', () => {
    expect(resources(bare, 'google_service_account').length).toBeGreaterThan(0);
    expect(resources(bare, 'google_service_account_key')).toEqual([]);
    expect(JSON.stringify(bare)).not.toMatch(/-compute@developer\.gserviceaccount\.com/);
  });

  test('keeps the model in a private bucket with versions and uniform access', () => {
    expect(only(bare, 'google_storage_bucket')).toMatchObject({
      public_access_prevention: 'enforced',
      uniform_bucket_level_access: true,
      versioning: { enabled: true },
    });
  });

  test('encrypts whatever it makes with the customer key, and grants the key to services alone', () => {
    const kinds: Record<string, (made: Template) => unknown> = {
      google_storage_bucket: (made) => made.encryption?.default_kms_key_name,
      google_logging_project_bucket_config: (made) => made.cmek_settings?.kms_key_name,
      google_cloud_run_v2_service: (made) => made.template.encryption_key,
      google_vertex_ai_endpoint: (made) => made.encryption_spec?.kms_key_name,
      google_container_cluster: (made) => made.database_encryption?.key_name,
      google_container_node_pool: (made) => made.node_config.boot_disk_kms_key,
    };
    for (const [type, keyOf] of Object.entries(kinds)) {
      for (const made of resources(keyed, type)) expect(keyOf(made)).toBe(KEY);
    }
    const grants = resources(keyed, 'google_kms_crypto_key_iam_member');
    expect(grants.length).toBeGreaterThan(1);
    for (const { role, member } of grants) {
      expect(role).toBe('roles/cloudkms.cryptoKeyEncrypterDecrypter');
      expect(member).toMatch(/^serviceAccount:/);
    }
  });

  test('has private nodes with shielded, metadata-guarded machines, if it has nodes', () => {
    for (const cluster of resources(bare, 'google_container_cluster')) {
      expect(cluster.private_cluster_config.enable_private_nodes).toBe(true);
      expect(cluster.enable_legacy_abac).toBeUndefined();
      expect(cluster.master_auth).toBeUndefined();
    }
    for (const pool of resources(bare, 'google_container_node_pool')) {
      expect(pool.node_config).toMatchObject({
        workload_metadata_config: { mode: 'GKE_METADATA' },
        shielded_instance_config: { enable_secure_boot: true, enable_integrity_monitoring: true },
        metadata: { 'disable-legacy-endpoints': 'true' },
      });
      expect(pool.management).toEqual({ auto_repair: true, auto_upgrade: true });
    }
  });

  test('writes no secret into the template', () => {
    expect(JSON.stringify(bare)).not.toMatch(/BEGIN (RSA |EC )?PRIVATE KEY|AIza[0-9A-Za-z_-]{35}|ya29\./);
  });
});

test('a service that is told to be internal has no way in from the internet', () => {
  const stack = googleStack();
  new ServerlessModel(stack, 'Iris', { ...minimal, ingress: Ingress.internal() });
  const from = template(stack);
  expect(only(from, 'google_cloud_run_v2_service').ingress).toBe('INGRESS_TRAFFIC_INTERNAL_ONLY');
  expect(resources(from, 'google_monitoring_uptime_check_config')).toEqual([]);
});

test('an endpoint behind Private Service Connect admits only the projects that were named', () => {
  const stack = googleStack();
  new ManagedEndpointModel(stack, 'Iris', { ...minimal, privateServiceConnectProjects: ['consumer-a'] });
  const endpoint = only(template(stack), 'google_vertex_ai_endpoint');
  expect(endpoint.private_service_connect_config.project_allowlist).toEqual(['consumer-a']);
  expect(endpoint.dedicated_endpoint_enabled).toBeUndefined();
});

test('a workload is on no public address, whatever its load balancer', () => {
  const stack = googleStack();
  new ContainerModel(stack, 'Iris', { ...minimal, exposure: Exposure.loadBalancer({ sourceRanges: ['10.0.0.0/8'] }) });
  const { metadata, spec } = only(template(stack), 'kubernetes_service_v1');
  expect(metadata.annotations['networking.gke.io/load-balancer-type']).toBe('Internal');
  expect(spec.load_balancer_source_ranges).toEqual(['10.0.0.0/8']);
});

test('only anonymous access lets in everybody, and only to invoke', () => {
  const stack = googleStack();
  new ServerlessModel(stack, 'Iris', { ...minimal, access: Access.anonymous(), rollout: Rollout.allAtOnce() });
  const open = members(template(stack)).filter(({ member }) => member === 'allUsers');
  expect(open.map(({ role }) => role)).toEqual(['roles/run.invoker']);
});
