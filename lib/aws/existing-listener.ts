import type {
  ApplicationProtocol,
  IApplicationListener,
  IApplicationLoadBalancer,
  ListenerCondition,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';

/** Listener of an existing Application Load Balancer, and the rule that it gets for the service. */
export interface ExistingListener {
  /** Listener that gets the rule, such as one from `ApplicationListener.fromApplicationListenerAttributes()`. */
  readonly listener: IApplicationListener;

  /** Load balancer of the listener. It must be in the VPC of the tasks. */
  readonly loadBalancer: IApplicationLoadBalancer;

  /** Priority of the rule, 1 to 50000. No other rule of the listener may have it. The lowest one is evaluated first. */
  readonly priority: number;

  /**
   * Conditions of the rule: 1 to 5, which a request must all meet.
   *
   * @default - the `Host` header is `domainName`
   */
  readonly conditions?: ListenerCondition[];

  /** Protocol of the listener, HTTP or HTTPS. @default ApplicationProtocol.HTTPS */
  readonly protocol?: ApplicationProtocol;

  /** Port of the listener. @default - the protocol's own, 443 or 80 */
  readonly port?: number;
}
