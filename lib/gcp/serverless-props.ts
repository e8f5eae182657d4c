import type { Ingress, VpcEgress } from './network.js';
import type { GoogleServingProps } from './props.js';

/** Props of {@link ServerlessModel}. */
export interface ServerlessModelProps extends GoogleServingProps {
  /** The service's name. @default - made from the construct's place in the tree */
  readonly serviceName?: string;

  /** Maximum number of instances, 1 to 1000 within the quota of the project. @default - 10, or 3 with a GPU; at least minReplicas */
  readonly maxReplicas?: number;

  /** CPUs of an instance: 1, 2, 4, 6 or 8. @default - 1, or 4 with a GPU */
  readonly cpu?: number;

  /**
   * Memory of an instance, in MiB: 512 to 32768, within what its CPUs allow.
   *
   * @default - 1024, or 16384 with a GPU
   */
  readonly memoryMib?: number;

  /** Requests that an instance gets at once, 1 to 1000. The runtime batches them. @default 80 */
  readonly concurrency?: number;

  /** From where the service can be reached. @default Ingress.all(), which still asks callers who they are */
  readonly ingress?: Ingress;

  /** VPC network that the service sends traffic through, by name or full name. @default - none */
  readonly network?: string;

  /** Subnetwork of it, in the region. @default - the one of the network's own name */
  readonly subnetwork?: string;

  /** Network tags of the instances, for firewall rules. @default - none */
  readonly networkTags?: string[];

  /** Which traffic goes through the network. @default VpcEgress.privateRanges() */
  readonly vpcEgress?: VpcEgress;

  /**
   * The revision that keeps the rest of the traffic during a canary: the output `revision` of the deployment before.
   * A second apply with `Rollout.allAtOnce()` ends the canary.
   *
   * @default - none
   */
  readonly stableRevision?: string;

  /**
   * Whether Cloud Monitoring asks the service every five minutes if it is ready. Each check can start an instance.
   *
   * @default false
   */
  readonly uptimeCheck?: boolean;
}
