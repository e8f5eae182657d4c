import { allMonth, HOURS_PER_MONTH, type Usage } from '../cost/bill.js';
import { autopilot, CLOUD_RUN_STEP_SECONDS, cloudRunInstances, cloudRunRequests, roundUp } from '../cost/services.js';
import { CLOUD_RUN } from '../gcp/private/cloud-run/limits.js';
import { GKE } from '../gcp/private/gke/limits.js';
import { VERTEX } from '../gcp/private/vertex/limits.js';
import { neededMemoryMib, obstaclesOf } from './obstacles.js';
import { activeSeconds, busyHours, monthlyRequests, mostReplicas, replicaHours } from './replicas.js';
import type { ComparedTarget, ReplicaSize } from './target.js';

/** Maximum request over HTTP/1: https://cloud.google.com/run/quotas */
const CLOUD_RUN_REQUEST_BYTES = 32 * 2 ** 20;

const IDENTITY = 'Google identity tokens authenticate callers';

/** Default number of concurrent requests of an instance of Cloud Run. */
const CONCURRENCY = 80;

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
    const needed = neededMemoryMib(question);
    if (question.load.gpu) return { vcpu: 4, memoryMib: 16_384, label: 'L4, 4 vCPU, 16 GiB' };
    for (const [vcpu, { min, max }] of CLOUD_RUN.cpus) {
      if (needed > max) continue;
      const memoryMib = Math.max(1024, min, roundUp(needed, 512));
      return { vcpu, memoryMib, label: `${vcpu} vCPU, ${memoryMib / 1024} GiB` };
    }
    return { vcpu: 8, memoryMib: CLOUD_RUN.memoryMib.max, label: '8 vCPU, 32 GiB' };
  },
  replicas: (question) => mostReplicas(question, CLOUD_RUN_TARGET.size(question), 0),
  obstacles: (question) => {
    const size = CLOUD_RUN_TARGET.size(question);
    return obstaclesOf(
      question,
      {
        service: 'Cloud Run',
        requestBytes: CLOUD_RUN_REQUEST_BYTES,
        timeoutSeconds: CLOUD_RUN.timeoutSeconds.max,
        maxReplicas: CLOUD_RUN.instances.max,
        maxMemoryMib: CLOUD_RUN.memoryMib.max,
        gpu: true,
      },
      size,
      CLOUD_RUN_TARGET.replicas(question),
    );
  },
  usages: (question) => {
    const { vcpu, memoryMib } = CLOUD_RUN_TARGET.size(question);
    if (question.load.gpu) return gpuInstance(busyHours(question.load) * 3600);
    const seconds = roundUp(question.measured.latencySeconds, CLOUD_RUN_STEP_SECONDS);
    const active = activeSeconds(question, CLOUD_RUN_TARGET.size(question), seconds, CONCURRENCY);
    return cloudRunRequests(active, monthlyRequests(question.load), vcpu, memoryMib / 1024);
  },
};

function gpuInstance(seconds: number): Usage[] {
  return [
    ...cloudRunInstances(seconds, CLOUD_RUN.gpu.minCpus, CLOUD_RUN.gpu.minMemoryMib / 1024),
    { what: 'GPU', price: 'gcp.run.l4', units: seconds },
  ];
}

/** CPU and memory of the sidecar that mounts the model: https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-storage-fuse-csi-driver-sidecar */
const SIDECAR = { vcpu: 0.25, memoryGib: 0.25 };

const GKE_TARGET: ComparedTarget = {
  id: 'gke',
  cloud: 'gcp',
  construct: 'ContainerModel on Autopilot',
  minReplicas: 1,
  security: [IDENTITY, 'internal load balancer', 'workload identity that may only read the model'],
  size: (question) => {
    const memoryMib = Math.max(1024, roundUp(neededMemoryMib(question), 256));
    // Autopilot gives a pod at least one vCPU for each 6.5 GiB.
    const vcpu = Math.max(1, Math.ceil(memoryMib / 1024 / 6.5));
    return { vcpu, memoryMib, label: `${vcpu} vCPU, ${memoryMib / 1024} GiB` };
  },
  replicas: (question) => mostReplicas(question, GKE_TARGET.size(question), GKE_TARGET.minReplicas),
  obstacles: (question) => {
    const size = GKE_TARGET.size(question);
    return obstaclesOf(
      question,
      {
        service: 'GKE Autopilot without `gpu`',
        timeoutSeconds: GKE.timeoutSeconds.max,
        maxReplicas: GKE.maxReplicas.max,
        maxMemoryMib: GKE.memoryMib.max,
        gpu: false,
      },
      size,
      GKE_TARGET.replicas(question),
    );
  },
  usages: (question, prices) => {
    const size = GKE_TARGET.size(question);
    const hours = replicaHours(question, size, GKE_TARGET.minReplicas);
    return [
      ...autopilot(hours, size.vcpu + SIDECAR.vcpu, size.memoryMib / 1024 + SIDECAR.memoryGib),
      allMonth(prices, { what: 'cluster', price: 'gcp.gke.fee' }),
    ];
  },
};

const VERTEX_TARGET: ComparedTarget = {
  id: 'vertex',
  cloud: 'gcp',
  construct: 'ManagedEndpointModel',
  coldStart: 'gcp.vertex',
  minReplicas: 1,
  security: [IDENTITY, 'dedicated endpoint', 'own service account that may only read the model'],
  size: ({ load }): ReplicaSize =>
    load.gpu
      ? { vcpu: 8, memoryMib: 32_768, label: 'g2-standard-8 (L4)' }
      : { vcpu: 4, memoryMib: 16_384, label: 'e2-standard-4' },
  replicas: (question) => mostReplicas(question, VERTEX_TARGET.size(question), VERTEX_TARGET.minReplicas),
  obstacles: (question) => {
    const size = VERTEX_TARGET.size(question);
    return obstaclesOf(
      question,
      {
        service: 'a Vertex AI endpoint',
        requestBytes: VERTEX.dedicatedPayloadBytes,
        timeoutSeconds: VERTEX.dedicatedTimeoutSeconds,
        maxReplicas: VERTEX.replicas.max,
        maxMemoryMib: size.memoryMib,
        gpu: true,
      },
      size,
      VERTEX_TARGET.replicas(question),
    );
  },
  usages: (question) => {
    const size = VERTEX_TARGET.size(question);
    const hours = question.load.gpu ? HOURS_PER_MONTH : replicaHours(question, size, VERTEX_TARGET.minReplicas);
    return [{ what: 'nodes', price: `gcp.vertex.${size.label.split(' ')[0]}`, units: hours }];
  },
};

/** Targets on Google Cloud. */
export const GCP_TARGETS: readonly ComparedTarget[] = [CLOUD_RUN_TARGET, GKE_TARGET, VERTEX_TARGET];
