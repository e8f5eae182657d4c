import {
  DEFAULT_PORT,
  DRAIN_SECONDS,
  ENVIRONMENT,
  LIVE_PATH,
  POD_METRICS_PORT,
  READY_PATH,
  RUN_AS,
  START_SECONDS,
} from '@modelship/runtime/contract';
import type { ModelVersion, ModelWorkloadProps } from '../model-workload-props.js';

export const CONTAINER_NAME = 'runtime';
export const PORT_NAME = 'http';
export const METRICS_PORT_NAME = 'metrics';
export const DEFAULT_MODEL_MOUNT = '/mnt/models';
export const DEFAULT_CPU_MILLIS = 1000;
export const DEFAULT_MEMORY_MIB = 1024;

/** How long load balancers may still send requests to a pod that is going away. */
const DEREGISTRATION_SECONDS = 5;
const PROBE_PERIOD_SECONDS = 5;
const MODEL_VOLUME = 'model';
const SCRATCH_VOLUME = 'tmp';

/**
 * The pod of one version, as the Kubernetes API has it. It meets the Pod Security Standard "restricted", and beyond it has a read-only root, limits
 * and no token of the cluster's API.
 */
export function podSpec(props: ModelWorkloadProps, version: ModelVersion, serviceAccountName: string) {
  const labels = { [NAME_LABEL]: props.name };
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: DEREGISTRATION_SECONDS + DRAIN_SECONDS + PROBE_PERIOD_SECONDS,
    nodeSelector: props.nodeSelector,
    tolerations: props.tolerations?.map(({ key, value, effect }) => ({
      key,
      operator: value === undefined ? 'Exists' : 'Equal',
      value,
      effect,
    })),
    topologySpreadConstraints: ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: labels },
    })),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: RUN_AS,
      runAsGroup: RUN_AS,
      fsGroup: RUN_AS,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container(props, version)],
    volumes: [
      { name: SCRATCH_VOLUME, emptyDir: {} },
      ...(props.modelVolume ? [{ name: MODEL_VOLUME, ...props.modelVolume.source }] : []),
    ],
  };
}

/** The label that finds the pods of a workload, whatever their version. */
export const NAME_LABEL = 'app.kubernetes.io/name';

function container(props: ModelWorkloadProps, { image, environment }: ModelVersion) {
  const resources = {
    cpu: `${props.cpuMillis ?? DEFAULT_CPU_MILLIS}m`,
    memory: `${props.memoryMib ?? DEFAULT_MEMORY_MIB}Mi`,
    ...(props.gpuCount ? { 'nvidia.com/gpu': `${props.gpuCount}` } : {}),
  };
  const metrics = props.metricsNamespaces && { [ENVIRONMENT.metricsPort]: `${POD_METRICS_PORT}` };
  const probe = (path: string) => ({
    httpGet: { path, port: PORT_NAME },
    periodSeconds: PROBE_PERIOD_SECONDS,
    timeoutSeconds: PROBE_PERIOD_SECONDS,
  });
  return {
    name: CONTAINER_NAME,
    image,
    env: Object.entries({ ...environment, ...metrics }).map(([name, value]) => ({ name, value })),
    ports: [
      { name: PORT_NAME, containerPort: DEFAULT_PORT, protocol: 'TCP' },
      ...(metrics ? [{ name: METRICS_PORT_NAME, containerPort: POD_METRICS_PORT, protocol: 'TCP' }] : []),
    ],
    resources: { requests: resources, limits: resources },
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    startupProbe: { ...probe(READY_PATH), failureThreshold: Math.ceil(START_SECONDS / PROBE_PERIOD_SECONDS) },
    readinessProbe: { ...probe(READY_PATH), failureThreshold: 1 },
    livenessProbe: { ...probe(LIVE_PATH), failureThreshold: 3 },
    lifecycle: {
      // The image has no shell to be relied on, but it has Node.
      preStop: { exec: { command: ['node', '-e', `setTimeout(() => {}, ${DEREGISTRATION_SECONDS * 1000})`] } },
    },
    volumeMounts: [
      { name: SCRATCH_VOLUME, mountPath: '/tmp' },
      ...(props.modelVolume
        ? [{ name: MODEL_VOLUME, mountPath: props.modelMountPath ?? DEFAULT_MODEL_MOUNT, readOnly: true }]
        : []),
    ],
  };
}

/** A pod as the Kubernetes API has it. */
export type PodSpec = ReturnType<typeof podSpec>;
