import type { TerraformProvider } from 'cdktf';
import type { MaintenanceWindow } from '../kubernetes/maintenance-window.js';
import type { AzureSubnet } from './props.js';

/** Options of a new AKS cluster and of the node pool that runs the model. */
export interface AksManagedOptions {
  /**
   * VM size of the nodes that run the model, such as `Standard_NC4as_T4_v3` for one GPU. Pods with GPUs require it.
   *
   * @default Standard_D4s_v5
   */
  readonly instanceType?: string;

  /** Minimum number of nodes for models. @default - 1, or 0 with GPUs */
  readonly minNodes?: number;

  /** Maximum number of nodes for models. @default 3 */
  readonly maxNodes?: number;

  /**
   * Availability zones of the nodes, such as `['1', '2', '3']`. The region must offer them, with `instanceType` in
   * each.
   *
   * @default - Azure chooses, and nodes may share a zone
   */
  readonly zones?: string[];

  /** Subnet of the nodes. @default - a network created by AKS */
  readonly subnet?: AzureSubnet;

  /** Whether the API server has only a private address. Terraform must then run inside the network. @default false */
  readonly isPrivate?: boolean;

  /**
   * Addresses that can reach the API server, as CIDR blocks. They must include the machine that runs Terraform.
   *
   * @default - any address; Microsoft Entra ID still authenticates each request
   */
  readonly authorizedNetworks?: string[];

  /**
   * Weekly time in which AKS upgrades the control plane and the nodes. Set it so that upgrades drain nodes when the load is low.
   *
   * @default - AKS upgrades at any time
   */
  readonly maintenanceWindow?: MaintenanceWindow;

  /**
   * Object ids of the Entra ID groups that administer the cluster.
   *
   * @default - only the deployers, through an Azure role
   */
  readonly adminGroupObjectIds?: string[];

  /** Kubernetes version of the cluster. @default - the version that AKS recommends, with automatic patch upgrades */
  readonly kubernetesVersion?: string;

  /**
   * Login mode of `kubelogin`, which gets Terraform's token: `azurecli`, `workloadidentity`, `msi` or `spn`.
   *
   * @default azurecli
   */
  readonly kubeloginMethod?: string;
}

/** Options of an existing AKS cluster. */
export interface AksExistingOptions {
  /** Azure resource id of the cluster. */
  readonly id: string;
  /** URL of the cluster's OIDC issuer. */
  readonly oidcIssuerUrl: string;
  /** Kubernetes provider that connects to the cluster. */
  readonly kubernetesProvider: TerraformProvider;
}

/** Settings of a cluster. The member `kind` discriminates the union. */
export type AksClusterSettings =
  | { readonly kind: 'managed'; readonly options: AksManagedOptions }
  | { readonly kind: 'existing'; readonly options: AksExistingOptions };

/**
 * AKS cluster that runs the model.
 *
 * @example
 * ```ts
 * import { AksCluster, ContainerModel } from 'modelship/azure';
 *
 * new ContainerModel(stack, 'Iris', { model, location: 'westeurope', cluster: AksCluster.managed({ maxNodes: 5 }) });
 * ```
 */
export class AksCluster {
  /**
   * Creates a cluster with workload identity, Azure RBAC instead of local accounts, KEDA and node autoscaling. The
   * default.
   */
  static managed(options: AksManagedOptions = {}): AksCluster {
    return new AksCluster({ kind: 'managed', options });
  }

  /**
   * Uses an existing cluster. It needs its OIDC issuer and workload identity, and the Blob CSI driver if models are
   * mounted. Gateways require an existing cluster, because Terraform reads their resource definitions at plan time.
   */
  static existing(options: AksExistingOptions): AksCluster {
    return new AksCluster({ kind: 'existing', options });
  }

  private constructor(
    /** Settings of the cluster. Its member `kind` tells its type. */
    readonly settings: AksClusterSettings,
  ) {}

  /** Kind of cluster, the same as `settings.kind`. */
  get kind(): AksClusterSettings['kind'] {
    return this.settings.kind;
  }
}
