import type { DiskEncryptionSet } from '@cdktf/provider-azurerm/lib/disk-encryption-set';
import type { KubernetesCluster } from '@cdktf/provider-azurerm/lib/kubernetes-cluster';
import type { KubernetesClusterNodePool } from '@cdktf/provider-azurerm/lib/kubernetes-cluster-node-pool';
import type { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import type { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { Fn, type ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { type ClusterConnection, kubernetesProvider } from '../../../kubernetes/cluster-connection.js';
import type { MaintenanceWindow } from '../../../kubernetes/maintenance-window.js';
import { afterRoles } from '../../../terraform/after-roles.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { shortHash } from '../../../terraform/names.js';
import type { AksManagedOptions } from '../../cluster.js';
import type { ContainerModelProps } from '../../container-props.js';
import { keyIdentity } from '../shared/key-identity.js';
import { clientConfig, groupName } from '../shared/names.js';
import type { Placement } from '../shared/placement.js';
import { writeForAzurerm5 } from '../shared/provider.js';
import { assignRole, assignRoleToDeployers, assignSharedRoleToDeployers } from '../shared/roles.js';
import type { Telemetry } from '../shared/telemetry.js';
import { AKS } from './limits.js';

/**
 * Entra ID application of the AKS API server, the same for every cluster:
 * https://azure.github.io/kubelogin/concepts/aks.html
 */
const AKS_SERVER_ID = '6dae42f8-4368-4678-94ff-3960e28e3630';
const SYSTEM_VM_SIZE = 'Standard_D2s_v5';
const DEFAULT_INSTANCE_TYPE = 'Standard_D4s_v5';
const DEFAULT_MAX_NODES = 3;

/** Taints that repel other pods. AKS sets the first on spot nodes, and this construct sets the second on GPU nodes. */
export const SPOT_TAINT = { key: 'kubernetes.azure.com/scalesetpriority', value: 'spot', effect: 'NoSchedule' };
export const GPU_TAINT = { key: 'sku', value: 'gpu', effect: 'NoSchedule' };

/** Label of the nodes that serve models. */
export const POOL_LABEL = { 'modelship.dev/pool': 'models' };

interface ManagedClusterProps {
  readonly placement: Placement;
  readonly telemetry: Telemetry;
  readonly props: ContainerModelProps;
  readonly options: AksManagedOptions;
}

/** New AKS cluster with a node pool for models, and a Kubernetes provider that connects to it. */
export class ManagedCluster extends Construct {
  readonly identity: UserAssignedIdentity;
  readonly cluster: KubernetesCluster;
  readonly nodePool: KubernetesClusterNodePool;
  /** Kubernetes provider of the cluster. */
  readonly provider: KubernetesProvider;
  /** Resources that must exist before any object is created in the cluster. */
  readonly prerequisites: ITerraformDependable[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ManagedClusterProps,
  ) {
    super(scope, id);
    const { placement } = props;
    const name = groupName(scope, AKS.nameLength);
    this.identity = new azurerm.UserAssignedIdentity(this, 'Identity', {
      ...placement.common,
      name: `${name}-cluster`,
    });
    this.cluster = this.makeCluster(name);
    this.nodePool = this.makePool();
    const admin = 'Azure Kubernetes Service RBAC Cluster Admin';
    this.prerequisites = [assignRoleToDeployers(this, 'Deployer', this.cluster.id, admin, props.props), this.nodePool];
    this.provider = kubernetesProvider(
      TerraformStack.of(this),
      `kubernetes-${shortHash(this.node.path)}`,
      this.alias,
      this.connection,
    );
  }

  private makeCluster(name: string): KubernetesCluster {
    const { placement, telemetry, options } = this.props;
    const disks = this.encryptDisks(name);
    const cluster = new azurerm.KubernetesCluster(this, 'Resource', {
      ...placement.common,
      name,
      dnsPrefix: name,
      skuTier: 'Standard',
      kubernetesVersion: options.kubernetesVersion,
      automaticUpgradeChannel: options.kubernetesVersion ? undefined : 'patch',
      nodeOsUpgradeChannel: 'NodeImage',
      maintenanceWindowAutoUpgrade: options.maintenanceWindow && weekly(options.maintenanceWindow),
      maintenanceWindowNodeOs: options.maintenanceWindow && weekly(options.maintenanceWindow),
      privateClusterEnabled: options.isPrivate ?? false,
      apiServerAccessProfile: options.authorizedNetworks
        ? { authorizedIpRanges: options.authorizedNetworks }
        : undefined,
      localAccountDisabled: true,
      roleBasedAccessControlEnabled: true,
      azureActiveDirectoryRoleBasedAccessControl: {
        azureRbacEnabled: true,
        tenantId: clientConfig(this).tenantId,
        adminGroupObjectIds: options.adminGroupObjectIds,
      },
      oidcIssuerEnabled: true,
      workloadIdentityEnabled: true,
      azurePolicyEnabled: true,
      imageCleanerEnabled: true,
      imageCleanerIntervalHours: 168,
      workloadAutoscalerProfile: { kedaEnabled: true },
      storageProfile: { blobDriverEnabled: true },
      monitorMetrics: {},
      omsAgent: { logAnalyticsWorkspaceId: telemetry.logs.id, msiAuthForMonitoringEnabled: true },
      networkProfile: {
        networkPlugin: 'azure',
        networkPluginMode: 'overlay',
        networkDataPlane: 'cilium',
        networkPolicy: 'cilium',
        loadBalancerSku: 'standard',
      },
      identity: { type: 'UserAssigned', identityIds: [this.identity.id] },
      defaultNodePool: {
        name: 'system',
        vmSize: SYSTEM_VM_SIZE,
        zones: options.zones,
        osSku: 'AzureLinux',
        autoScalingEnabled: true,
        minCount: 1,
        maxCount: 3,
        onlyCriticalAddonsEnabled: true,
        temporaryNameForRotation: 'systemtmp',
        vnetSubnetId: options.subnet?.id,
        upgradeSettings: { maxSurge: '33%' },
      },
      diskEncryptionSetId: disks?.id,
      dependsOn: [...(options.subnet ? [this.networkRole(options.subnet.id)] : []), ...this.diskRole(disks)],
    });
    writeForAzurerm5(cluster, { node_provisioning_profile: { mode: 'Manual' } });
    return cluster;
  }

  /** Alias in the stack of the Kubernetes provider, and of other providers that connect to the cluster. */
  get alias(): string {
    return `aks-${shortHash(this.node.path)}`;
  }

  /** Address of the cluster's API, and how Terraform authenticates. */
  get connection(): ClusterConnection {
    const access = this.cluster.kubeConfig.get(0);
    const { kubeloginMethod = 'azurecli' } = this.props.options;
    return {
      host: access.host,
      certificate: Fn.base64decode(access.clusterCaCertificate),
      // Local accounts are disabled, so Terraform authenticates with an Entra ID identity.
      login: { command: 'kubelogin', args: ['get-token', '--login', kubeloginMethod, '--server-id', AKS_SERVER_ID] },
    };
  }

  private networkRole(subnetId: string): ITerraformDependable {
    const role = assignRole(this, 'Network', subnetId, 'Network Contributor', this.identity.principalId);
    return afterRoles(this, 'NetworkKnown', [role]);
  }

  /** Creates the disk encryption set of the nodes, with the customer-managed key. */
  private encryptDisks(name: string): DiskEncryptionSet | undefined {
    const { placement, props } = this.props;
    const { encryptionKey } = props;
    if (!encryptionKey) return undefined;
    const { identity, ready } = keyIdentity(this, placement, encryptionKey);
    // The provider reads the latest version of a key that rotates, and the owner of a vault has no access to its keys.
    const reader = assignSharedRoleToDeployers(
      this,
      'KeyReader',
      encryptionKey.resourceVersionlessId,
      'Key Vault Reader',
      props,
    );
    return new azurerm.DiskEncryptionSet(this, 'Disks', {
      ...placement.common,
      name,
      keyVaultKeyId: encryptionKey.versionlessId,
      autoKeyRotationEnabled: true,
      identity: { type: 'UserAssigned', identityIds: [identity.id] },
      dependsOn: [ready, reader],
    });
  }

  private diskRole(disks: DiskEncryptionSet | undefined): ITerraformDependable[] {
    if (!disks) return [];
    const role = assignRole(this, 'DiskReader', disks.id, 'Reader', this.identity.principalId);
    return [afterRoles(this, 'DiskReaderKnown', [role])];
  }

  private makePool(): KubernetesClusterNodePool {
    const { placement, options, props } = this.props;
    const { gpuCount, spot } = props;
    const taints = [...(gpuCount ? [GPU_TAINT] : []), ...(spot ? [SPOT_TAINT] : [])];
    return new azurerm.KubernetesClusterNodePool(this, 'Pool', {
      name: 'models',
      tags: placement.common.tags,
      kubernetesClusterId: this.cluster.id,
      mode: 'User',
      vmSize: options.instanceType ?? DEFAULT_INSTANCE_TYPE,
      zones: options.zones,
      osSku: 'AzureLinux',
      vnetSubnetId: options.subnet?.id,
      autoScalingEnabled: true,
      minCount: options.minNodes ?? (gpuCount ? 0 : 1),
      maxCount: options.maxNodes ?? DEFAULT_MAX_NODES,
      // AKS adds a label to spot nodes. Without it here, Terraform would remove the label at every apply.
      nodeLabels: { ...POOL_LABEL, ...(spot ? { [SPOT_TAINT.key]: SPOT_TAINT.value } : {}) },
      nodeTaints: taints.map(({ key, value, effect }) => `${key}=${value}:${effect}`),
      gpuDriver: gpuCount ? 'Install' : undefined,
      temporaryNameForRotation: 'modelstmp',
      ...(spot
        ? { priority: 'Spot', evictionPolicy: 'Delete', spotMaxPrice: -1 }
        : // The default of AKS. If unset, Terraform would remove it at every apply. Spot pools do not support surge.
          { upgradeSettings: { maxSurge: '10%' } }),
    });
  }
}

function weekly({ day, startTime, hours }: MaintenanceWindow) {
  return { frequency: 'Weekly', interval: 1, dayOfWeek: day, startTime, utcOffset: '+00:00', duration: hours };
}
