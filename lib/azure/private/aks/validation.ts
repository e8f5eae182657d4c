import type { Construct } from 'constructs';
import { checkMaintenanceWindow, MAINTENANCE_WINDOW } from '../../../kubernetes/maintenance-window.js';
import { scaling } from '../../../kubernetes/private/scaling.js';
import {
  checkCanaryExposure,
  checkClusterServer,
  checkConcurrency,
  checkNodeArchitecture,
  EXPOSURE,
  readsMount,
  SECRET_KEY,
  SECRETS,
} from '../../../kubernetes/server-validation.js';
import { driftAlarms } from '../../../serving/alarms.js';
import type { Replicas } from '../../../serving/replicas.js';
import { serverOf } from '../../../serving/servers/model-server.js';
import {
  BOOLEAN,
  checkProps,
  choice,
  NUMBER,
  object,
  options,
  type PropTypes,
  required,
  STRING,
  STRINGS,
} from '../../../serving/validation/prop-types.js';
import { checkSecrets } from '../../../serving/validation/secrets.js';
import { checkGpuUse, IMAGE, SERVER } from '../../../serving/validation/server.js';
import { MODEL } from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { checkOneImage } from '../../../terraform/canary-image.js';
import { LINEAR_INSTEAD } from '../../../terraform/runtime-environment.js';
import { validatorFor } from '../../../terraform/validator.js';
import { AksCluster, type AksExistingOptions, type AksManagedOptions } from '../../cluster.js';
import type { ContainerModelProps } from '../../container-props.js';
import { KEDA_MAXIMUM } from '../shared/cron-triggers.js';
import {
  AZURE_PROPS,
  checkAzureProps,
  checkId,
  checkInNetwork,
  checkSubnet,
  RESERVED,
  SUBNET,
} from '../shared/validation.js';
import { nodeArchitecture } from './architecture.js';
import { AKS } from './limits.js';

const PROPS: PropTypes<ContainerModelProps> = {
  ...AZURE_PROPS,
  server: SERVER,
  image: IMAGE,
  cluster: choice('AksCluster.managed()', {
    managed: {
      options: options<AksManagedOptions>('an object such as { maxNodes: 5 }', {
        instanceType: STRING,
        minNodes: NUMBER,
        maxNodes: NUMBER,
        zones: STRINGS,
        subnet: SUBNET,
        isPrivate: BOOLEAN,
        authorizedNetworks: STRINGS,
        maintenanceWindow: MAINTENANCE_WINDOW,
        adminGroupObjectIds: STRINGS,
        kubernetesVersion: STRING,
        kubeloginMethod: STRING,
      }),
    },
    existing: {
      options: required(
        options<AksExistingOptions>('an object such as { id, oidcIssuerUrl, kubernetesProvider }', {
          id: required(STRING),
          oidcIssuerUrl: required(STRING),
          kubernetesProvider: required(object('a KubernetesProvider')),
        }),
      ),
    },
  }),
  cpu: NUMBER,
  memoryMib: NUMBER,
  gpuCount: NUMBER,
  targetConcurrency: NUMBER,
  spot: BOOLEAN,
  modelMount: BOOLEAN,
  secrets: SECRETS,
  startupSeconds: NUMBER,
  exposure: EXPOSURE,
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
      adviceBelowMin:
        'Use ServerlessModel, which scales to zero, or add an HTTPScaledObject of KEDA, which the cluster runs',
    },
    maxReplicas: AKS.replicas,
    schedule:
      props.cluster?.kind === 'existing'
        ? 'Create a ScaledObject of KEDA with cron triggers for `workload.deployment`, or use AksCluster.managed()'
        : { minReplicas: AKS.replicas, maxReplicas: KEDA_MAXIMUM, base: replicas(props), weeklyBy: 'KEDA' },
    rollout: {
      canary: { allowsZero: true },
      stable: { prop: 'stableModel', value: props.stableModel, what: 'its package' },
      instead: LINEAR_INSTEAD,
    },
    throttle: 'Limit callers by annotations of Exposure.ingress(), or use ServerlessModel of modelship/aws',
    timeoutSeconds: AKS.timeoutSeconds,
  });
  checkSecrets(validator, props, RESERVED, SECRET_KEY);
  checkCluster(validator, props);
  checkServing(validator, props);
  checkConcurrency(validator, props, false);
  validator.check(
    props.targetConcurrency === undefined || props.cluster?.kind !== 'existing',
    'targetConcurrency',
    'UNSUPPORTED',
    'Modelship does not know where an existing cluster stores its metrics; remove it and create a ScaledObject of KEDA for ' +
      '`workload.deployment`, or use AksCluster.managed()',
  );
  validator.check(
    driftAlarms(props.alarms).length === 0 || props.cluster?.kind !== 'existing',
    'alarms',
    'UNSUPPORTED',
    'Modelship does not know where an existing cluster stores the logs that drift and accuracyDropPercent are read from; remove them ' +
      'and query the logs of the pods, or use AksCluster.managed()',
  );
  checkNodeArchitecture(validator, props, nodeArchitecture(props));
  checkCanaryExposure(validator, props);
  validator.throwIfAny();
}

function replicas(props: ContainerModelProps): Replicas {
  const { minReplicas: min, maxReplicas: max } = scaling(props);
  return { min, max };
}

function checkServing(validator: Validator, props: ContainerModelProps): void {
  const { server, modelMount, gpuCount, cluster } = props;
  checkClusterServer(validator, props, {
    gpu: {
      prop: 'gpuCount',
      has: Boolean(gpuCount),
      how:
        cluster?.kind === 'existing'
          ? 'set gpuCount: 1 if nodes of the cluster have one'
          : "set gpuCount: 1 and cluster: AksCluster.managed({ instanceType: 'Standard_NC4as_T4_v3' })",
    },
    access: ['anonymous'],
    sources: ['folder', 'hub'],
  });
  if (serverOf(props).isModelship) checkOneImage(validator, props);
  validator.check(
    modelMount !== false || !readsMount(props),
    'modelMount',
    'CONFLICT',
    `${server?.spec.name} does not download models and reads the mounted one; remove it`,
  );
}

function checkCluster(validator: Validator, props: ContainerModelProps): void {
  const { cluster, gpuCount } = props;
  validator.number('gpuCount', gpuCount, { min: 0, max: 16, source: 'a node' });
  checkGpuUse(validator, {
    prop: 'image',
    isWasted: Boolean(gpuCount) && props.image === undefined && serverOf(props).isModelship,
    instead: 'set another `server`, or remove `gpuCount`',
  });
  const { settings } = cluster ?? AksCluster.managed();
  if (settings.kind === 'managed') checkManaged(validator, props, settings.options);
  else checkId(validator, 'cluster.id', settings.options.id, 'Microsoft.ContainerService/managedClusters');
}

function checkManaged(validator: Validator, props: ContainerModelProps, options: AksManagedOptions): void {
  for (const zone of options.zones ?? []) {
    validator.text('cluster.zones', zone, /^[1-9]$/, 'a zone is a number as a string, such as `1`');
  }
  validator.number('cluster.minNodes', options.minNodes, AKS.nodes);
  validator.number('cluster.maxNodes', options.maxNodes, { ...AKS.nodes, min: 1 });
  validator.text(
    'cluster.instanceType',
    options.instanceType,
    /^Standard_[A-Za-z0-9_-]+$/,
    'use the name of a VM size, such as `Standard_NC4as_T4_v3`',
  );
  validator.check(
    !props.gpuCount || options.instanceType !== undefined,
    'cluster.instanceType',
    'MISSING',
    "got nothing; pods with GPUs need nodes that have them: set cluster: AksCluster.managed({ instanceType: 'Standard_NC4as_T4_v3' })",
  );
  checkSubnet(validator, 'cluster.subnet', options.subnet);
  checkInNetwork(validator, props, 'cluster.subnet', options.subnet);
  checkMaintenanceWindow(validator, options.maintenanceWindow, AKS.maintenanceHours, 'AKS');
  validator.check(
    !options.isPrivate || options.authorizedNetworks === undefined,
    'cluster.authorizedNetworks',
    'CONFLICT',
    'a private API server has no public address to restrict; remove `authorizedNetworks` or `isPrivate`',
  );
}
