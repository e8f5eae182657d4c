import {
  ContainerHost,
  ContainerModel,
  type ContainerModelProps,
  Exposure,
  GkeCluster,
  Gpu,
} from '../../../lib/gcp/index.js';
import { Access } from '../../../lib/serving/access.js';
import { Rollout } from '../../../lib/serving/rollout.js';
import { KEY } from './support.js';
import { modelOf, type Variant, variant as variantOf } from './variants.js';

const EXISTING = GkeCluster.existing({ name: 'shared', location: 'europe-west4' });

function variant(name: string, props: Partial<ContainerModelProps>): Variant {
  return variantOf(name, (stack, given) => new ContainerModel(stack, 'Iris', { ...given, ...props }));
}

/** Stacks that create a cluster. */
export const CLUSTER_VARIANTS: readonly Variant[] = [
  variant('GKE', {}),
  variant('GKE with an image that is built and a key of the customer', { image: undefined, encryptionKey: KEY }),
  variant('GKE with a GPU and replicas', {
    gpu: Gpu.nvidiaL4(),
    minReplicas: 2,
    maxReplicas: 4,
    targetConcurrency: 8,
  }),
  variant('GKE Standard with spot GPUs in two zones', {
    gpu: Gpu.nvidiaT4(),
    spot: true,
    cluster: GkeCluster.standard({
      authPlugin: true,
      zones: ['europe-west4-b', 'europe-west4-c'],
      authorizedNetworks: ['192.0.2.0/24'],
      maintenanceWindow: { day: 'Sunday', startTime: '02:00', hours: 12 },
    }),
    exposure: Exposure.loadBalancer({ sourceRanges: ['10.0.0.0/8'] }),
  }),
  variant('GKE with secrets', { secrets: { HF_TOKEN: { secretName: 'hub', key: 'token' } }, enableApis: true }),
];

/** Stacks that add to a cluster of somebody else. */
export const EXISTING_CLUSTER_VARIANTS: readonly Variant[] = [
  variant('an existing GKE cluster with a Gateway and a canary', {
    cluster: EXISTING,
    access: Access.jwt({ issuer: 'https://issuer.example.com', audience: ['iris'] }),
    exposure: Exposure.gateway({ gatewayName: 'gate', host: 'iris.example.com', sourceRanges: ['130.211.0.0/22'] }),
    rollout: Rollout.canary({ percent: 20, bakeMinutes: 10 }),
    stableModel: modelOf('0'),
  }),
  variant('an existing GKE cluster with KServe', {
    cluster: EXISTING,
    host: ContainerHost.kserve(),
    namespace: 'models',
  }),
];
