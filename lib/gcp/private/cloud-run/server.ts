import type { CloudRunV2ServiceTemplate } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import type { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import { DEFAULT_PORT, LIVE_PATH, READY_PATH, START_SECONDS } from '@modelship/runtime/contract';
import type { Construct } from 'constructs';
import { MODEL_MOUNT } from '../../../serving/defaults.js';
import { runtimeEnvironment } from '../../../terraform/runtime-environment.js';
import type { Gpu } from '../../gpu.js';
import { Ingress, VpcEgress } from '../../network.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import type { ModelStore } from '../shared/model-store.js';
import { projectVariables } from '../shared/project.js';
import { CLOUD_RUN } from './limits.js';
import { secretVariables } from './secrets.js';

/** Period of the startup probe. It is short because an instance receives requests only after the probe succeeds. */
const STARTUP_PERIOD_SECONDS = 2;

/** CPUs and memory of an instance. */
export interface CloudRunSize {
  readonly cpu: number;
  readonly memoryMib: number;
}

/** Returns the size from the props. Defaults with a GPU are the minimum that Cloud Run allows. */
export function cloudRunSize({
  cpu,
  memoryMib,
  gpu,
}: Pick<ServerlessModelProps, 'cpu' | 'memoryMib' | 'gpu'>): CloudRunSize {
  const { minCpus, minMemoryMib } = CLOUD_RUN.gpu;
  return { cpu: cpu ?? (gpu ? minCpus : 1), memoryMib: memoryMib ?? (gpu ? minMemoryMib : 1024) };
}

/** Resource limits of a container. */
export function instanceLimits({ cpu, memoryMib }: CloudRunSize, gpu: Gpu | undefined) {
  return { cpu: `${cpu}`, memory: `${memoryMib}Mi`, ...(gpu ? { 'nvidia.com/gpu': '1' } : {}) };
}

/** Settings of a template that select a GPU. */
export function gpuSelector(gpu: Gpu | undefined) {
  return gpu ? { nodeSelector: { accelerator: gpu.name }, gpuZonalRedundancyDisabled: true } : {};
}

/** Mounting a bucket requires the second-generation execution environment. */
export const EXECUTION_ENVIRONMENT = 'EXECUTION_ENVIRONMENT_GEN2';

/** Volumes of a template with the model, and their mounts in the container. */
export function modelMount({ bucketName }: ModelStore) {
  const name = 'models';
  return {
    volumes: [{ name, gcs: { bucket: bucketName, readOnly: true } }],
    volumeMounts: [{ name, mountPath: MODEL_MOUNT }],
  };
}

/** Returns the APIs that a service uses. */
export function cloudRunApis({ secrets, domainName, network, subnetwork }: ServerlessModelProps): string[] {
  const usesNetwork = [domainName, network, subnetwork].some((prop) => prop !== undefined);
  return ['run', ...(secrets ? ['secretmanager'] : []), ...(usesNetwork ? ['compute'] : [])];
}

/** Returns the ingress setting. With a load balancer, requests cannot bypass it by default. */
export function cloudRunIngress({ ingress, domainName }: ServerlessModelProps): Ingress {
  return ingress ?? (domainName === undefined ? Ingress.all() : Ingress.internalAndLoadBalancer());
}

/** Values of a revision that the construct determines. */
export interface RevisionOptions {
  readonly size: CloudRunSize;
  readonly image: string;
  readonly timeoutSeconds: number;
  /** Service account of the instances. */
  readonly serviceAccount: ServiceAccount;
  readonly modelStore: ModelStore;
}

/** Creates the revision template: the container, its probes, its volume and its network. */
export function revisionTemplate(
  scope: Construct,
  props: ServerlessModelProps,
  { size, image, timeoutSeconds, serviceAccount, modelStore }: RevisionOptions,
): CloudRunV2ServiceTemplate {
  const { volumes, volumeMounts } = modelMount(modelStore);
  const environment = {
    ...runtimeEnvironment(props, `${MODEL_MOUNT}/${modelStore.prefix}`, timeoutSeconds),
    ...projectVariables(scope, props.project),
  };
  const minInstanceCount = props.minReplicas ?? 0;
  const maxInstances = props.gpu ? CLOUD_RUN.gpu.defaultMaxInstances : CLOUD_RUN.defaultMaxInstances;
  const maxInstanceCount = props.maxReplicas ?? Math.max(minInstanceCount, maxInstances);
  return {
    serviceAccount: serviceAccount.email,
    executionEnvironment: EXECUTION_ENVIRONMENT,
    maxInstanceRequestConcurrency: props.maxConcurrency ?? CLOUD_RUN.defaultConcurrency,
    timeout: `${timeoutSeconds}s`,
    // Without a maximum, Cloud Run sets its own, which Terraform would remove at every apply.
    scaling: { minInstanceCount, maxInstanceCount },
    ...(props.encryptionKey ? { encryptionKey: props.encryptionKey } : {}),
    ...(props.labels ? { labels: props.labels } : {}),
    ...gpuSelector(props.gpu),
    ...vpcAccess(props),
    volumes,
    containers: [
      {
        image,
        ports: { containerPort: DEFAULT_PORT },
        env: [...Object.entries(environment).map(([name, value]) => ({ name, value })), ...secretVariables(props)],
        resources: {
          limits: instanceLimits(size, props.gpu),
          // CPU is allocated during requests only, except with a GPU, which requires CPU at all times.
          cpuIdle: !props.gpu,
          startupCpuBoost: true,
        },
        startupProbe: {
          httpGet: { path: READY_PATH, port: DEFAULT_PORT },
          periodSeconds: STARTUP_PERIOD_SECONDS,
          timeoutSeconds: STARTUP_PERIOD_SECONDS,
          failureThreshold: Math.floor(Math.min(START_SECONDS, CLOUD_RUN.startupSeconds) / STARTUP_PERIOD_SECONDS),
        },
        livenessProbe: {
          httpGet: { path: LIVE_PATH, port: DEFAULT_PORT },
          periodSeconds: 10,
          timeoutSeconds: 5,
          failureThreshold: 3,
        },
        volumeMounts,
      },
    ],
  };
}

function vpcAccess({ network, subnetwork, networkTags, vpcEgress }: ServerlessModelProps) {
  if (network === undefined && subnetwork === undefined) return {};
  return {
    vpcAccess: {
      egress: (vpcEgress ?? VpcEgress.privateRanges()).value,
      networkInterfaces: [{ network, subnetwork, tags: networkTags }],
    },
  };
}
