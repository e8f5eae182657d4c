import type { AzureSubnet } from './props.js';

/** An AKS cluster that is there, with its OIDC issuer and workload identity on. */
export interface AksClusterReference {
  readonly id: string;
  readonly oidcIssuerUrl: string;
}

/** What the cluster is made like. */
export interface AksClusterOptions {
  /** Kind of machine of the nodes that serve models. @default Standard_D4s_v5 */
  readonly vmSize?: string;

  /** Nodes for models that always run. @default - 1, or 0 with GPUs */
  readonly minNodes?: number;

  /** Nodes for models that may run. @default 3 */
  readonly maxNodes?: number;

  /** GPUs of a node of `vmSize`, of which each pod gets one. @default 0 */
  readonly gpuCount?: number;

  /**
   * Availability zones of the nodes, such as `['1', '2', '3']`. The region must have them, with machines of `vmSize` in each.
   *
   * @default - Azure chooses, and nodes may share a zone
   */
  readonly zones?: string[];

  /** Whether the nodes are spot capacity, which is cheaper and can be taken away. @default false */
  readonly spot?: boolean;

  /** Subnet of the nodes. @default - a network that AKS makes */
  readonly subnet?: AzureSubnet;

  /** Whether the API server has a private address only. Terraform must then run where it reaches it. @default false */
  readonly isPrivate?: boolean;

  /** Addresses that may reach the API server, as CIDR blocks. @default - all, with an identity of Entra ID */
  readonly authorizedIpRanges?: string[];

  /** Groups of Entra ID that administer the cluster. @default - whoever deploys, by an Azure role */
  readonly adminGroupObjectIds?: string[];

  /** @default - the newest that AKS recommends, patched by it */
  readonly kubernetesVersion?: string;

  /** How `kubelogin` gets a token for Terraform: `azurecli`, `workloadidentity`, `msi` or `spn`. @default azurecli */
  readonly kubeloginMethod?: string;
}
