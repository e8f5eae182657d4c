import type { AzureSubnet } from './props.js';

/** Existing AKS cluster with its OIDC issuer and workload identity enabled. */
export interface AksClusterReference {
  readonly id: string;
  readonly oidcIssuerUrl: string;
}

/** Options of a new AKS cluster. */
export interface AksClusterOptions {
  /** VM size of the nodes that serve models. @default Standard_D4s_v5 */
  readonly vmSize?: string;

  /** Minimum number of nodes for models. @default - 1, or 0 with GPUs */
  readonly minNodes?: number;

  /** Maximum number of nodes for models. @default 3 */
  readonly maxNodes?: number;

  /** Number of GPUs of a node of `vmSize`. Each pod gets one. @default 0 */
  readonly gpuCount?: number;

  /**
   * Availability zones of the nodes, such as `['1', '2', '3']`. The region must offer them, with `vmSize` in each.
   *
   * @default - Azure chooses, and nodes may share a zone
   */
  readonly zones?: string[];

  /** Whether the model nodes are spot VMs, which are cheaper and can be evicted. @default false */
  readonly spot?: boolean;

  /** Subnet of the nodes. @default - a network created by AKS */
  readonly subnet?: AzureSubnet;

  /** Whether the API server has only a private address. Terraform must then run inside the network. @default false */
  readonly isPrivate?: boolean;

  /** CIDR blocks that can reach the API server. @default - all addresses, with an Entra ID identity */
  readonly authorizedIpRanges?: string[];

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
