import { inferPath, predictPath } from '@modelship/runtime/contract';
import { isImageTask } from '@modelship/runtime/manifest';
import { Duration, Stack, Token } from 'aws-cdk-lib';
import {
  ApiKey,
  AuthorizationType,
  EndpointType,
  type IResource,
  type JsonSchema,
  LambdaIntegration,
  LogGroupLogDestination,
  Method,
  MethodLoggingLevel,
  type MethodOptions,
  Period,
  type RequestValidator,
  Resource,
  ResponseTransferMode,
  ResponseType,
  RestApi,
  UsagePlan,
} from 'aws-cdk-lib/aws-apigateway';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import {
  AccountRootPrincipal,
  AnyPrincipal,
  Effect,
  Grant,
  type IGrantable,
  PolicyStatement,
} from 'aws-cdk-lib/aws-iam';
import type { Architecture, IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Model } from '../../../model/model.js';
import { takesText } from '../../../model/takes-text.js';
import type { Access } from '../../../serving/access.js';
import { DEFAULT_THROTTLE, type Throttle } from '../../../serving/throttle.js';
import type { RestApiOptions } from '../../front-options.js';
import type { WebAcl } from '../../serverless-web-acl.js';
import { restAccessLog } from '../shared/access-log.js';
import { apiName } from '../shared/api-name.js';
import { rejectServicePrincipal } from '../shared/grant.js';
import { rates } from '../shared/throttle.js';
import { ApiLogRole } from './api-log-role.js';
import { Firewall } from './firewall.js';
import { type AnsweringFront, REST_STAGE } from './front.js';
import { JwtAuthorizer } from './jwt-authorizer.js';
import { inferSchema, predictSchema } from './request-schema.js';

export interface RestFrontProps extends RestApiOptions {
  readonly model: Model;
  /** @default - none */
  readonly webAcl?: WebAcl;
  readonly handler: IFunction;
  readonly architecture: Architecture;
  readonly access: Access;
  readonly throttle?: Throttle;
  readonly timeoutSeconds: number;
  readonly logs: LogGroupProps;
  /**
   * Whether to create the account's role for API Gateway logs (true), or to use the existing one (false).
   *
   * @default - no access log
   */
  readonly accountLogRole?: boolean;
  /** Origins allowed to call the API from a browser (CORS). */
  readonly corsOrigins: readonly string[];
}

const JSON_TYPE = 'application/json';

/** Media types of binary request bodies, which API Gateway must not change. It never changes streamed responses. */
const BINARY_TYPES = ['application/octet-stream', 'application/x-npy'];

/** Media types of pictures and of forms of pictures, which only models that take pictures need. */
const PICTURE_TYPES = [
  ...['jpeg', 'png', 'webp', 'gif', 'tiff'].map((format) => `image/${format}`),
  'application/x-image',
  'multipart/form-data',
];

/** REST API that authenticates callers and routes every path to the function. */
export class RestFront extends Construct implements AnsweringFront {
  readonly kind = 'restApi';
  readonly api: RestApi;
  readonly signedService = 'execute-api';
  readonly requestValidator: RequestValidator;
  /** Set for `Access.apiKey()`. */
  readonly apiKey?: ApiKey;
  /** Set for `Access.apiKey()`. */
  readonly usagePlan?: UsagePlan;
  /** Set if `webAcl` is given. */
  readonly firewall?: Firewall;
  /** Set for `Access.jwt()`. */
  readonly authorizer?: JwtAuthorizer;

  private readonly hasPreflight: boolean;
  private isPreflightAllowed = false;
  /** VPC endpoints through which callers reach the API. Empty if it is reachable from the internet. */
  private readonly vpcEndpoints: readonly IVpcEndpoint[];

  constructor(scope: Construct, id: string, props: RestFrontProps) {
    super(scope, id);
    const { access, vpcEndpoints } = props;
    this.vpcEndpoints = vpcEndpoints ?? [];
    this.hasPreflight = props.corsOrigins.length > 0;
    this.api = this.makeApi(props);
    if (props.accountLogRole) this.api.deploymentStage.node.addDependency(ApiLogRole.of(this).account);
    if (vpcEndpoints) this.closeToOthers(access, vpcEndpoints);
    this.addRetryAfter();
    if (props.corsOrigins.length > 0) this.addCorsErrors(props.corsOrigins);
    this.requestValidator = this.api.addRequestValidator('RequestValidator', {
      validateRequestBody: true,
      validateRequestParameters: true,
    });
    if (access.jwtOptions) {
      this.authorizer = new JwtAuthorizer(this, 'JwtAuthorizer', {
        jwt: access.jwtOptions,
        architecture: props.architecture,
        logs: props.logs,
      });
    }
    const integration = new LambdaIntegration(props.handler, {
      // A token's value is unknown during synthesis; API Gateway then uses its maximum timeout.
      timeout: Token.isUnresolved(props.timeoutSeconds) ? undefined : Duration.seconds(props.timeoutSeconds),
      // One permission covers the whole API, instead of one for each method.
      scopePermissionToMethod: false,
      responseTransferMode: ResponseTransferMode.STREAM,
    });
    const method = { ...this.methodOptions(access), requestValidator: this.requestValidator };
    if (props.validateRequests ?? true) this.addModelRoutes(props.model, integration, method);
    this.api.root.addMethod('ANY', integration, method);
    this.api.root.addResource('{proxy+}').addMethod('ANY', integration, method);
    if (this.hasPreflight) this.addPreflight(this.api.root, integration);
    if (props.webAcl) {
      const { stageArn } = this.api.deploymentStage;
      this.firewall = new Firewall(this, 'Firewall', {
        webAcl: props.webAcl,
        resourceArn: stageArn,
        takesText: takesText(props.model.manifest),
      });
    }
    if (access.kind === 'apiKey') {
      this.apiKey = new ApiKey(this, 'ApiKey');
      this.usagePlan = this.makeUsagePlan(this.apiKey, props);
    }
  }

  private makeApi(props: RestFrontProps): RestApi {
    const { throttle = DEFAULT_THROTTLE, vpcEndpoints, accountLogRole, logs, model } = props;
    const { rateLimit, burstLimit } = rates(throttle);
    const { task } = model.manifest;
    return new RestApi(this, 'Resource', {
      // CloudWatch identifies REST APIs by name only.
      restApiName: apiName(this),
      endpointConfiguration: { types: [vpcEndpoints ? EndpointType.PRIVATE : EndpointType.REGIONAL], vpcEndpoints },
      binaryMediaTypes: task && isImageTask(task) ? [...BINARY_TYPES, ...PICTURE_TYPES] : BINARY_TYPES,
      // The account has only one such role. `ApiLogRole` creates it once, and only on request.
      cloudWatchRole: false,
      deployOptions: {
        stageName: REST_STAGE,
        throttlingRateLimit: rateLimit,
        throttlingBurstLimit: burstLimit,
        ...(accountLogRole !== undefined && {
          accessLogDestination: new LogGroupLogDestination(new LogGroup(this, 'AccessLogs', logs)),
          accessLogFormat: restAccessLog(),
        }),
        // API Gateway would create the group of execution logs itself: without expiry, without the key, and never
        // deleted.
        loggingLevel: MethodLoggingLevel.OFF,
        // Request and response bodies stay out of the logs.
        dataTraceEnabled: false,
        metricsEnabled: true,
        tracingEnabled: true,
      },
    });
  }

  private makeUsagePlan(apiKey: ApiKey, { throttle = DEFAULT_THROTTLE }: RestFrontProps): UsagePlan {
    const usagePlan = new UsagePlan(this, 'UsagePlan', {
      throttle: rates(throttle),
      ...(throttle.requestsPerDay && { quota: { limit: throttle.requestsPerDay, period: Period.DAY } }),
      apiStages: [{ api: this.api, stage: this.api.deploymentStage }],
    });
    usagePlan.addApiKey(apiKey);
    return usagePlan;
  }

  get url(): string {
    const [endpoint] = this.vpcEndpoints;
    if (!endpoint) return this.api.url;
    const { region, urlSuffix } = Stack.of(this);
    const host = `${this.api.restApiId}-${endpoint.vpcEndpointId}.execute-api.${region}.${urlSuffix}`;
    return `https://${host}/${this.api.deploymentStage.stageName}/`;
  }

  /** Whether callers reach the API through VPC endpoints only. */
  get isPrivate(): boolean {
    return this.vpcEndpoints.length > 0;
  }

  /**
   * Grants access to every method and path of this stage, and to no other API. A principal of another account is added
   * to the resource policy of the API. Its account must allow it to invoke the API, too.
   */
  grantInvoke(grantee: IGrantable): Grant {
    rejectServicePrincipal(this.node.scope!, grantee);
    const grant = Grant.addToPrincipalOrResource({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [this.api.arnForExecuteApi('*', '/*', this.api.deploymentStage.stageName)],
      // API Gateway prepends the ARN of the API. The ARN of the stage would make the API depend on its own stage.
      resource: this.api,
      resourceSelfArns: ['execute-api:/*'],
    });
    if (grant.resourceStatement) this.allowPreflight();
    return grant;
  }

  /** Allows CORS preflight requests, which have no identity, once the API has a resource policy. */
  private allowPreflight(): void {
    if (!this.hasPreflight || this.isPreflightAllowed) return;
    this.isPreflightAllowed = true;
    this.api.addToResourcePolicy(
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: ['execute-api:Invoke'],
        resources: ['execute-api:/*/OPTIONS/*'],
      }),
    );
  }

  metricRequests(props?: MetricOptions): Metric {
    return this.api.metricCount({ statistic: 'Sum', ...props });
  }

  metricClientError(props?: MetricOptions): Metric {
    return this.api.metricClientError(props);
  }

  metricErrors(props?: MetricOptions): Metric {
    return this.api.metricServerError(props);
  }

  metricLatency(props?: MetricOptions): Metric {
    return this.api.metricLatency(props);
  }

  /**
   * Adds the resource policy, without which a private API rejects every request. With IAM it allows this account, so
   * that a caller's own policy decides; `Principal: *` would allow every signed request.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
   */
  private closeToOthers({ kind }: Access, vpcEndpoints: readonly IVpcEndpoint[]): void {
    const isIam = kind === 'cloudIdentity';
    const statement = { actions: ['execute-api:Invoke'], resources: ['execute-api:/*'] };
    this.api.addToResourcePolicy(
      new PolicyStatement({ ...statement, principals: [isIam ? new AccountRootPrincipal() : new AnyPrincipal()] }),
    );
    if (isIam) this.allowPreflight();
    this.api.addToResourcePolicy(
      new PolicyStatement({
        ...statement,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        conditions: {
          StringNotEquals: { 'aws:SourceVpce': vpcEndpoints.map(({ vpcEndpointId }) => vpcEndpointId) },
        },
      }),
    );
  }

  /** Adds the routes whose body format is known. They take precedence over the catch-all route. */
  private addModelRoutes({ name, manifest }: Model, integration: LambdaIntegration, options: MethodOptions): void {
    const routes: [string, JsonSchema][] = [
      [predictPath(name), predictSchema(manifest)],
      [inferPath(name), inferSchema(manifest)],
    ];
    for (const [path, schema] of routes) {
      const model = this.api.addModel(schema.title!, { contentType: JSON_TYPE, schema });
      this.api.root.resourceForPath(path).addMethod('POST', integration, {
        ...options,
        // API Gateway does not validate bodies of other content types.
        requestModels: { [JSON_TYPE]: model },
      });
    }
    this.api.addGatewayResponse('InvalidBody', {
      type: ResponseType.BAD_REQUEST_BODY,
      statusCode: '400',
      // The runtime reports errors in the same format.
      templates: { [JSON_TYPE]: '{"error": "$context.error.validationErrorString"}' },
    });
  }

  /** Adds CORS preflight routes to all resources. Browsers send preflight requests without credentials. */
  private addPreflight(resource: IResource, integration: LambdaIntegration): void {
    for (const child of resource.node.children) if (child instanceof Resource) this.addPreflight(child, integration);
    // Preflight requests to a resource without methods reach the function through `{proxy+}`.
    if (resource.node.children.some((child) => child instanceof Method)) {
      resource.addMethod('OPTIONS', integration, { authorizationType: AuthorizationType.NONE });
    }
  }

  /** Adds the CORS header to API Gateway's own errors. A static header supports a single origin only. */
  private addCorsErrors([origin, ...others]: readonly string[]): void {
    if (others.length > 0) return;
    for (const [id, type] of Object.entries({
      Errors4xx: ResponseType.DEFAULT_4XX,
      Errors5xx: ResponseType.DEFAULT_5XX,
    })) {
      this.api.addGatewayResponse(id, { type, responseHeaders: { 'Access-Control-Allow-Origin': `'${origin}'` } });
    }
  }

  /** Adds the `Retry-After` header for throttled callers, which API Gateway does not send by itself. */
  private addRetryAfter(): void {
    const responses = {
      // The token bucket of the throttle refills every second.
      Throttled: { type: ResponseType.THROTTLED, seconds: 1 },
      // API Gateway does not report when the day of a quota began.
      QuotaExceeded: { type: ResponseType.QUOTA_EXCEEDED, seconds: 3600 },
    };
    for (const [id, { type, seconds }] of Object.entries(responses)) {
      this.api.addGatewayResponse(id, {
        type,
        statusCode: '429',
        responseHeaders: { 'Retry-After': `'${seconds}'` },
        templates: { [JSON_TYPE]: '{"error": $context.error.messageString}' },
      });
    }
  }

  private methodOptions({ kind }: Access): MethodOptions {
    switch (kind) {
      case 'cloudIdentity':
        return { authorizationType: AuthorizationType.IAM };
      case 'apiKey':
        return { authorizationType: AuthorizationType.NONE, apiKeyRequired: true };
      case 'jwt':
        return { authorizationType: AuthorizationType.CUSTOM, authorizer: this.authorizer!.authorizer };
      case 'anonymous':
        return { authorizationType: AuthorizationType.NONE };
    }
  }
}
