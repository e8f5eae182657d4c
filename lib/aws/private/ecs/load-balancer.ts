import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type IVpc, Peer, Port, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import {
  type ApplicationListener,
  ApplicationListenerRule,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  type CfnListenerRule,
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
}

/** Port of the listener that serves the new version to testers while the old version serves production traffic. */
const TEST_PORT = 9000;

/** Priorities of the rules, the lower first. */
const PREFLIGHT_PRIORITY = 1;
const PRIORITY = 2;

/**
 * Application Load Balancer with one rule for all requests. It may have a rule for preflight requests before it, and has
 * a rule for tests if deployments run two versions.
 */
export class LoadBalancer extends Construct {
  readonly resource: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;
  readonly targets: ApplicationTargetGroup;
  readonly rule: ApplicationListenerRule;
  /** Set if a deployment runs two versions at once. */
  readonly alternateTargets?: ApplicationTargetGroup;
  readonly testRule?: ApplicationListenerRule;
  readonly accessLogs: Bucket;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: LoadBalancerProps,
  ) {
    super(scope, id);
    this.resource = new ApplicationLoadBalancer(this, 'Resource', {
      vpc: props.vpc,
      vpcSubnets: props.subnets,
      internetFacing: props.internetFacing,
      dropInvalidHeaderFields: true,
      // The server must time out first, so that the client receives the server's error response.
      idleTimeout: Duration.seconds(Math.min(props.timeoutSeconds + 1, ECS.idleSeconds.max)),
    });
    if (props.access.kind === 'jwt') {
      // The security group allows connections to the tasks only, but the issuer's keys are on the internet.
      this.resource.connections.allowTo(Peer.anyIpv4(), Port.tcp(443), 'Keys of the issuer of tokens');
    }
    this.accessLogs = this.logRequests();
    this.targets = this.group('Targets');
    if (props.twoGroups) this.alternateTargets = this.group('AlternateTargets');
    this.listener = this.listen('Listener', props.certificate ? 443 : 80);
    this.rule = this.forward('Rule', this.listener);
    // ECS does not shift the weights of a third rule, so preflight requests would reach no task after a deployment.
    if (props.hasPreflight && props.access.kind === 'jwt' && !props.twoGroups) this.addPreflight();
    if (props.twoGroups) this.testRule = this.forward('TestRule', this.listen('TestListener', TEST_PORT));
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

  private listen(id: string, port: number): ApplicationListener {
    const { certificate } = this.props;
    return this.resource.addListener(id, {
      port,
      protocol: certificate ? ApplicationProtocol.HTTPS : ApplicationProtocol.HTTP,
      certificates: certificate && [certificate],
      sslPolicy: certificate && SslPolicy.RECOMMENDED_TLS,
      // The security group controls who can connect. Only an internet-facing listener is open by default.
      open: this.props.internetFacing && id === 'Listener',
      defaultAction: ListenerAction.fixedResponse(404, { contentType: 'application/json', messageBody: '{}' }),
    });
  }

  private forward(id: string, listener: ApplicationListener): ApplicationListenerRule {
    const { access, jwksUrl, jwtAudienceFormat = JwtAudienceFormat.SINGLE_STRING } = this.props;
    const groups = [this.targets, ...(this.alternateTargets ? [this.alternateTargets] : [])];
    const next = ListenerAction.weightedForward(
      groups.map((targetGroup, index) => ({ targetGroup, weight: index === 0 ? 100 : 0 })),
    );
    const jwt = access.jwtOptions;
    const rule = new ApplicationListenerRule(this, id, {
      listener,
      priority: PRIORITY,
      conditions: [ListenerCondition.pathPatterns(['/*'])],
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
  private logRequests(): Bucket {
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
    this.resource.setAttribute('access_logs.s3.enabled', 'true');
    this.resource.setAttribute('access_logs.s3.bucket', bucket.bucketName);
    this.resource.node.addDependency(bucket.policy!);
    return bucket;
  }
}
