import {
  DRAIN_SECONDS,
  ENVIRONMENT,
  LIVE_PATH,
  POD_METRICS_PORT,
  READY_PATH,
  RUN_AS,
  START_SECONDS,
} from '@modelship/runtime/contract';
import { Token } from 'cdktf';
import { MODEL_MOUNT } from '../../serving/defaults.js';
import { type ModelServer, serverOf } from '../../serving/servers/model-server.js';
import type { ServerSpec } from '../../serving/servers/spec.js';
import type { ModelVersion, ModelWorkloadProps } from '../model-workload-props.js';

export const CONTAINER_NAME = 'runtime';
export const PORT_NAME = 'http';
export const METRICS_PORT_NAME = 'metrics';
export const DEFAULT_CPU = 1;
export const DEFAULT_MEMORY_MIB = 1024;

/** Time that load balancers may still send requests to a terminating pod. */
const DEREGISTRATION_SECONDS = 5;
/** Sleep command of Modelship's runtime. Its image may lack a `sleep` program, but always contains Node. */
const NODE_SLEEP = ['node', '-e', `setTimeout(() => {}, ${DEREGISTRATION_SECONDS * 1000})`];
/** Sleep command of other servers. If the image has no `sleep`, the pod stops at once and Kubernetes emits an event. */
const SLEEP = ['sleep', `${DEREGISTRATION_SECONDS}`];
/** Time for other servers to drain. Triton waits 30 seconds for running requests, and streamed responses take long. */
const OTHER_DRAIN_SECONDS = 60;
const PROBE_PERIOD_SECONDS = 5;
const READY_FAILURES = 2;
const ROOT = 0;
const MODEL_VOLUME = 'model';
const SCRATCH_VOLUME = 'tmp';
const SCRATCH_FOLDER = '/tmp';
const SHARED_MEMORY_VOLUME = 'shm';
/** Size of `/dev/shm`. GPU servers exchange tensors between processes there, and the default of 64 MiB is too small. */
const SHARED_MEMORY = '2Gi';
/** Environment variables for libraries that look up their user's home and name. The user does not exist in images. */
const USER_VARIABLES = { HOME: SCRATCH_FOLDER, USER: 'server' };

/**
 * Creates the pod specification of one version in the format of the Kubernetes API. It meets the Pod Security Standard
 * "restricted", or "baseline" if the server runs as root. In addition it sets resource limits and mounts no API token.
 * Modelship's runtime has a read-only root file system.
 */
export function podSpec(props: ModelWorkloadProps, version: ModelVersion, serviceAccountName: string) {
  const labels = { [NAME_LABEL]: props.name };
  const server = serverOf(props);
  const { user = RUN_AS } = server.spec;
  return {
    serviceAccountName,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds:
      DEREGISTRATION_SECONDS + (server.isModelship ? DRAIN_SECONDS : OTHER_DRAIN_SECONDS) + PROBE_PERIOD_SECONDS,
    nodeSelector: nodeSelector(props, server.spec),
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
      runAsNonRoot: user !== ROOT,
      runAsUser: user,
      runAsGroup: user,
      fsGroup: user,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [container(props, version, server)],
    volumes: [
      { name: SCRATCH_VOLUME, emptyDir: {} },
      ...(sharesMemory(props)
        ? [{ name: SHARED_MEMORY_VOLUME, emptyDir: { medium: 'Memory', sizeLimit: SHARED_MEMORY } }]
        : []),
      ...(props.modelVolume ? [{ name: MODEL_VOLUME, ...props.modelVolume.source }] : []),
    ],
  };
}

/** Label that selects the pods of all versions of a workload. */
export const NAME_LABEL = 'app.kubernetes.io/name';

/** Returns the port that the server in the pods listens on. */
export function portOf(props: ModelWorkloadProps): number {
  return serverOf(props).spec.port;
}

/** Returns the level of the Pod Security Standards that the pods of a workload meet. */
export function securityLevel(props: ModelWorkloadProps): string {
  return serverOf(props).spec.user === ROOT ? 'baseline' : 'restricted';
}

/** Adds the CPU architecture of a single-platform image, because a cluster can have nodes of both architectures. */
function nodeSelector({ nodeSelector }: ModelWorkloadProps, server: ServerSpec) {
  const [only, ...others] = server.architectures;
  return others.length > 0 ? nodeSelector : { 'kubernetes.io/arch': only!.name, ...nodeSelector };
}

/** Formats a number of CPUs as Kubernetes does, in thousandths. A token stays a number of CPUs. */
function cpuQuantity(cpu: number): string {
  return Token.isUnresolved(cpu) ? `${cpu}` : `${Math.round(cpu * 1000)}m`;
}

function sharesMemory(props: ModelWorkloadProps): boolean {
  return Boolean(props.gpuCount) && !serverOf(props).isModelship;
}

function container(props: ModelWorkloadProps, version: ModelVersion, { spec, isModelship: own }: ModelServer) {
  const { livePath = LIVE_PATH, readyPath = READY_PATH } = version;
  const resources = {
    cpu: cpuQuantity(props.cpu ?? DEFAULT_CPU),
    memory: `${props.memoryMib ?? DEFAULT_MEMORY_MIB}Mi`,
    ...(props.diskGib ? { 'ephemeral-storage': `${props.diskGib}Gi` } : {}),
    ...(props.gpuCount ? { 'nvidia.com/gpu': `${props.gpuCount}` } : {}),
  };
  const { startupSeconds = START_SECONDS } = props;
  // Without it the runtime would give up before the startup probe does.
  const start = own && startupSeconds !== START_SECONDS && { [ENVIRONMENT.startSeconds]: `${startupSeconds}` };
  const metrics = props.metricsNamespaces && { [ENVIRONMENT.metricsPort]: `${POD_METRICS_PORT}` };
  const probe = (path: string) => ({
    httpGet: { path, port: PORT_NAME },
    periodSeconds: PROBE_PERIOD_SECONDS,
    timeoutSeconds: PROBE_PERIOD_SECONDS,
  });
  return {
    name: CONTAINER_NAME,
    image: version.image,
    ...(version.args ? { args: version.args } : {}),
    ...(spec.workingFolder ? { workingDir: spec.workingFolder } : {}),
    env: [
      ...Object.entries({ ...(own ? {} : USER_VARIABLES), ...version.environment, ...start, ...metrics }).map(
        ([name, value]) => ({ name, value }),
      ),
      ...Object.entries(props.secrets ?? {}).map(([name, { secretName, key }]) => ({
        name,
        valueFrom: { secretKeyRef: { name: secretName, key } },
      })),
    ],
    ports: [
      { name: PORT_NAME, containerPort: spec.port, protocol: 'TCP' },
      ...(metrics ? [{ name: METRICS_PORT_NAME, containerPort: POD_METRICS_PORT, protocol: 'TCP' }] : []),
    ],
    resources: { requests: resources, limits: resources },
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      // Other servers write to arbitrary paths.
      readOnlyRootFilesystem: own,
      runAsNonRoot: spec.user !== ROOT,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
    startupProbe: {
      ...probe(readyPath),
      failureThreshold: Math.ceil(startupSeconds / PROBE_PERIOD_SECONDS),
    },
    // One slow response must not remove a pod from the service. Terminating pods leave it at once in any case.
    readinessProbe: { ...probe(readyPath), failureThreshold: READY_FAILURES },
    livenessProbe: { ...probe(livePath), failureThreshold: 3 },
    lifecycle: { preStop: { exec: { command: own ? NODE_SLEEP : SLEEP } } },
    volumeMounts: [
      { name: SCRATCH_VOLUME, mountPath: SCRATCH_FOLDER },
      ...(sharesMemory(props) ? [{ name: SHARED_MEMORY_VOLUME, mountPath: '/dev/shm' }] : []),
      ...(props.modelVolume
        ? [{ name: MODEL_VOLUME, mountPath: props.modelMountPath ?? MODEL_MOUNT, readOnly: true }]
        : []),
    ],
  };
}

/** Pod specification in the format of the Kubernetes API. */
export type PodSpec = ReturnType<typeof podSpec>;
