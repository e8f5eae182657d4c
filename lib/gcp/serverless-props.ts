import type { Ingress, VpcEgress } from './network.js';
import type { GoogleServingProps } from './props.js';
import type { WebAcl } from './web-acl.js';

/** Props of {@link ServerlessModel}. */
export interface ServerlessModelProps extends GoogleServingProps {
  /** Name of the service. @default - derived from the construct's path */
  readonly serviceName?: string;

  /**
   * Maximum number of instances, 1 to 1000 within the quota of the project.
   *
   * @default - 10, or 3 with a GPU; at least minReplicas
   */
  readonly maxReplicas?: number;

  /** Number of CPUs of each instance: 1, 2, 4, 6 or 8. @default - 1, or 4 with a GPU */
  readonly cpu?: number;

  /**
   * Memory of each instance, in MiB: 512 to 32768, within the range that `cpu` allows.
   *
   * @default - 1024, or 16384 with a GPU
   */
  readonly memoryMib?: number;

  /**
   * Secrets of Secret Manager that become environment variables, by the name of the variable. A value is the ID of a
   * secret in the project, such as `hub-token`, or the full name `projects/P/secrets/S`, and either can end with a
   * version: `hub-token/versions/3`. The service may read these secrets and no others. It reads the newest version, or the
   * given one, when an instance starts.
   *
   * @default - none
   */
  readonly secrets?: { [name: string]: string };

  /** Maximum concurrent requests of each instance, 1 to 1000. The runtime batches them. @default 80 */
  readonly maxConcurrency?: number;

  /**
   * Domain name of the service, such as `iris.example.com`. A global external Application Load Balancer serves it with
   * TLS. Point an A record of the domain at `loadBalancer.address`.
   *
   * @default - none: the service has a host name of Cloud Run
   */
  readonly domainName?: string;

  /**
   * Name, self link or `id` of an existing SSL certificate for `domainName`.
   *
   * @default - a certificate that Google issues when the domain points at the load balancer, and renews
   */
  readonly certificate?: string;

  /** Cloud Armor security policy of the load balancer. Requires `domainName`. @default - none */
  readonly webAcl?: WebAcl;

  /**
   * Network ingress setting of the service.
   *
   * @default - Ingress.all(), which still requires authentication; Ingress.internalAndLoadBalancer() with `domainName`, so
   * that callers cannot bypass the load balancer
   */
  readonly ingress?: Ingress;

  /** Name or full resource name of the VPC network for outbound traffic. @default - none */
  readonly network?: string;

  /** Subnetwork of the network in the region. @default - the subnetwork with the network's name */
  readonly subnetwork?: string;

  /** Network tags of the instances, for firewall rules. @default - none */
  readonly networkTags?: string[];

  /** Outbound traffic that goes through the network. @default VpcEgress.privateRanges() */
  readonly vpcEgress?: VpcEgress;

  /**
   * Revision that keeps the rest of the traffic during a canary rollout: the output `revision` of the previous
   * deployment. A second apply with `Rollout.allAtOnce()` completes the rollout.
   *
   * @default - none
   */
  readonly stableRevision?: string;

  /**
   * Whether Cloud Monitoring checks every five minutes that the service is ready. Each check can start an instance.
   *
   * @default false
   */
  readonly uptimeCheck?: boolean;
}
