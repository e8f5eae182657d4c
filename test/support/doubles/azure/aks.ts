import type { ClusterApi } from '../kubernetes.js';
import { checkKey, identitiesOf } from './keys.js';
import type { Action, Kind } from './kinds.js';
import { type AzureStore, type Json, Refusal } from './store.js';

/** Entra ID application of every API server of AKS: https://azure.github.io/kubelogin/concepts/aks.html */
export const AKS_SERVER_ID = '6dae42f8-4368-4678-94ff-3960e28e3630';
const VERSION = '1.34';
const CLUSTER_TYPE = 'microsoft.containerservice/managedclusters';

/** https://learn.microsoft.com/azure/aks/quotas-skus-regions and the provider's rule of DNS prefixes. */
const NAME = /^[a-zA-Z0-9]([\w-]{0,61}[a-zA-Z0-9])?$/;
const DNS_PREFIX = /^[a-zA-Z0-9]([a-zA-Z0-9-]{0,52}[a-zA-Z0-9])?$/;
const POOL_NAME = /^[a-z][a-z0-9]{0,11}$/;

/** Families of virtual machines, whose vCPUs are limited together: https://learn.microsoft.com/azure/quotas/per-vm-quota-requests */
const FAMILIES: { readonly [size: string]: readonly [family: string, vcpus: number] } = {
  Standard_NC4as_T4_v3: ['Standard NCASv3_T4 Family', 4],
};

const cluster: Kind = {
  deletedStatus: 202,
  check(resource, { store }) {
    const { name, properties } = resource;
    if (!NAME.test(name)) throw new Refusal(400, 'InvalidParameter', `${name} is not a valid name of a cluster`);
    if (!DNS_PREFIX.test(properties.dnsPrefix)) throw new Refusal(400, 'InvalidParameter', `dnsPrefix is invalid`);
    const [identity] = identitiesOf(resource);
    const principal = identity && store.get(identity).properties.principalId;
    for (const pool of properties.agentPoolProfiles ?? []) checkPool(pool, pool.name, store);
    // https://learn.microsoft.com/azure/aks/configure-kubenet#add-role-assignment-for-managed-identity
    for (const { vnetSubnetID } of properties.agentPoolProfiles ?? []) {
      if (vnetSubnetID && !store.hasRole(principal, ['Network Contributor'], vnetSubnetID)) {
        throw new Refusal(403, 'LinkedAuthorizationFailed', `The identity of ${name} cannot join ${vnetSubnetID}.`);
      }
    }
    // https://learn.microsoft.com/azure/aks/azure-disk-customer-managed-keys
    const disks = properties.diskEncryptionSetID;
    if (disks && !store.hasRole(principal, ['Reader', 'Contributor'], disks)) {
      throw new Refusal(403, 'DiskEncryptionSetUnauthorized', `The identity of ${name} cannot read ${disks}.`);
    }
    const workspace = properties.addonProfiles?.omsagent?.config?.logAnalyticsWorkspaceResourceID;
    if (workspace) store.get(workspace);
  },
  complete(resource, { store, before, id }) {
    const { name, location, properties } = resource;
    const [, group] = /\/resourceGroups\/([^/]+)\//i.exec(id)!;
    resource.sku ??= { name: 'Base', tier: 'Free' };
    const kubelet = before?.properties.identityProfile.kubeletidentity;
    const host = `${properties.dnsPrefix}-local.hcp.${location}.azmk8s.io`;
    resource.properties = {
      kubernetesVersion: VERSION,
      maxAgentPools: 100,
      enableRBAC: true,
      supportPlan: 'KubernetesOfficial',
      nodeResourceGroup: `MC_${group}_${name}_${location}`,
      ...properties,
      currentKubernetesVersion: `${VERSION}.2`,
      fqdn: host,
      azurePortalFQDN: host.replace('-local', '-local.portal'),
      powerState: { code: 'Running' },
      servicePrincipalProfile: { clientId: 'msi' },
      agentPoolProfiles: properties.agentPoolProfiles.map((pool: Json) => completedPool(pool)),
      oidcIssuerProfile: {
        ...properties.oidcIssuerProfile,
        issuerURL: `https://${location}.oic.prod-aks.azure.com/${store.tenant}/${name}/`,
      },
      networkProfile: {
        podCidr: '10.244.0.0/16',
        serviceCidr: '10.0.0.0/16',
        dnsServiceIP: '10.0.0.10',
        outboundType: 'loadBalancer',
        ipFamilies: ['IPv4'],
        podCidrs: ['10.244.0.0/16'],
        serviceCidrs: ['10.0.0.0/16'],
        loadBalancerProfile: {
          managedOutboundIPs: { count: 1 },
          effectiveOutboundIPs: [],
          backendPoolType: 'nodeIPConfiguration',
        },
        ...properties.networkProfile,
      },
      storageProfile: {
        diskCSIDriver: { enabled: true },
        fileCSIDriver: { enabled: true },
        snapshotController: { enabled: true },
        ...properties.storageProfile,
      },
      identityProfile: {
        kubeletidentity: kubelet ?? {
          resourceId: `/subscriptions/${store.subscription}/resourceGroups/MC_${group}_${name}_${location}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}-agentpool`,
          clientId: store.uuid(),
          objectId: store.uuid(),
        },
      },
    };
  },
};

const agentPool: Kind = {
  deletedStatus: 202,
  check({ name, properties }, { store }) {
    checkPool(properties, name, store);
  },
  complete(resource) {
    resource.properties = completedPool(resource.properties);
  },
};

function checkPool(pool: Json, name: string, { quotas }: AzureStore): void {
  if (!POOL_NAME.test(name)) throw new Refusal(400, 'InvalidParameter', `${name} is not a valid name of a node pool`);
  const [family, vcpus] = FAMILIES[pool.vmSize] ?? [];
  const needed = (pool.count ?? 0) * (vcpus ?? 0);
  if (family && needed > quotas.gpuVcpus) {
    const message = `Insufficient vcpu quota requested ${needed}, remaining ${quotas.gpuVcpus} for family ${family}`;
    throw new Refusal(400, 'ErrCode_InsufficientVCPUQuota', message);
  }
  // https://learn.microsoft.com/azure/aks/spot-node-pool#limitations
  if (pool.scaleSetPriority === 'Spot' && pool.upgradeSettings?.maxSurge) {
    throw new Refusal(400, 'SpotPoolMaxSurgeNotSupported', `Spot pools can't set max surge, pool ${name}`);
  }
}

function completedPool(pool: Json): Json {
  const isSpot = pool.scaleSetPriority === 'Spot';
  return {
    count: pool.minCount ?? 1,
    maxPods: 250,
    osDiskSizeGB: 128,
    osDiskType: 'Managed',
    osType: 'Linux',
    kubeletDiskType: 'OS',
    mode: 'User',
    type: 'VirtualMachineScaleSets',
    enableFIPS: false,
    ...pool,
    orchestratorVersion: pool.orchestratorVersion ?? VERSION,
    currentOrchestratorVersion: `${VERSION}.2`,
    powerState: { code: 'Running' },
    provisioningState: 'Succeeded',
    // https://learn.microsoft.com/azure/aks/upgrade-aks-node-pools-rolling
    ...(isSpot ? {} : { upgradeSettings: { maxSurge: '10%', ...pool.upgradeSettings } }),
    // https://learn.microsoft.com/azure/aks/spot-node-pool
    ...(isSpot ? { nodeLabels: { ...pool.nodeLabels, 'kubernetes.azure.com/scalesetpriority': 'spot' } } : {}),
  };
}

const diskEncryptionSet: Kind = {
  check(resource, { store }) {
    checkKey(store, resource.properties.activeKey.keyUrl, identitiesOf(resource));
  },
  checkDelete(resource, { store }) {
    const used = store.all().some(({ properties }) => properties?.diskEncryptionSetID === resource.id);
    if (used) throw new Refusal(409, 'OperationNotAllowed', `Disk encryption set ${resource.name} is in use.`);
  },
};

const federatedCredential: Kind = {
  hasState: false,
  check({ name, id, properties }, { store }) {
    const identity = id.replace(/\/federatedIdentityCredentials\/[^/]+$/i, '');
    const others = store
      .list(identity, 'microsoft.managedidentity/userassignedidentities/federatedidentitycredentials')
      .filter((each) => each.name !== name);
    // https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
    const { issuer, subject } = properties;
    if (others.some((each) => each.properties.issuer === issuer && each.properties.subject === subject)) {
      throw new Refusal(409, 'Conflict', `${identity} has a credential of ${issuer} and ${subject} already.`);
    }
    if (others.length >= 20)
      throw new Refusal(400, 'TooManyFederatedIdentityCredentials', 'An identity has at most 20.');
  },
};

export const aks: { readonly kinds: { readonly [type: string]: Kind } } = {
  kinds: {
    [CLUSTER_TYPE]: cluster,
    [`${CLUSTER_TYPE}/agentpools`]: agentPool,
    [`${CLUSTER_TYPE}/maintenanceconfigurations`]: { hasState: false },
    'microsoft.compute/diskencryptionsets': diskEncryptionSet,
    'microsoft.managedidentity/userassignedidentities/federatedidentitycredentials': federatedCredential,
  },
};

/** Whether the identity that applies has the role that creates objects in any of the clusters. */
export function isClusterAdmin(store: AzureStore): boolean {
  // https://learn.microsoft.com/azure/aks/manage-azure-rbac: owners of a cluster have no access to its objects.
  return store
    .list(`/subscriptions/${store.subscription}`, CLUSTER_TYPE)
    .some(({ id }) => store.hasRole(store.deployer, ['Azure Kubernetes Service RBAC Cluster Admin'], id));
}

/** Actions of clusters whose API is `kubernetes`. */
export function clusterActions(kubernetes: ClusterApi | undefined): { readonly [name: string]: Action } {
  return {
    [`${CLUSTER_TYPE}/listclusterusercredential`]: ({ store, id }) => {
      if (!kubernetes) throw new Refusal(500, 'InternalError', 'the double was started without an API of Kubernetes');
      const { name } = store.get(id);
      const value = Buffer.from(JSON.stringify(kubeConfig(name, kubernetes))).toString('base64');
      return { kubeconfigs: [{ name: 'clusterUser', value }] };
    },
  };
}

/** Settings of a client, which gets its token from `kubelogin`. */
function kubeConfig(name: string, { address, certificate }: ClusterApi): Json {
  const user = `clusterUser_${name}`;
  const args = ['get-token', '--environment', 'AzurePublicCloud', '--server-id', AKS_SERVER_ID];
  const exec = { apiVersion: 'client.authentication.k8s.io/v1beta1', command: 'kubelogin', args };
  const server = `https://${address}`;
  const authority = Buffer.from(certificate).toString('base64');
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': authority } }],
    contexts: [{ name, context: { cluster: name, user } }],
    'current-context': name,
    users: [{ name: user, user: { exec } }],
  };
}
