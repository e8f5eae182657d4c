import { StorageAccount } from '@cdktf/provider-azurerm/lib/storage-account';
import { StorageContainer } from '@cdktf/provider-azurerm/lib/storage-container';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import type { TerraformStack } from 'cdktf';
import {
  AksCluster,
  AzureImage,
  type AzureServingProps,
  BatchCompute,
  BatchModel,
  ContainerModel,
  Exposure,
  Gpu,
  ManagedEndpointModel,
  ServerlessHost,
  ServerlessModel,
  WebAcl,
} from '../../../lib/azure/index.js';
import { Model } from '../../../lib/model/model.js';
import { Access } from '../../../lib/serving/access.js';
import { Rollout } from '../../../lib/serving/rollout.js';
import { ModelServer } from '../../../lib/serving/servers/model-server.js';
import { writePackage } from '../../support/packages.js';
import { CASES } from './cases.js';
import {
  ACTION_GROUP_ID,
  CLUSTER_ID,
  CONTAINER_ID,
  DEPLOYER_ID,
  KEY,
  OTHER_DEPLOYER_ID,
  PRINCIPAL_ID,
  REGISTRY,
  SECRET,
  subnetId,
  WORKSPACE_ID,
  zoneId,
} from './identifiers.js';
import { azureStack, model, Template } from './support.js';

type Added = Partial<AzureServingProps> | ((stack: TerraformStack) => Partial<AzureServingProps>);

/** A stack in which a construct is used in one particular way. */
export interface Variant {
  readonly name: string;
  /** @param props what to add to the variant's props, or a function that also adds to the stack before the construct */
  stack(props?: Added, context?: Record<string, unknown>): TerraformStack;
  /** @param context context of the app, as in `cdktf.json` */
  synthesize(props?: Partial<AzureServingProps>, context?: Record<string, unknown>): Template;
}

const MODEL = model();
const STABLE = model('2');
const SAVED_MODEL = Model.fromDirectory(writePackage({ format: 'saved_model' }));
const IMAGE = AzureImage.fromAcr({ registry: REGISTRY, repository: 'runtime', reference: '1' });
const GPU_NODES = { instanceType: 'Standard_NC4as_T4_v3' };
const SPOT_GPU = { gpuCount: 1, spot: true };
/** Props of a serving construct that has private endpoints. */
export const PRIVATE = {
  privateSubnet: { id: subnetId('endpoints') },
  privateDnsZones: {
    'privatelink.blob.core.windows.net': zoneId('privatelink.blob.core.windows.net'),
    'privatelink.vaultcore.azure.net': zoneId('privatelink.vaultcore.azure.net'),
  },
};
const OFFICE_HOURS = [
  { cron: '0 8 * * MON-FRI', timeZone: 'Europe/Berlin', minReplicas: 2 },
  { cron: '0 20 * * MON-FRI', timeZone: 'Europe/Berlin', minReplicas: 1 },
];
/** Subnet of the compute. */
export const SERVING = { id: subnetId('serving') };

/** A container of the user. */
function containerOf(stack: TerraformStack): StorageContainer {
  const account = new StorageAccount(stack, 'Rows', {
    name: 'rowsoffraud',
    resourceGroupName: 'shared',
    location: 'westeurope',
    accountTier: 'Standard',
    accountReplicationType: 'LRS',
  });
  return new StorageContainer(stack, 'Files', { name: 'files', storageAccountId: account.id });
}

function variant(name: string, make: (stack: TerraformStack, props: AzureServingProps) => unknown): Variant {
  const stack: Variant['stack'] = (props, context) => {
    const made = azureStack(context);
    make(made, { model: MODEL, location: 'westeurope', ...(typeof props === 'function' ? props(made) : props) });
    return made;
  };
  return { name, stack, synthesize: (props, context) => new Template(stack(props, context)) };
}

/** Every default stack, and stacks that use what the defaults leave out. */
export const VARIANTS: readonly Variant[] = [
  ...CASES.map(({ name, make }) => variant(name, make)),
  variant(
    'Functions in a network with keys and replicas',
    (stack, props) =>
      new ServerlessModel(stack, 'Iris', {
        ...props,
        ...PRIVATE,
        access: Access.apiKey(),
        minReplicas: 1,
        maxReplicas: 40,
        alarmActions: [ACTION_GROUP_ID],
        encryptionKey: KEY,
        host: ServerlessHost.functionsFlexConsumption({ subnet: SERVING, memoryMib: 4096 }),
      }).functions!.functionKey,
  ),
  variant(
    'Functions that anyone may call',
    (stack, props) =>
      new ServerlessModel(stack, 'Iris', { ...props, access: Access.anonymous(), tags: { team: 'fraud' } }),
  ),
  variant(
    'Functions with secrets',
    (stack, props) => new ServerlessModel(stack, 'Iris', { ...props, secrets: { HF_TOKEN: SECRET } }),
  ),
  variant(
    'Functions behind Front Door, with a domain and a web ACL',
    (stack, props) =>
      new ServerlessModel(stack, 'Iris', { ...props, domainName: 'iris.example.com', webAcl: WebAcl.managed() }),
  ),
  variant(
    'Container Apps with secrets and office hours',
    (stack, props) =>
      new ServerlessModel(stack, 'Iris', {
        ...props,
        secrets: { HF_TOKEN: SECRET },
        schedule: OFFICE_HOURS,
        host: ServerlessHost.containerApps({ image: IMAGE }),
      }),
  ),
  variant('Container Apps in a network with a GPU and a canary', (stack, props) =>
    new ServerlessModel(stack, 'Iris', {
      ...props,
      ...PRIVATE,
      rollout: Rollout.canary({ percent: 10, bakeMinutes: 5 }),
      host: ServerlessHost.containerApps({
        image: IMAGE,
        subnet: SERVING,
        internal: true,
        gpu: Gpu.nvidiaT4(),
        stableRevision: 'm01234567',
      }),
    }).grantInvoke('Caller', PRINCIPAL_ID),
  ),
  variant(
    'Container Apps with an image that is built',
    (stack, props) => new ServerlessModel(stack, 'Iris', { ...props, host: ServerlessHost.containerApps() }),
  ),
  variant(
    'Container Apps with tokens of an issuer',
    (stack, props) =>
      new ServerlessModel(stack, 'Iris', {
        ...props,
        access: Access.jwt({ issuer: 'https://issuer.example', audience: ['model'] }),
        host: ServerlessHost.containerApps({ image: IMAGE }),
      }),
  ),
  variant(
    'AKS with spot GPUs and a mounted model',
    (stack, props) =>
      new ContainerModel(stack, 'Iris', {
        ...props,
        image: IMAGE,
        modelMount: true,
        alarmActions: [ACTION_GROUP_ID],
        deployers: [DEPLOYER_ID, OTHER_DEPLOYER_ID],
        ...SPOT_GPU,
        targetConcurrency: 8,
        cluster: AksCluster.managed({
          ...GPU_NODES,
          subnet: SERVING,
          maintenanceWindow: { day: 'Sunday', startTime: '02:00', hours: 4 },
        }),
      }),
  ),
  variant(
    'AKS in a private network with a key of the customer',
    (stack, props) =>
      new ContainerModel(stack, 'Iris', {
        ...props,
        ...PRIVATE,
        image: IMAGE,
        encryptionKey: KEY,
        cluster: AksCluster.managed({ isPrivate: true, subnet: SERVING, zones: ['1', '2', '3'] }),
      }),
  ),
  variant(
    'AKS with vLLM and office hours',
    (stack, props) =>
      new ContainerModel(stack, 'Iris', {
        ...props,
        server: ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B' }),
        access: Access.anonymous(),
        schedule: OFFICE_HOURS,
        ...SPOT_GPU,
        cluster: AksCluster.managed(GPU_NODES),
      }),
  ),
  variant(
    'an existing AKS cluster with a Gateway and a canary',
    (stack, props) =>
      new ContainerModel(stack, 'Iris', {
        ...props,
        image: IMAGE,
        cluster: AksCluster.existing({
          id: CLUSTER_ID,
          oidcIssuerUrl: 'https://issuer.example/',
          kubernetesProvider: new KubernetesProvider(stack, 'kubernetes', {}),
        }),
        rollout: Rollout.canary({ percent: 10, bakeMinutes: 5 }),
        stableModel: STABLE,
        exposure: Exposure.gateway({ gatewayName: 'gateway', host: 'models.example', sourceRanges: ['10.0.0.0/8'] }),
        callerNamespaces: ['shop'],
        traceNamespaces: ['tracing'],
      }),
  ),
  variant(
    'Azure ML with keys, captures, replicas that scale and a version that is mirrored',
    (stack, props) =>
      new ManagedEndpointModel(stack, 'Iris', {
        ...props,
        schedule: OFFICE_HOURS,
        image: IMAGE,
        access: Access.apiKey(),
        minReplicas: 1,
        maxReplicas: 4,
        mirrorPercent: 10,
        dataCapture: { samplingPercent: 5 },
        stableModels: [{ model: STABLE, trafficPercent: 100 }],
      }),
  ),
  variant(
    'Azure ML in a private network with a key of the customer',
    (stack, props) =>
      new ManagedEndpointModel(stack, 'Iris', { ...props, ...PRIVATE, image: IMAGE, encryptionKey: KEY }),
  ),
  variant('Azure ML with TensorFlow Serving', (stack, props) =>
    new ManagedEndpointModel(stack, 'Iris', {
      ...props,
      model: SAVED_MODEL,
      server: ModelServer.tensorflowServing(),
    }).grantInvoke('Caller', PRINCIPAL_ID),
  ),
  variant(
    'an existing workspace of Azure ML',
    (stack, props) =>
      new ManagedEndpointModel(stack, 'Iris', {
        ...props,
        image: IMAGE,
        workspace: {
          id: WORKSPACE_ID,
          name: 'given',
          resourceGroupName: 'shared',
          location: 'northeurope',
        },
      }),
  ),
  variant('Container Apps job', (stack, { model: deployed, ...props }) =>
    new BatchModel(stack, 'Batch', {
      ...props,
      compute: BatchCompute.job({ model: deployed, image: IMAGE }),
      inputContainer: containerOf(stack),
    }).grantStart('Nightly', PRINCIPAL_ID),
  ),
  variant(
    'Container Apps job in a network with a GPU and keys',
    (stack, { model: deployed, ...props }) =>
      new BatchModel(stack, 'Batch', {
        ...props,
        ...PRIVATE,
        compute: BatchCompute.job({ model: deployed, image: IMAGE, gpu: Gpu.nvidiaT4(), subnet: SERVING }),
        inputContainer: containerOf(stack),
        outputContainer: { id: CONTAINER_ID },
        encryptionKey: KEY,
        alarmActions: [ACTION_GROUP_ID],
        tags: { team: 'fraud' },
      }),
  ),
];
