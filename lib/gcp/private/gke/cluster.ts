import type { ContainerCluster, ContainerClusterConfig } from '@cdktf/provider-google/lib/container-cluster';
import type { ContainerNodePool, ContainerNodePoolNodeConfig } from '@cdktf/provider-google/lib/container-node-pool';
import type { ServiceAccount } from '@cdktf/provider-google/lib/service-account';
import type { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { Fn, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import {
  type ClusterConnection,
  kubernetesProvider,
  type LoginCommand,
} from '../../../kubernetes/cluster-connection.js';
import type { MaintenanceWindow } from '../../../kubernetes/maintenance-window.js';
import { DAYS_OF_WEEK } from '../../../serving/cron.js';
import { ImageArchitecture } from '../../../serving/image-architecture.js';
import { google } from '../../../terraform/bindings/google.js';
import { GkeCluster, type GkeClusterSettings, type GkeStandardOptions } from '../../cluster.js';
import type { ContainerModelProps } from '../../container-props.js';
import type { Grantee } from '../../grantee.js';
import { GoogleImage } from '../../image.js';
import { grantKey } from '../shared/encryption.js';
import { SERVICE_ACCOUNT_ID_LENGTH } from '../shared/limits.js';
import { generatedName } from '../shared/names.js';
import { clientConfig, projectId } from '../shared/project.js';
import { serviceAgent } from '../shared/service-agent.js';
import { nodeArchitecture } from './architecture.js';
import { CloudNat, isOnGoogle, needsInternet, networkOptions } from './cloud-nat.js';
import { GKE } from './limits.js';

const DEFAULT_MACHINE_TYPE = 'e2-standard-4';
const DEFAULT_MAX_NODES = 3;
const SYSTEM_MACHINE_TYPE = 'e2-standard-2';

/** Google's command for tokens of GKE, with the credentials that the Google provider uses by default. */
const AUTH_PLUGIN: LoginCommand = {
  command: 'gke-gcloud-auth-plugin',
  args: ['--use_application_default_credentials'],
};

/** Settings of a cluster to create. */
type NewCluster = Exclude<GkeClusterSettings, { readonly kind: 'existing' }>;

/** Cluster of a model, new or existing, and the Kubernetes provider that connects to it. */
export class ClusterAccess extends Construct {
  /** Name of the cluster. */
  readonly name: string;
  /** Kubernetes provider of the cluster. */
  readonly provider: KubernetesProvider;
  /** Alias in the stack of the Kubernetes provider, and of other providers that connect to the cluster. */
  readonly alias: string;
  /** Address of the cluster's API, and how Terraform authenticates. */
  readonly connection: ClusterConnection;
  /** New cluster. Undefined if an existing cluster is used. */
  readonly cluster?: ContainerCluster;
  /** Whether the cluster is a new Autopilot cluster. */
  readonly isAutopilot: boolean;
  /** Node pool that runs the model. Set for a new Standard cluster. */
  readonly nodePool?: ContainerNodePool;
  /** Service account of the nodes of a new cluster. */
  readonly nodeServiceAccount?: ServiceAccount;
  /** Node pool of system pods. Set if the model's node pool has GPUs or Arm processors. */
  readonly systemNodePool?: ContainerNodePool;
  /** Cloud NAT of the cluster's subnetwork. Set if one was created. */
  cloudNat?: CloudNat;
  /** Resources that must exist before pods can start. */
  readonly prerequisites: ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, props: ContainerModelProps) {
    super(scope, id);
    const { settings } = props.cluster ?? GkeCluster.autopilot();
    const existing = settings.kind === 'existing' ? settings.options : undefined;
    this.isAutopilot = settings.kind === 'autopilot';
    if (settings.kind !== 'existing') {
      this.nodeServiceAccount = this.makeNodeIdentity(props);
      this.cluster = this.makeCluster(props, settings, this.nodeServiceAccount);
      if (settings.kind === 'standard') {
        // GKE taints GPU nodes, and Arm nodes, which keeps other pods off them, only if a node pool without them already exists.
        if (props.gpu || nodeArchitecture(props) === ImageArchitecture.ARM64)
          this.systemNodePool = this.makeSystemNodePool(props, this.cluster);
        this.nodePool = this.makeNodePool(props, settings.options, this.cluster);
      }
      this.prerequisites.push(this.nodePool ?? this.cluster);
    }
    const found = existing && this.find({ project: props.project, ...existing });
    this.name = existing?.name ?? this.cluster!.name;
    const endpoint = found?.endpoint ?? this.cluster!.endpoint;
    const certificate = found?.masterAuth.get(0).clusterCaCertificate ?? this.cluster!.masterAuth.clusterCaCertificate;
    // The alias is unique because a stack can contain several clusters and its own Kubernetes provider.
    this.alias = generatedName(scope, GKE.clusterNameLength);
    this.connection = {
      host: `https://${endpoint}`,
      certificate: Fn.base64decode(certificate),
      login: settings.options.authPlugin ? AUTH_PLUGIN : clientConfig(this).accessToken,
    };
    this.provider = kubernetesProvider(this, 'Provider', this.alias, this.connection);
  }

  /** Service account of new nodes, which pull the images. Undefined for an existing cluster. */
  get puller(): Grantee | undefined {
    return this.nodeServiceAccount && { member: this.nodeServiceAccount.member };
  }

  /** Creates a Cloud NAT for the nodes and pods of a new cluster, if the props request it or the workload needs it. */
  reachInternet(props: ContainerModelProps, image: string): void {
    if (!this.cluster || !(networkOptions(props).cloudNat ?? needsInternet(props, image))) return;
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
    // A `GoogleImage` grants pulling on its own repository. The repository of any other image that can be in Google's
    // registries is unknown, so the nodes get the role on the project.
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

  private makeCluster(
    props: ContainerModelProps,
    { kind, options }: NewCluster,
    nodes: ServiceAccount,
  ): ContainerCluster {
    const { network, subnetwork, authorizedNetworks, maintenanceWindow } = options;
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
      ...(maintenanceWindow ? { maintenancePolicy: maintenancePolicy(maintenanceWindow) } : {}),
      ...(key ? { databaseEncryption: { state: 'ENCRYPTED', keyName: key } } : {}),
      dependsOn: [...this.prerequisites, ...this.grantKeys(props)],
    };
    if (kind === 'autopilot') {
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
      // The initial node pool, which GKE requires, must not use the project's default service account either.
      nodeConfig: {
        serviceAccount: nodes.email,
        oauthScopes: [CLOUD_PLATFORM],
        ...(key ? { bootDiskKmsKey: key } : {}),
      },
      // Dataplane V2 enforces network policies.
      datapathProvider: 'ADVANCED_DATAPATH',
      enableShieldedNodes: true,
      workloadIdentityConfig: { workloadPool: `${projectId(this, props.project)}.svc.id.goog` },
      addonsConfig: { gcsFuseCsiDriverConfig: { enabled: true } },
      gatewayApiConfig: { channel: 'CHANNEL_STANDARD' },
      // Autopilot always enables Managed Service for Prometheus.
      monitoringConfig: { enableComponents: ['SYSTEM_COMPONENTS'], managedPrometheus: { enabled: true } },
      // Deleting the initial node pool removes this block, and Terraform would replace the cluster to restore it.
      lifecycle: { ignoreChanges: ['node_config'] },
    });
  }

  private makeNodePool(
    props: ContainerModelProps,
    options: GkeStandardOptions,
    cluster: ContainerCluster,
  ): ContainerNodePool {
    const { instanceType, minNodes = 0, maxNodes = DEFAULT_MAX_NODES, zones } = options;
    const { gpu } = props;
    return new google.ContainerNodePool(this, 'NodePool', {
      ...this.poolPlace(props, cluster),
      nodeLocations: zones,
      autoscaling: { minNodeCount: minNodes, maxNodeCount: Math.max(minNodes, maxNodes) },
      nodeConfig: {
        ...this.nodeConfig(props),
        machineType: instanceType ?? gpu?.instanceType ?? DEFAULT_MACHINE_TYPE,
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

  /** Grants the key to GKE, which encrypts secrets, and to Compute Engine, which encrypts the nodes' disks. */
  private grantKeys({ encryptionKey: key, project }: ContainerModelProps): ITerraformDependable[] {
    if (!key) return [];
    return [
      grantKey(this, 'ClusterKey', key, serviceAgent(this, project, 'container')),
      grantKey(this, 'DiskKey', key, serviceAgent(this, project, 'compute')),
    ];
  }
}

/** OAuth scope of the nodes. It allows all APIs, because IAM roles of the service account restrict the nodes. */
const CLOUD_PLATFORM = 'https://www.googleapis.com/auth/cloud-platform';

/** Sunday from which weekly windows count. Any past date works. */
const FIRST_SUNDAY = '2026-01-04';

function maintenancePolicy({ day, startTime, hours }: MaintenanceWindow) {
  const start = new Date(`${FIRST_SUNDAY}T${startTime}:00Z`);
  start.setUTCDate(start.getUTCDate() + DAYS_OF_WEEK.indexOf(day));
  const end = new Date(start.getTime() + hours * 3_600_000);
  const recurrence = `FREQ=WEEKLY;BYDAY=${day.slice(0, 2).toUpperCase()}`;
  const time = (date: Date) => date.toISOString().replace('.000', '');
  return { recurringWindow: { startTime: time(start), endTime: time(end), recurrence } };
}
