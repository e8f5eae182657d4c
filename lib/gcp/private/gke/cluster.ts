import type { ContainerCluster, ContainerClusterConfig } from '@cdktf/provider-google/lib/container-cluster';
import type { ContainerNodePool, ContainerNodePoolNodeConfig } from '@cdktf/provider-google/lib/container-node-pool';
import type { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import type { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { Fn, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';
import { kubernetes } from '../../../terraform/bindings/kubernetes.js';
import { GkeCluster } from '../../cluster.js';
import type { ContainerModelProps } from '../../container-props.js';
import type { Grantee } from '../../grantee.js';
import { GoogleImage } from '../../image.js';
import { grantKey } from '../shared/encryption.js';
import { SERVICE_ACCOUNT_ID_LENGTH } from '../shared/limits.js';
import { generatedName } from '../shared/names.js';
import { clientConfig, projectId } from '../shared/project.js';
import { serviceAgent } from '../shared/service-agent.js';
import { CloudNat, isOnGoogle, needsInternet } from './cloud-nat.js';
import { GKE } from './limits.js';

const DEFAULT_MACHINE_TYPE = 'e2-standard-4';
const DEFAULT_MAX_NODES = 3;
const SYSTEM_MACHINE_TYPE = 'e2-standard-2';

/** The cluster of a model, made or found, and the provider that speaks to it. */
export class ClusterAccess extends Construct {
  readonly name: string;
  readonly provider: KubernetesProvider;
  /** Under which the stack has the provider, and others that speak to the cluster. */
  readonly alias: string;
  /** Where the cluster's API answers. */
  readonly host: string;
  /** What it is asked with. */
  readonly token: string;
  /** Of the authority that it proves itself by, in PEM. */
  readonly certificate: string;
  /** Unset if a cluster was given. */
  readonly cluster?: ContainerCluster;
  /** Set if a Standard cluster was made. */
  readonly nodePool?: ContainerNodePool;
  /** The identity of the nodes that were made. */
  readonly nodeServiceAccount?: ServiceAccount;
  /** Pool of Kubernetes' own pods, beside a pool with GPUs. */
  readonly systemNodePool?: ContainerNodePool;
  /** Set if a way to the internet was created. */
  cloudNat?: CloudNat;
  /** What must be there before pods can start. */
  readonly prerequisites: ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, props: ContainerModelProps) {
    super(scope, id);
    const choice = props.cluster ?? GkeCluster.autopilot();
    const existing = choice.existingOptions;
    if (!existing) {
      this.nodeServiceAccount = this.makeNodeIdentity(props);
      this.cluster = this.makeCluster(props, choice, this.nodeServiceAccount);
      if (choice.kind === 'standard') {
        // GKE keeps other pods off nodes with GPUs only if a pool without them exists first.
        if (props.gpu) this.systemNodePool = this.makeSystemNodePool(props, this.cluster);
        this.nodePool = this.makeNodePool(props, choice, this.cluster);
      }
      this.prerequisites.push(this.nodePool ?? this.cluster);
    }
    const found = existing && this.find({ project: props.project, ...existing });
    this.name = existing?.name ?? this.cluster!.name;
    const endpoint = found?.endpoint ?? this.cluster!.endpoint;
    const certificate = found?.masterAuth.get(0).clusterCaCertificate ?? this.cluster!.masterAuth.clusterCaCertificate;
    // A stack may hold several clusters, and a provider of its own beside them.
    this.alias = generatedName(scope, GKE.clusterNameLength);
    this.host = `https://${endpoint}`;
    this.token = clientConfig(this).accessToken;
    this.certificate = Fn.base64decode(certificate);
    this.provider = new kubernetes.KubernetesProvider(this, 'Provider', {
      alias: this.alias,
      host: this.host,
      token: this.token,
      clusterCaCertificate: this.certificate,
    });
  }

  /** Identity of new nodes, which pull the images. */
  get puller(): Grantee | undefined {
    return this.nodeServiceAccount && { member: this.nodeServiceAccount.member };
  }

  /** Creates a way to the internet for the nodes and pods of a new cluster, if one is wanted or `image` needs it. */
  reachInternet(props: ContainerModelProps, image: string): void {
    if (!this.cluster || !(props.cluster?.options.cloudNat ?? needsInternet(props, image))) return;
    this.cloudNat = new CloudNat(this, 'CloudNat', props);
    this.prerequisites.push(this.cloudNat.nat);
  }

  private find(config: { project?: string; name: string; location: string }) {
    return new google.DataGoogleContainerCluster(this, 'Existing', config);
  }

  private makeNodeIdentity(props: ContainerModelProps): ServiceAccount {
    const account = new google.ServiceAccount(this, 'NodeServiceAccount', {
      project: props.project,
      accountId: generatedName(this, SERVICE_ACCOUNT_ID_LENGTH),
      displayName: 'Nodes: write logs and metrics, pull images',
    });
    // An image of ours brings the right to pull it along; where another lies is not known.
    const known = props.image === undefined || props.image instanceof GoogleImage;
    const other = props.server?.spec.image;
    const pull = (other === undefined ? known : !isOnGoogle(other)) ? [] : ['artifactregistry.reader'];
    for (const role of ['container.defaultNodeServiceAccount', ...pull]) {
      const member = new google.ProjectIamMember(this, `Node-${role}`, {
        project: projectId(this, props.project),
        role: `roles/${role}`,
        member: account.member,
      });
      this.prerequisites.push(member);
    }
    return account;
  }

  private makeCluster(props: ContainerModelProps, choice: GkeCluster, nodes: ServiceAccount): ContainerCluster {
    const { network, subnetwork, authorizedNetworks } = choice.options;
    const key = props.encryptionKey;
    const common: ContainerClusterConfig = {
      name: generatedName(this.node.scope!, GKE.clusterNameLength),
      project: props.project,
      location: props.region,
      network,
      subnetwork,
      resourceLabels: props.labels,
      deletionProtection: false,
      releaseChannel: { channel: 'REGULAR' },
      ipAllocationPolicy: {},
      privateClusterConfig: { enablePrivateNodes: true },
      ...(authorizedNetworks
        ? { masterAuthorizedNetworksConfig: { cidrBlocks: authorizedNetworks.map((cidrBlock) => ({ cidrBlock })) } }
        : {}),
      ...(key ? { databaseEncryption: { state: 'ENCRYPTED', keyName: key } } : {}),
      dependsOn: [...this.prerequisites, ...this.grantKeys(props)],
    };
    if (choice.kind === 'autopilot') {
      return new google.ContainerCluster(this, 'Resource', {
        ...common,
        enableAutopilot: true,
        clusterAutoscaling: {
          autoProvisioningDefaults: {
            serviceAccount: nodes.email,
            oauthScopes: [CLOUD_PLATFORM],
            ...(key ? { bootDiskKmsKey: key } : {}),
          },
        },
      });
    }
    return new google.ContainerCluster(this, 'Resource', {
      ...common,
      removeDefaultNodePool: true,
      initialNodeCount: 1,
      // The pool that GKE insists on making first must not run as the project's default identity either.
      nodeConfig: {
        serviceAccount: nodes.email,
        oauthScopes: [CLOUD_PLATFORM],
        ...(key ? { bootDiskKmsKey: key } : {}),
      },
      // Enforces network policies.
      datapathProvider: 'ADVANCED_DATAPATH',
      enableShieldedNodes: true,
      workloadIdentityConfig: { workloadPool: `${projectId(this, props.project)}.svc.id.goog` },
      addonsConfig: { gcsFuseCsiDriverConfig: { enabled: true } },
      gatewayApiConfig: { channel: 'CHANNEL_STANDARD' },
      // On Autopilot it is always there.
      monitoringConfig: { enableComponents: ['SYSTEM_COMPONENTS'], managedPrometheus: { enabled: true } },
      // The first pool's configuration is gone with it, and would otherwise replace the cluster.
      lifecycle: { ignoreChanges: ['node_config'] },
    });
  }

  private makeNodePool(props: ContainerModelProps, choice: GkeCluster, cluster: ContainerCluster): ContainerNodePool {
    const { machineType, minNodes = 0, maxNodes = DEFAULT_MAX_NODES, zones } = choice.options;
    const { gpu } = props;
    return new google.ContainerNodePool(this, 'NodePool', {
      ...this.poolPlace(props, cluster),
      nodeLocations: zones,
      autoscaling: { minNodeCount: minNodes, maxNodeCount: Math.max(minNodes, maxNodes) },
      nodeConfig: {
        ...this.nodeConfig(props),
        machineType: machineType ?? gpu?.machineType ?? DEFAULT_MACHINE_TYPE,
        spot: props.spot ?? false,
        ...(gpu
          ? {
              guestAccelerator: [
                { type: gpu.name, count: 1, gpuDriverInstallationConfig: { gpuDriverVersion: 'LATEST' } },
              ],
            }
          : {}),
      },
      dependsOn: this.systemNodePool ? [this.systemNodePool] : [],
    });
  }

  private makeSystemNodePool(props: ContainerModelProps, cluster: ContainerCluster): ContainerNodePool {
    return new google.ContainerNodePool(this, 'SystemNodePool', {
      ...this.poolPlace(props, cluster),
      autoscaling: { totalMinNodeCount: 1, totalMaxNodeCount: DEFAULT_MAX_NODES },
      nodeConfig: { ...this.nodeConfig(props), machineType: SYSTEM_MACHINE_TYPE },
    });
  }

  private poolPlace({ project, region }: ContainerModelProps, cluster: ContainerCluster) {
    return { project, location: region, cluster: cluster.name, management: { autoRepair: true, autoUpgrade: true } };
  }

  private nodeConfig({ encryptionKey }: ContainerModelProps): ContainerNodePoolNodeConfig {
    return {
      serviceAccount: this.nodeServiceAccount!.email,
      oauthScopes: [CLOUD_PLATFORM],
      workloadMetadataConfig: { mode: 'GKE_METADATA' },
      shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
      metadata: { 'disable-legacy-endpoints': 'true' },
      ...(encryptionKey ? { bootDiskKmsKey: encryptionKey } : {}),
    };
  }

  /** GKE encrypts secrets, and Compute Engine the disks of the nodes. */
  private grantKeys({ encryptionKey: key, project }: ContainerModelProps): ITerraformDependable[] {
    if (!key) return [];
    return [
      grantKey(this, 'ClusterKey', key, serviceAgent(this, project, 'container')),
      grantKey(this, 'DiskKey', key, serviceAgent(this, project, 'compute')),
    ];
  }
}

/** What a node may do is decided by its identity's roles; the scope only lets it try. */
const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform';
