import type { Construct } from 'constructs';
import { checkClusterServer, readsMount } from '../../../kubernetes/server-validation.js';
import { Access } from '../../../serving/access.js';
import { Rollout } from '../../../serving/rollout.js';
import { checkGpuUse } from '../../../serving/validation/server.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { checkOneImage, refuse } from '../../../terraform/serving-props.js';
import { validatorFor } from '../../../terraform/validator.js';
import type { ContainerModelProps } from '../../container-props.js';
import { AZURE_PROPS, checkAzureProps, checkInNetwork } from '../shared/validation.js';
import { AKS } from './limits.js';

const PROPS: Readonly<Record<keyof ContainerModelProps, true>> = {
  ...AZURE_PROPS,
  server: true,
  image: true,
  cluster: true,
  kubernetesProvider: true,
  clusterOptions: true,
  cpuMillis: true,
  memoryMib: true,
  gpuCount: true,
  modelMount: true,
  startupSeconds: true,
  exposure: true,
  callerNamespaces: true,
  traceNamespaces: true,
  stableModel: true,
};

/** @throws ValidationError naming every prop that AKS cannot do */
export function validateContainer(scope: Construct, props: ContainerModelProps): void {
  const validator = validatorFor(scope, 'ContainerModel');
  validator.knownProps(props, Object.keys(PROPS));
  checkAzureProps(validator, props);
  validator.number('timeoutSeconds', props.timeoutSeconds, AKS.timeoutSeconds);
  checkReplicas(validator, props);
  checkCluster(validator, props);
  checkRollout(validator, props);
  checkServing(validator, props);
  if ((props.access ?? Access.cloudIdentity()).kind === 'apiKey') {
    refuse(
      validator,
      'access',
      'got apiKey, and nothing before the pods knows keys; use Access.jwt() or Access.cloudIdentity(), whose tokens the ' +
        'runtime checks, or ServerlessModel of modelship/azure on Functions',
    );
  }
  if (props.throttle) {
    refuse(
      validator,
      'throttle',
      'nothing before the pods counts what a caller asks; let the ingress do it by annotations of Exposure.ingress(), ' +
        'or use ServerlessModel of modelship/aws',
    );
  }
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

function checkReplicas(validator: Validator, { minReplicas, maxReplicas }: ContainerModelProps): void {
  if (minReplicas === 0) {
    refuse(
      validator,
      'minReplicas',
      'got 0, and a HorizontalPodAutoscaler keeps at least 1 pod; for scale to zero use ServerlessModel of ' +
        'modelship/azure, or add an HTTPScaledObject of KEDA, which the cluster runs',
    );
  } else validator.number('minReplicas', minReplicas, { min: 1, max: 1000, source: 'a HorizontalPodAutoscaler' });
  validator.number('maxReplicas', maxReplicas, { min: 1, max: 1000, source: 'a HorizontalPodAutoscaler' });
}

function checkCluster(validator: Validator, props: ContainerModelProps): void {
  const { cluster, kubernetesProvider, clusterOptions = {} } = props;
  validator.check(
    (cluster === undefined) === (kubernetesProvider === undefined),
    cluster ? 'kubernetesProvider' : 'cluster',
    'MISSING',
    'a cluster that is there needs a Kubernetes provider that reaches it, and only such a cluster does; give both or neither',
  );
  validator.check(
    cluster === undefined || props.clusterOptions === undefined,
    'clusterOptions',
    'NOT_OURS',
    'they are for a cluster that is made; leave them out, or leave `cluster` out',
  );
  validator.number('clusterOptions.minNodes', clusterOptions.minNodes, AKS.nodes);
  validator.number('clusterOptions.maxNodes', clusterOptions.maxNodes, { ...AKS.nodes, min: 1 });
  validator.number('gpuCount', props.gpuCount, { min: 0, max: 16, source: 'a node' });
  validator.check(
    props.gpuCount === undefined || cluster !== undefined,
    'gpuCount',
    'NOT_OURS',
    'it is for a `cluster` that is there; nodes that are made have those of clusterOptions.gpuCount, so leave it out',
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
  if (!props.cluster) checkInNetwork(validator, props, 'clusterOptions.subnet', clusterOptions.subnet);
  validator.check(
    !clusterOptions.isPrivate || clusterOptions.authorizedIpRanges === undefined,
    'clusterOptions.authorizedIpRanges',
    'PRIVATE',
    'a private API server has no public address to restrict; leave the ranges or `isPrivate` out',
  );
}

function checkRollout(validator: Validator, props: ContainerModelProps): void {
  const { rollout = Rollout.allAtOnce(), stableModel, exposure } = props;
  if (rollout.kind === 'linear') {
    refuse(
      validator,
      'rollout',
      'got linear, and Terraform has no clock to move traffic step by step; pods are replaced one by one anyway, or use ' +
        'Rollout.canary() and raise its percent from one apply to the next',
    );
  }
  validator.check(
    (rollout.kind === 'canary') === (stableModel !== undefined),
    'stableModel',
    'TRAFFIC_SUM',
    'a canary shares the traffic with the version that keeps the rest; give both Rollout.canary() and `stableModel`, or neither',
  );
  validator.check(
    rollout.kind !== 'canary' || exposure?.kind === 'gateway',
    'exposure',
    'NO_GATEWAY',
    'only a Gateway splits traffic by share; set Exposure.gateway(…), or leave the canary out',
  );
}
