import { Duration, Token } from 'aws-cdk-lib';
import {
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Access } from '../../../serving/access.js';
import { DEFAULT_THROTTLE, type Throttle } from '../../../serving/throttle.js';
import { httpAccessLog, httpAccessLogGroup } from '../shared/access-log.js';
import { apiName } from '../shared/api-name.js';
import { HTTP_STAGE } from '../shared/http-stage.js';
import { rates } from '../shared/throttle.js';
import type { AnsweringFront } from './front.js';

export interface HttpFrontProps {
  readonly handler: IFunction;
  readonly access: Access;
  readonly throttle?: Throttle;
  readonly timeoutSeconds: number;
  readonly logs: LogGroupProps;
  /** Origins allowed to call the API from a browser (CORS). */
  readonly corsOrigins: readonly string[];
}

/** HTTP API that authenticates callers and routes every path to the function. */
export class HttpFront extends Construct implements AnsweringFront {
  readonly kind = 'httpApi';
  readonly api: HttpApi;
  readonly stage: HttpStage;
  readonly signedService = 'execute-api';

  constructor(scope: Construct, id: string, props: HttpFrontProps) {
    super(scope, id);
    const { throttle = DEFAULT_THROTTLE, timeoutSeconds } = props;
    this.api = new HttpApi(this, 'Resource', { apiName: apiName(this), createDefaultStage: false });
    const integration = new HttpLambdaIntegration('Function', props.handler, {
      // A token's value is unknown during synthesis; API Gateway then uses its maximum timeout.
      timeout: Token.isUnresolved(timeoutSeconds) ? undefined : Duration.seconds(timeoutSeconds),
    });
    const authorizer = this.authorizer(props.access);
    for (const path of ['/', '/{proxy+}']) {
      this.api.addRoutes({ path, methods: [HttpMethod.ANY], integration, authorizer });
      if (props.corsOrigins.length > 0) {
        this.api.addRoutes({ path, methods: [HttpMethod.OPTIONS], integration, authorizer: new HttpNoneAuthorizer() });
      }
    }
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: HTTP_STAGE,
      autoDeploy: true,
      throttle: rates(throttle),
      accessLogSettings: {
        destination: new LogGroupLogDestination(httpAccessLogGroup(this, props.logs)),
        format: httpAccessLog(),
      },
      detailedMetricsEnabled: true,
    });
  }

  get url(): string {
    return `${this.api.apiEndpoint}/`;
  }

  /** Grants access to every method and path of this API, and to no other API. */
  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [this.api.arnForExecuteApi('*', '/*', this.stage.stageName)],
    });
  }

  metricRequests(props?: MetricOptions): Metric {
    return this.stage.metricCount({ statistic: 'Sum', ...props });
  }

  metricClientError(props?: MetricOptions): Metric {
    return this.stage.metricClientError(props);
  }

  metricErrors(props?: MetricOptions): Metric {
    return this.stage.metricServerError(props);
  }

  metricLatency(props?: MetricOptions): Metric {
    return this.stage.metricLatency(props);
  }

  /** Authorizer of the API. Validation has already rejected `Access.apiKey()`. */
  private authorizer({ kind, jwtOptions }: Access): IHttpRouteAuthorizer {
    if (jwtOptions) {
      return new HttpJwtAuthorizer('JwtAuthorizer', jwtOptions.issuer, { jwtAudience: jwtOptions.audience });
    }
    return kind === 'anonymous' ? new HttpNoneAuthorizer() : new HttpIamAuthorizer();
  }
}
