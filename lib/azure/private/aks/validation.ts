import type { Construct } from 'constructs';
import { checkCanaryExposure, checkClusterServer, readsMount } from '../../../kubernetes/server-validation.js';
import {
  BOOLEAN,
  checkProps,
  choice,
  NUMBER,
  object,
  type PropTypes,
  STRINGS,
} from '../../../serving/validation/prop-types.js';
import { checkGpuUse, IMAGE, SERVER } from '../../../serving/validation/server.js';
import { MODEL } from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { checkOneImage } from '../../../terraform/canary-image.js';
import { LINEAR_INSTEAD } from '../../../terraform/runtime-environment.js';
import { validatorFor } from '../../../terraform/validator.js';
import type { ContainerModelProps } from '../../container-props.js';
import { AZURE_PROPS, checkAzureProps, checkId, checkInNetwork, checkSubnet } from '../shared/validation.js';
import { AKS } from './limits.js';

const PROPS: PropTypes<ContainerModelProps> = {
  ...AZURE_PROPS,
  server: SERVER,
  image: IMAGE,
  cluster: object('a cluster of azurerm, or an object such as { id, oidcIssuerUrl }', 'id', 'oidcIssuerUrl'),
  kubernetesProvider: object('a KubernetesProvider'),
  clusterOptions: object('an object such as { vmSize: "Standard_D4s_v5" }'),
  cpu: NUMBER,
  memoryMib: NUMBER,
  gpuCount: NUMBER,
  modelMount: BOOLEAN,
  startupSeconds: NUMBER,
  exposure: choice('Exposure.cluster()'),
  callerNamespaces: STRINGS,
  traceNamespaces: STRINGS,
  stableModel: MODEL,
};

/**
 * Validates the props of a `ContainerModel`.
 *
 * @throws ValidationError naming every prop that AKS does not support
 */
export function validateContainer(scope: Construct, props: ContainerModelProps): void {
  const validator = validatorFor(scope, 'ContainerModel');
  checkProps(validator, props, PROPS);
  checkAzureProps(validator, props, {
    target: 'AKS',
    access: {
      kinds: ['cloudIdentity', 'jwt', 'anonymous'],
      instead: 'Use Access.jwt(), or ServerlessModel of modelship/azure on Functions for API keys',
    },
    minReplicas: {
      ...AKS.replicas,
      below: 'Use ServerlessModel, which scales to zero, or add an HTTPScaledObject of KEDA, which the cluster runs',
    },
    maxReplicas: AKS.replicas,
    rollout: {
      canary: {},
      stable: { prop: 'stableModel', value: props.stableModel, what: 'its package' },
      instead: LINEAR_INSTEAD,
    },
    throttle: 'Limit callers by annotations of Exposure.ingress(), or use ServerlessModel of modelship/aws',
    timeoutSeconds: AKS.timeoutSeconds,
  });
  checkCluster(validator, props);
  checkServing(validator, props);
  checkCanaryExposure(validator, props);
  validator.throwIfAny();
}

function hasGpu({ gpuCount, clusterOptions }: ContainerModelProps): boolean {
  return Boolean(gpuCount) || Boolean(clusterOptions?.gpuCount);
}

function checkServing(validator: Validator, props: ContainerModelProps): void {
  const { server, modelMount, cluster } = props;
  checkClusterServer(validator, props, {
    gpu: {
      prop: cluster ? 'gpuCount' : 'clusterOptions.gpuCount',
      has: hasGpu(props),
      how: cluster
        ? 'set gpuCount: 1, if nodes of the cluster have one'
        : 'give clusterOptions: { gpuCount: 1, vmSize: … }, such as `Standard_NC4as_T4_v3`',
    },
    access: ['anonymous'],
    sources: ['folder', 'hub'],
  });
  if (server?.spec.image === undefined) checkOneImage(validator, props);
  validator.check(
    modelMount !== false || !readsMount(props),
    'modelMount',
    'CONFLICT',
    `${server?.spec.name} fetches no models, and reads what is mounted; leave it out`,
  );
}

function checkCluster(validator: Validator, props: ContainerModelProps): void {
  const { cluster, kubernetesProvider, clusterOptions = {} } = props;
  validator.check(
    (cluster === undefined) === (kubernetesProvider === undefined),
    cluster ? 'kubernetesProvider' : 'cluster',
    'MISSING',
    '`cluster` and `kubernetesProvider` must be set together: an existing cluster needs a provider that can reach it',
  );
  validator.check(
    cluster === undefined || props.clusterOptions === undefined,
    'clusterOptions',
    'CONFLICT',
    'they are for a cluster that is made; leave them out, or leave `cluster` out',
  );
  for (const zone of clusterOptions.zones ?? []) {
    validator.text('clusterOptions.zones', zone, /^[1-9]$/, 'a zone is its number as text, such as `1`');
  }
  validator.number('clusterOptions.minNodes', clusterOptions.minNodes, AKS.nodes);
  validator.number('clusterOptions.maxNodes', clusterOptions.maxNodes, { ...AKS.nodes, min: 1 });
  validator.number('gpuCount', props.gpuCount, { min: 0, max: 16, source: 'a node' });
  validator.check(
    props.gpuCount === undefined || cluster !== undefined,
    'gpuCount',
    'CONFLICT',
    'it applies to an existing `cluster` only; for a new cluster use clusterOptions.gpuCount',
  );
  validator.number('clusterOptions.gpuCount', clusterOptions.gpuCount, { min: 0, max: 8, source: 'a node' });
  validator.text(
    'clusterOptions.vmSize',
    clusterOptions.vmSize,
    /^Standard_[A-Za-z0-9_-]+$/,
    'give the name of a kind of machine, such as `Standard_NC4as_T4_v3`',
  );
  validator.check(
    !clusterOptions.gpuCount || clusterOptions.vmSize !== undefined,
    'clusterOptions.vmSize',
    'MISSING',
    'GPUs come with the kind of machine; give one that has them, such as `Standard_NC4as_T4_v3`',
  );
  checkGpuUse(validator, {
    prop: 'image',
    isWasted: hasGpu(props) && props.image === undefined && props.server?.spec.image === undefined,
    instead: 'another `server`, or leave gpuCount out',
  });
  checkSubnet(validator, 'clusterOptions.subnet', clusterOptions.subnet);
  checkId(validator, 'cluster.id', cluster?.id, 'Microsoft.ContainerService/managedClusters');
  if (!props.cluster) checkInNetwork(validator, props, 'clusterOptions.subnet', clusterOptions.subnet);
  validator.check(
    !clusterOptions.isPrivate || clusterOptions.authorizedIpRanges === undefined,
    'clusterOptions.authorizedIpRanges',
    'CONFLICT',
    'a private API server has no public address to restrict; leave the ranges or `isPrivate` out',
  );
}
