import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type IVpc, Peer, Port, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationListenerRule,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  type CfnListenerRule,
  type IApplicationListener,
  type IApplicationLoadBalancer,
  type IApplicationLoadBalancerMetrics,
  ListenerAction,
  ListenerCondition,
  SslPolicy,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Access } from '../../../serving/access.js';
import type { ExistingListener } from '../../existing-listener.js';
import { JwtAudienceFormat } from '../../jwt-audience-format.js';
import { jwksUrlOf } from './jwks-url.js';
import { ECS } from './limits.js';

export interface LoadBalancerProps {
  readonly vpc: IVpc;
  readonly subnets: SubnetSelection;
  readonly port: number;
  readonly readyPath: string;
  readonly internetFacing: boolean;
  readonly certificate?: ICertificate;
  readonly access: Access;
  readonly jwksUrl?: string;
  readonly jwtAudienceFormat?: JwtAudienceFormat;
  readonly timeoutSeconds: number;
  readonly logRetentionDays: number;
  /** Whether to forward CORS preflight requests without a token. */
  readonly hasPreflight: boolean;
  /** Whether to create a second target group, to which deployments shift traffic. */
  readonly twoGroups: boolean;
  /** Listener that gets a rule for the service. @default - a new load balancer */
  readonly existing?: ExistingListener;
  /** Domain name of the service, which its rule on an existing listener matches. */
  readonly domainName?: string;
}

/** Port of the listener that serves the new version to testers while the old version serves production traffic. */
export const TEST_PORT = 9000;

/** Priorities of the rules of an own listener, the lower first. */
const PREFLIGHT_PRIORITY = 1;
const PRIORITY = 2;

/**
 * Application Load Balancer with one rule for all requests, or one rule of an existing one. It may have a rule for preflight
 * requests before it, and has a rule for tests if deployments run two versions.
 */
export class LoadBalancer extends Construct {
  readonly resource: IApplicationLoadBalancer;
  /** Full name of the load balancer, the dimension of its metrics. */
  readonly fullName: string;
  readonly listener: IApplicationListener;
  readonly targets: ApplicationTargetGroup;
  readonly rule: ApplicationListenerRule;
  /** Set if a deployment runs two versions at once. */
  readonly alternateTargets?: ApplicationTargetGroup;
  readonly testRule?: ApplicationListenerRule;
  /** Set unless the load balancer existed before. */
  readonly accessLogs?: Bucket;
  /** Metrics of the service's requests. Those of an existing load balancer include other services. */
  readonly metrics: Pick<IApplicationLoadBalancerMetrics, 'requestCount' | 'httpCodeTarget' | 'targetResponseTime'>;
  /** Whether other services use the load balancer, too. */
  readonly isShared: boolean;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: LoadBalancerProps,
  ) {
    super(scope, id);
    const { existing } = props;
    this.isShared = existing !== undefined;
    if (existing) {
      this.resource = existing.loadBalancer;
      this.targets = this.group('Targets');
      this.listener = existing.listener;
      this.rule = this.forward('Rule', this.listener, existing.priority, this.conditionsOf(existing));
      this.fullName = this.targets.firstLoadBalancerFullName;
      this.metrics = this.targets.metrics;
      return;
    }
    const balancer = this.createLoadBalancer();
    this.resource = balancer;
    this.fullName = balancer.loadBalancerFullName;
    this.metrics = balancer.metrics;
    this.accessLogs = this.logRequests(balancer);
    this.targets = this.group('Targets');
    if (props.twoGroups) this.alternateTargets = this.group('AlternateTargets');
    this.listener = this.listen('Listener', balancer, this.port);
    this.rule = this.forward('Rule', this.listener);
    // ECS does not shift the weights of a third rule, so preflight requests would reach no task after a deployment.
    if (props.hasPreflight && props.access.kind === 'jwt' && !props.twoGroups) this.addPreflight();
    if (props.twoGroups) this.testRule = this.forward('TestRule', this.listen('TestListener', balancer, TEST_PORT));
  }

  /** Origin at which callers reach the service. */
  get url(): string {
    const host = this.props.domainName ?? this.resource.loadBalancerDnsName;
    const origin = `${this.isEncrypted ? 'https' : 'http'}://${host}`;
    return this.port === this.defaultPort ? origin : `${origin}:${this.port}`;
  }

  /** Origin at which tests reach the new version during a deployment. The certificate may be of another host. */
  get testUrl(): string {
    return `${this.isEncrypted ? 'https' : 'http'}://${this.resource.loadBalancerDnsName}:${TEST_PORT}`;
  }

  /** Port of the listener. */
  get port(): number {
    return this.props.existing?.port ?? this.defaultPort;
  }

  private get defaultPort(): number {
    return this.isEncrypted ? 443 : 80;
  }

  private get isEncrypted(): boolean {
    const { existing, certificate } = this.props;
    return existing ? existing.protocol !== ApplicationProtocol.HTTP : certificate !== undefined;
  }

  private createLoadBalancer(): ApplicationLoadBalancer {
    const { props } = this;
    const balancer = new ApplicationLoadBalancer(this, 'Resource', {
      vpc: props.vpc,
      vpcSubnets: props.subnets,
      internetFacing: props.internetFacing,
      dropInvalidHeaderFields: true,
      // The server must time out first, so that the client receives the server's error response.
      idleTimeout: Duration.seconds(Math.min(props.timeoutSeconds + 1, ECS.idleSeconds.max)),
    });
    if (props.access.kind === 'jwt') {
      // The security group allows connections to the tasks only, but the issuer's keys are on the internet.
      balancer.connections.allowTo(Peer.anyIpv4(), Port.tcp(443), 'Keys of the issuer of tokens');
    }
    return balancer;
  }

  /** Conditions of the service's rule. Validation requires one of the two. */
  private conditionsOf({ conditions }: ExistingListener): ListenerCondition[] {
    return conditions ?? [ListenerCondition.hostHeaders([this.props.domainName!])];
  }

  /** Forwards preflight requests without validation of a token, before the other rule. */
  private addPreflight(): void {
    const preflight = new ApplicationListenerRule(this, 'Preflight', {
      listener: this.listener,
      priority: PREFLIGHT_PRIORITY,
      conditions: [ListenerCondition.httpRequestMethods(['OPTIONS'])],
      action: ListenerAction.forward([this.targets]),
    });
    // In stacks of earlier versions the other rule has this priority until it is updated.
    preflight.node.addDependency(this.rule);
  }

  private group(id: string): ApplicationTargetGroup {
    const { vpc, port, readyPath, timeoutSeconds } = this.props;
    return new ApplicationTargetGroup(this, id, {
      vpc,
      port,
      protocol: ApplicationProtocol.HTTP,
      targetType: TargetType.IP,
      // Response times vary, so round robin would queue requests behind slow ones.
      loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      // In-flight requests may finish before ECS stops the task.
      deregistrationDelay: Duration.seconds(Math.min(timeoutSeconds, ECS.maxDeregistrationSeconds)),
      healthCheck: {
        path: readyPath,
        healthyHttpCodes: '200',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
    });
  }

  private listen(id: string, balancer: ApplicationLoadBalancer, port: number): IApplicationListener {
    const { certificate } = this.props;
    return balancer.addListener(id, {
      port,
      protocol: certificate ? ApplicationProtocol.HTTPS : ApplicationProtocol.HTTP,
      certificates: certificate && [certificate],
      sslPolicy: certificate && SslPolicy.RECOMMENDED_TLS,
      // The security group controls who can connect. Only an internet-facing listener is open by default.
      open: this.props.internetFacing && id === 'Listener',
      defaultAction: ListenerAction.fixedResponse(404, { contentType: 'application/json', messageBody: '{}' }),
    });
  }

  private forward(
    id: string,
    listener: IApplicationListener,
    priority = PRIORITY,
    conditions = [ListenerCondition.pathPatterns(['/*'])],
  ): ApplicationListenerRule {
    const { access, jwksUrl, jwtAudienceFormat = JwtAudienceFormat.SINGLE_STRING } = this.props;
    const groups = [this.targets, ...(this.alternateTargets ? [this.alternateTargets] : [])];
    const next = ListenerAction.weightedForward(
      groups.map((targetGroup, index) => ({ targetGroup, weight: index === 0 ? 100 : 0 })),
    );
    const jwt = access.jwtOptions;
    const rule = new ApplicationListenerRule(this, id, {
      listener,
      priority,
      conditions,
      action: jwt
        ? ListenerAction.authenticateJwt({
            issuer: jwt.issuer,
            // Validation requires `jwksUrl` for unknown issuers.
            jwksEndpoint: jwksUrl ?? jwksUrlOf(jwt.issuer)!,
            next,
          })
        : next,
    });
    if (jwt) {
      // A token issued for another service of the same issuer must be rejected.
      (rule.node.defaultChild as CfnListenerRule).addPropertyOverride(
        'Actions.0.JwtValidationConfig.AdditionalClaims',
        [{ Format: jwtAudienceFormat, Name: 'aud', Values: jwt.audience }],
      );
    }
    return rule;
  }

  /** Enables access logs without CDK's `logAccessLogs()`, which requires a stack with a known region. */
  private logRequests(balancer: ApplicationLoadBalancer): Bucket {
    const bucket = new Bucket(this, 'AccessLogs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [{ expiration: Duration.days(this.props.logRetentionDays) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const { account, partition, region } = Stack.of(this);
    bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects(`AWSLogs/${account}/*`)],
        conditions: {
          ArnLike: {
            'aws:SourceArn': `arn:${partition}:elasticloadbalancing:${region}:${account}:loadbalancer/*`,
          },
        },
      }),
    );
    balancer.setAttribute('access_logs.s3.enabled', 'true');
    balancer.setAttribute('access_logs.s3.bucket', bucket.bucketName);
    balancer.node.addDependency(bucket.policy!);
    return bucket;
  }
}
