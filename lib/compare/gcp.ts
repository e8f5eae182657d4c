import { allMonth } from '../cost/bill.js';
import { autopilot, CLOUD_RUN_STEP_SECONDS, cloudRunInstances, cloudRunRequests, roundUp } from '../cost/services.js';
import { CLOUD_RUN } from '../gcp/private/cloud-run/limits.js';
import { GKE } from '../gcp/private/gke/limits.js';
import { VERTEX } from '../gcp/private/vertex/limits.js';
import { neededMemoryMib } from './obstacles.js';
import { activeSeconds, busyHours, monthlyRequests } from './replicas.js';
import { type ComparedTarget, instanceOf, type ReplicaSize } from './target.js';

/** Maximum request over HTTP/1: https://cloud.google.com/run/quotas */
const CLOUD_RUN_REQUEST_BYTES = 32 * 2 ** 20;

const IDENTITY = 'Google identity tokens authenticate callers';

const CLOUD_RUN_TARGET: ComparedTarget = {
  id: 'cloud-run',
  cloud: 'gcp',
  construct: 'ServerlessModel',
  coldStart: 'gcp.cloudRun',
  minReplicas: 0,
  security: [
    IDENTITY,
    'public address, unless `ingress` is internal',
    'own service account that may only read the model',
  ],
  size: (question) => {
    const { gpu } = question.load;
    const least = gpu ? CLOUD_RUN.gpu : { minCpus: 1, minMemoryMib: 1024 };
    const needed = Math.max(least.minMemoryMib, roundUp(neededMemoryMib(question), 512));
    const sizeOf = (vcpu: number, memoryMib: number): ReplicaSize => ({
      ...{ vcpu, memoryMib },
      label: `${gpu ? 'L4, ' : ''}${vcpu} vCPU, ${memoryMib / 1024} GiB`,
    });
    for (const [vcpu, { min, max }] of CLOUD_RUN.cpus) {
      if (vcpu >= least.minCpus && needed <= max) return sizeOf(vcpu, Math.max(min, needed));
    }
    return sizeOf(8, CLOUD_RUN.memoryMib.max);
  },
  limits: () => ({
    service: 'Cloud Run',
    requestBytes: CLOUD_RUN_REQUEST_BYTES,
    timeoutSeconds: CLOUD_RUN.timeoutSeconds.max,
    maxReplicas: CLOUD_RUN.instances.max,
    maxMemoryMib: CLOUD_RUN.memoryMib.max,
    gpu: true,
  }),
  usages: ({ size, ...question }) => {
    const { load, measured } = question;
    const memoryGib = size.memoryMib / 1024;
    if (load.gpu) {
      const seconds = busyHours(load) * 3600;
      return [
        ...cloudRunInstances(seconds, size.vcpu, memoryGib),
        { what: 'GPU', price: 'gcp.run.l4', units: seconds },
      ];
    }
    const seconds = roundUp(measured.latencySeconds, CLOUD_RUN_STEP_SECONDS);
    const active = activeSeconds(question, size, seconds, CLOUD_RUN.defaultConcurrency);
    return cloudRunRequests(active, monthlyRequests(load), size.vcpu, memoryGib);
  },
};

/** CPU and memory of the sidecar that mounts the model: https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-storage-fuse-csi-driver-sidecar */
const SIDECAR = { vcpu: 0.25, memoryGib: 0.25 };

const GKE_TARGET: ComparedTarget = {
  id: 'gke',
  cloud: 'gcp',
  construct: 'ContainerModel on Autopilot',
  minReplicas: 1,
  security: [IDENTITY, 'reachable only inside the cluster', 'workload identity that may only read the model'],
  size: (question) => {
    const memoryMib = Math.max(1024, roundUp(neededMemoryMib(question), 256));
    // Autopilot gives a pod at least one vCPU for each 6.5 GiB.
    const vcpu = Math.max(1, Math.ceil(memoryMib / 1024 / 6.5));
    return { vcpu, memoryMib, label: `${vcpu} vCPU, ${memoryMib / 1024} GiB` };
  },
  limits: () => ({
    service: 'GKE Autopilot without `gpu`',
    timeoutSeconds: GKE.timeoutSeconds.max,
    maxReplicas: GKE.maxReplicas.max,
    maxMemoryMib: GKE.memoryMib.max,
    gpu: false,
  }),
  usages: ({ size, replicaHours, prices }) => [
    ...autopilot(replicaHours, size.vcpu + SIDECAR.vcpu, size.memoryMib / 1024 + SIDECAR.memoryGib),
    allMonth(prices, { what: 'cluster', price: 'gcp.gke.fee' }),
  ],
};

const VERTEX_TARGET: ComparedTarget = {
  id: 'vertex',
  cloud: 'gcp',
  construct: 'ManagedEndpointModel',
  coldStart: 'gcp.vertex',
  minReplicas: 1,
  security: [IDENTITY, 'dedicated endpoint', 'own service account that may only read the model'],
  size: ({ load }) =>
    load.gpu ? instanceOf('g2-standard-8', 8, 32_768, 'L4') : instanceOf('e2-standard-4', 4, 16_384),
  limits: (size) => ({
    service: 'a Vertex AI endpoint',
    requestBytes: VERTEX.dedicatedPayloadBytes,
    timeoutSeconds: VERTEX.dedicatedTimeoutSeconds,
    maxReplicas: VERTEX.replicas.max,
    maxMemoryMib: size.memoryMib,
    gpu: true,
  }),
  usages: ({ size, replicaHours }) => [
    { what: 'nodes', price: `gcp.vertex.${size.instanceType}`, units: replicaHours },
  ],
};

/** Targets on Google Cloud. */
export const GCP_TARGETS: readonly ComparedTarget[] = [CLOUD_RUN_TARGET, GKE_TARGET, VERTEX_TARGET];
