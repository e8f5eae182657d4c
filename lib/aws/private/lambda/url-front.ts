import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { type Alias, FunctionUrl, FunctionUrlAuthType, HttpMethod, InvokeMode } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Access } from '../../../serving/access.js';
import type { AnsweringFront } from './front.js';

export interface UrlFrontProps {
  readonly handler: Alias;
  readonly access: Access;
  /** Origins allowed to call the URL from a browser (CORS). */
  readonly corsOrigins: readonly string[];
}

/** Headers of a signed request with a body. */
const SIGNED_HEADERS = ['authorization', 'content-type', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token'];

/** URL of a function's alias, which requires IAM authentication unless access is anonymous. */
export class UrlFront extends Construct implements AnsweringFront {
  readonly kind = 'functionUrl';
  readonly functionUrl: FunctionUrl;
  readonly signedService = 'lambda';
  private readonly handler: Alias;

  constructor(scope: Construct, id: string, { handler, access, corsOrigins }: UrlFrontProps) {
    super(scope, id);
    this.handler = handler;
    const isOpen = access.kind === 'anonymous';
    this.functionUrl = new FunctionUrl(this, 'Resource', {
      function: handler,
      authType: isOpen ? FunctionUrlAuthType.NONE : FunctionUrlAuthType.AWS_IAM,
      invokeMode: InvokeMode.RESPONSE_STREAM,
      // Browsers send preflight requests without a signature, which never reach the runtime. Lambda answers them itself:
      // https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
      cors:
        corsOrigins.length > 0 && !isOpen
          ? { allowedOrigins: [...corsOrigins], allowedMethods: [HttpMethod.ALL], allowedHeaders: SIGNED_HEADERS }
          : undefined,
    });
  }

  get url(): string {
    return this.functionUrl.url;
  }

  /** Grants access to the function through its URL only. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.functionUrl.grantInvokeUrl(grantee);
  }

  metricRequests(props?: MetricOptions): Metric {
    return this.handler.metric('UrlRequestCount', { statistic: 'Sum', ...props });
  }

  metricClientError(props?: MetricOptions): Metric {
    return this.handler.metric('Url4xxCount', { statistic: 'Sum', ...props });
  }

  metricErrors(props?: MetricOptions): Metric {
    return this.handler.metric('Url5xxCount', { statistic: 'Sum', ...props });
  }

  metricLatency(props?: MetricOptions): Metric {
    return this.handler.metric('UrlRequestLatency', props);
  }
}
