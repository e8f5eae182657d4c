import { HOURS_PER_MONTH, type Usage } from '../../../cost/bill.js';
import { type IdlePart, runsAllMonth, STATED_GIGABYTES, STATED_LOAD } from '../../../cost/monthly-cost.js';
import { CLOUD_RUN_STEP_SECONDS, cloudRunIdle, cloudRunRequests, roundUp } from '../../../cost/services.js';
import type { ModelWorkloadProps } from '../../../kubernetes/model-workload-props.js';
import { DEFAULT_CPU, DEFAULT_MEMORY_MIB } from '../../../kubernetes/private/pod.js';
import { product, type ResourceAttributes, type ResourcePrices } from '../../../terraform/monthly-cost.js';

/** Number of zones of a region in which GKE creates the nodes of a pool by default. */
const ZONES = 3;
/** Default size of a node's boot disk in GiB. */
const BOOT_DISK_GIB = 100;

const LOAD_BALANCER = { what: 'load balancer', price: 'gcp.lb.rule' } as const;

/** Prices of the resources of Google Cloud. */
export const GOOGLE_PRICES: ResourcePrices = {
  cloud: 'gcp',
  idle: {
    google_cloud_run_v2_service: ({ template }) => instances(template),
    google_container_cluster: () => [{ what: 'cluster', price: 'gcp.gke.fee' }],
    google_container_node_pool: (pool) => nodes(pool),
    google_compute_router_nat: () => [
      { what: 'NAT', price: 'gcp.nat.vm' },
      { what: 'NAT', price: 'gcp.ip' },
    ],
    google_compute_global_forwarding_rule: () => [LOAD_BALANCER],
    // Cloud Armor bills the policy and each of its rules.
    google_compute_security_policy: () => [{ what: 'web ACL', price: 'gcp.armor' }],
    restful_operation: ({ body }) => replicas(body?.deployedModel?.dedicatedResources),
  },
  atLoad: {
    google_cloud_run_v2_service: ({ template }) => loadedInstances(template),
    google_compute_global_forwarding_rule: () => [
      ...runsAllMonth([LOAD_BALANCER]),
      { what: LOAD_BALANCER.what, price: 'gcp.lb.gb', units: STATED_GIGABYTES },
    ],
  },
};

/**
 * Default requests of the sidecar that mounts the bucket with the model.
 * https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-storage-fuse-csi-driver-sidecar
 */
const SIDECAR = { cpu: 0.25, memoryMib: 256 };

/** Cost items of pods on Autopilot, which bills what they request. */
export function autopilotPods(workload: ModelWorkloadProps): IdlePart[] {
  const { minReplicas = 1, cpu = DEFAULT_CPU, memoryMib = DEFAULT_MEMORY_MIB } = workload;
  return [
    ...pods(minReplicas, cpu, memoryMib),
    ...(workload.modelVolume ? pods(minReplicas, SIDECAR.cpu, SIDECAR.memoryMib) : []),
  ];
}

function pods(count: number, cpu: number, memoryMib: number): IdlePart[] {
  return [
    { what: 'pods', price: 'gcp.gke.ap.vcpu', quantity: product(count, cpu) },
    { what: 'pods', price: 'gcp.gke.ap.gib', quantity: product(count, memoryMib, 1 / 1024) },
  ];
}

/** Idle instances of a Cloud Run service. With a GPU they are billed as if they were processing requests. */
function instances({ scaling, containers, node_selector: gpu }: ResourceAttributes): IdlePart[] {
  const [what, count] = ['idle instances', scaling?.min_instance_count ?? 0];
  if (count === 0) return [];
  const { cpu, memory } = containers[0].resources.limits;
  const billing = gpu ? 'inst' : 'idle';
  return [
    { what, price: `gcp.run.${billing}.vcpu`, quantity: product(count, Number(cpu)) },
    { what, price: `gcp.run.${billing}.gib`, quantity: product(count, Number.parseFloat(memory), 1 / 1024) },
    ...(gpu
      ? [{ what: 'GPUs', price: `gcp.run.${gpu.accelerator.replace('nvidia-', '')}`, quantity: product(count) }]
      : []),
  ];
}

/** Usage of a Cloud Run service at the stated load, which one instance serves. */
function loadedInstances(template: ResourceAttributes): Usage[] {
  const { scaling, containers, node_selector: gpu } = template;
  const count = scaling?.min_instance_count ?? 0;
  // An instance with a GPU is billed from its start to its end, and requests that come every few seconds keep it running.
  if (gpu) return runsAllMonth(instances({ ...template, scaling: { min_instance_count: count || 1 } }));
  const { requests, seconds } = STATED_LOAD;
  const { cpu, memory } = containers[0].resources.limits;
  const [vcpu, gib] = [Number(cpu), Number.parseFloat(memory) / 1024];
  const active = requests * roundUp(seconds, CLOUD_RUN_STEP_SECONDS);
  const idle = count === 0 ? 0 : product(count, HOURS_PER_MONTH * 3600) - active;
  return [...cloudRunRequests(active, requests, vcpu, gib), ...cloudRunIdle(idle, vcpu, gib)];
}

/** Nodes of a pool. At least one runs, because a model has at least one pod. */
function nodes({ autoscaling, node_locations: zones, node_config: node }: ResourceAttributes): IdlePart[] {
  const inZone = product(autoscaling.min_node_count ?? 0, zones?.length ?? ZONES);
  const quantity = Math.max(1, autoscaling.total_min_node_count ?? 0, inZone);
  const { machine_type: type, spot, guest_accelerator: gpus = [] } = node;
  return [
    // The price of spot nodes changes every month. That of accelerator-optimized machines includes their GPUs.
    { what: 'nodes', price: `gcp.gce.${type}${spot ? '.spot' : ''}`, quantity },
    ...(type.startsWith('n1-') ? gpus : []).map(({ type: gpu }: ResourceAttributes) => ({
      what: 'GPUs',
      price: `gcp.gce.${gpu}`,
      quantity,
    })),
    { what: 'disks', price: 'gcp.pd.balanced', quantity: product(quantity, BOOT_DISK_GIB) },
  ];
}

/** Replicas of a model deployed to a Vertex AI endpoint. */
function replicas(resources: ResourceAttributes): IdlePart[] {
  if (!resources) return [];
  const { machineSpec, minReplicaCount } = resources;
  const { machineType, acceleratorType } = machineSpec;
  const quantity = product(minReplicaCount);
  return [
    { what: 'replicas', price: `gcp.vertex.${machineType}`, quantity },
    // The price of accelerator-optimized machines includes their GPUs.
    ...(acceleratorType && machineType.startsWith('n1-')
      ? [{ what: 'GPUs', price: acceleratorType === 'NVIDIA_TESLA_T4' ? 'gcp.vertex.t4' : acceleratorType, quantity }]
      : []),
  ];
}
