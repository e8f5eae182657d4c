import type { Call, Kind } from './kinds.js';
import { type Json, Refusal, workloadPool } from './store.js';

/** https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters#Cluster: at most 40. */
const NAME = /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/;
const VERSION = '1.34.2-gke.1000000';

/** Zones of a region without a GPU: https://cloud.google.com/compute/docs/gpus/gpu-regions-zones */
const ZONES_WITHOUT_GPU: { readonly [gpu: string]: readonly string[] } = {
  'nvidia-tesla-t4': ['europe-west4-a'],
  'nvidia-tesla-a100': ['europe-west4-c'],
};

const cluster: Kind = {
  id: ({ body }) => body.cluster.name,
  from: (body) => body.cluster,
  isShort: true,
  check(resource, { store, key }) {
    if (!NAME.test(resource.name)) throw new Refusal(400, `Cluster.name ${resource.name} is invalid`);
    // https://cloud.google.com/kubernetes-engine/docs/how-to/encrypting-secrets#grant_permission_to_use_the_key
    const { keyName } = resource.databaseEncryption ?? {};
    if (keyName) checkKey(store, keyName, 'container-engine-robot');
    const defaults = resource.autoscaling?.autoprovisioningNodePoolDefaults;
    for (const nodes of [
      resource.nodeConfig,
      defaults,
      ...(resource.nodePools ?? []).map(({ config }: Json) => config),
    ])
      if (nodes) checkNodes(store, nodes);
    // https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters#Cluster
    for (const [kind, name] of [
      ['networks', resource.network],
      ['subnetworks', resource.subnetwork],
    ] as const) {
      const region = key.split('/')[4];
      const place = kind === 'networks' ? 'global' : `regions/${region}`;
      const id = (name ?? 'default').split('/').at(-1);
      store.get(`compute.googleapis.com/projects/${store.project}/${place}/${kind}/${id}`);
    }
  },
  complete(resource, { store, key, kubernetes }) {
    const [, , project, , location, , name] = key.split('/');
    if (!kubernetes) throw new Refusal(501, 'the double was started without an API of Kubernetes');
    const initial = resource.nodePools ?? [];
    delete resource.nodePools;
    const isAutopilot = resource.autopilot?.enabled ?? false;
    const { subnetwork = 'default', network = 'default' } = resource;
    // A cluster starts with a node pool, which Terraform may remove.
    for (const pool of initial.length > 0 ? initial : [{ name: 'default-pool', config: resource.nodeConfig ?? {} }]) {
      const at = `${key}/nodePools/${pool.name}`;
      const made = { initialNodeCount: resource.initialNodeCount, ...pool };
      completePool(made, location!);
      store.resources.set(at, made);
    }
    Object.assign(resource, {
      id: store.nextId(),
      etag: `${store.next()}`,
      selfLink: `https://container.googleapis.com/v1/projects/${project}/locations/${location}/clusters/${name}`,
      status: 'RUNNING',
      location,
      zone: location,
      locations: zones(location!),
      endpoint: kubernetes.address,
      masterAuth: { clusterCaCertificate: Buffer.from(kubernetes.certificate).toString('base64') },
      currentMasterVersion: VERSION,
      initialClusterVersion: VERSION,
      currentNodeVersion: VERSION,
      network: network.split('/').at(-1),
      subnetwork: subnetwork.split('/').at(-1),
      clusterIpv4Cidr: '10.4.0.0/17',
      servicesIpv4Cidr: '10.5.0.0/22',
      loggingService: 'logging.googleapis.com/kubernetes',
      monitoringService: 'monitoring.googleapis.com/kubernetes',
      legacyAbac: { ...resource.legacyAbac },
      networkConfig: {
        network: `projects/${project}/global/networks/${network.split('/').at(-1)}`,
        subnetwork: `projects/${project}/regions/${location}/subnetworks/${subnetwork.split('/').at(-1)}`,
        ...(isAutopilot ? { datapathProvider: 'ADVANCED_DATAPATH' } : {}),
        ...resource.networkConfig,
      },
      databaseEncryption: { state: 'DECRYPTED', ...resource.databaseEncryption },
      ...(isAutopilot ? { workloadIdentityConfig: { workloadPool: `${project}.svc.id.goog` } } : {}),
    });
    // Autopilot provisions nodes by itself, without limits.
    if (isAutopilot) {
      resource.autoscaling = {
        ...resource.autoscaling,
        enableNodeAutoprovisioning: true,
        autoscalingProfile: 'OPTIMIZE_UTILIZATION',
        resourceLimits: ['cpu', 'memory'].map((resourceType) => ({ resourceType, maximum: '1000000000' })),
        autoprovisioningNodePoolDefaults: {
          imageType: 'COS_CONTAINERD',
          management: { autoUpgrade: true, autoRepair: true },
          ...resource.autoscaling?.autoprovisioningNodePoolDefaults,
        },
      };
    }
    const { privateClusterConfig = {} } = resource;
    resource.privateClusterConfig = {
      privateEndpoint: '10.0.0.2',
      publicEndpoint: kubernetes.address,
      ...privateClusterConfig,
    };
    // The first cluster of a project creates the pool: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
    store.give(workloadPool(project!), {});
  },
};

const nodePool: Kind = {
  id: ({ body }) => body.nodePool.name,
  from: (body) => body.nodePool,
  isShort: true,
  check(resource, { store, key }) {
    checkNodes(store, resource.config ?? {});
    const region = key.split('/')[4]!;
    const places: string[] = resource.locations ?? zones(region);
    for (const { acceleratorType } of resource.config?.accelerators ?? []) {
      const missing = places.find((zone) => ZONES_WITHOUT_GPU[acceleratorType]?.includes(zone));
      if (missing) throw new Refusal(400, `Accelerator type "${acceleratorType}" does not exist in zone ${missing}.`);
    }
  },
  complete(resource, { key }) {
    completePool(resource, key.split('/')[4]!);
  },
};

/** https://cloud.google.com/kubernetes-engine/docs/how-to/service-accounts */
function checkNodes(store: Call['store'], { serviceAccount, bootDiskKmsKey }: Json): void {
  if (serviceAccount && serviceAccount !== 'default' && !store.serviceAccount(serviceAccount)) {
    throw new Refusal(400, `Service account "${serviceAccount}" does not exist.`);
  }
  // https://cloud.google.com/kubernetes-engine/docs/how-to/using-cmek#grant_permission
  if (bootDiskKmsKey) checkKey(store, bootDiskKmsKey, 'compute-system');
}

function checkKey(store: Call['store'], key: string, agent: string): void {
  const member = `serviceAccount:service-${store.projectNumber}@${agent}.iam.gserviceaccount.com`;
  if (!store.hasRole(member, 'roles/cloudkms.cryptoKeyEncrypterDecrypter', `cloudkms.googleapis.com/${key}`)) {
    throw new Refusal(
      400,
      `Cloud KMS key ${key} cannot be used: ${agent} lacks cloudkms.cryptoKeyVersions.useToEncrypt.`,
    );
  }
}

function completePool(pool: Json, location: string): void {
  Object.assign(pool, {
    status: 'RUNNING',
    version: VERSION,
    locations: pool.locations ?? zones(location),
    instanceGroupUrls: [],
    podIpv4CidrSize: 24,
    management: { autoRepair: true, autoUpgrade: true, ...pool.management },
    maxPodsConstraint: { maxPodsPerNode: '110' },
    upgradeSettings: { maxSurge: 1, strategy: 'SURGE', ...pool.upgradeSettings },
    networkConfig: {
      podRange: 'pods',
      podIpv4CidrBlock: '10.4.0.0/17',
      enablePrivateNodes: true,
      ...pool.networkConfig,
    },
    config: {
      machineType: 'e2-medium',
      diskSizeGb: 100,
      diskType: 'pd-balanced',
      imageType: 'COS_CONTAINERD',
      oauthScopes: ['https://www.googleapis.com/auth/devstorage.read_only'],
      serviceAccount: 'default',
      metadata: { 'disable-legacy-endpoints': 'true' },
      shieldedInstanceConfig: { enableIntegrityMonitoring: true },
      windowsNodeConfig: {},
      ...pool.config,
    },
  });
}

function zones(location: string): string[] {
  return ['a', 'b', 'c'].map((zone) => `${location}-${zone}`);
}

function getCluster({ store, key }: Call): Json {
  return { ...store.get(key), nodePools: store.list(`${key}/nodePools`) };
}

export const gke: {
  readonly kinds: { readonly [id: string]: Kind };
  readonly methods: { readonly [id: string]: (call: Call) => Json };
} = {
  kinds: {
    'container.projects.locations.clusters': cluster,
    'container.projects.locations.clusters.nodePools': nodePool,
  },
  methods: {
    'container.projects.locations.clusters.get': getCluster,
  },
};
