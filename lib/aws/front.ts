import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Validator } from '../serving/validation/validator.js';
import type { QueueFrontOptions, RestApiOptions, ServerlessFrontKind } from './front-options.js';
import { checkQueue, checkRestApi, checkSettings, type FrontSettings } from './private/lambda/front-validation.js';
import { HttpFront, type HttpFrontProps } from './private/lambda/http-front.js';
import { grantResults, QueueFront, type QueueFrontProps } from './private/lambda/queue-front.js';
import { QueueTelemetry } from './private/lambda/queue-telemetry.js';
import { RestFront, type RestFrontProps } from './private/lambda/rest-front.js';
import { FunctionTelemetry, type FunctionTelemetryProps } from './private/lambda/telemetry.js';
import { UrlFront, type UrlFrontProps } from './private/lambda/url-front.js';

/** Resources of a front. The member `kind` discriminates the union. */
export type FrontResources = RestFront | HttpFront | UrlFront | QueueFront;

/** Resources that a front creates. */
export interface ServerlessFrontBinding {
  readonly front: FrontResources;
  readonly telemetry: FunctionTelemetry | QueueTelemetry;
}

/** Settings of the function that any front may need. */
export type FrontContext = Omit<RestFrontProps, keyof RestApiOptions> &
  HttpFrontProps &
  UrlFrontProps &
  Omit<QueueFrontProps, keyof QueueFrontOptions>;

/** Settings of the alarms and the dashboard. */
export type TelemetrySettings = Omit<FunctionTelemetryProps, 'front'>;

/**
 * Service through which callers reach the function.
 *
 * @example
 * ```ts
 * import { ServerlessFront, ServerlessModel } from 'modelship/aws';
 *
 * new ServerlessModel(stack, 'Iris', { model, front: ServerlessFront.functionUrl() });
 * ```
 */
export abstract class ServerlessFront {
  /**
   * Uses an API Gateway REST API. It supports every kind of `access`, quotas, a firewall, and validation of requests
   * against the model's signature. Responses are streamed, so they may exceed 6 MB and be binary. The default.
   */
  static restApi(options: RestApiOptions = {}): ServerlessFront {
    return new RestApi(options);
  }

  /**
   * Uses an API Gateway HTTP API, which is cheaper and slightly faster than a REST API. It supports IAM, JWT and
   * anonymous access. Requests and responses are limited to 6 MB.
   */
  static httpApi(): ServerlessFront {
    return new HttpApi();
  }

  /**
   * Uses the function URL, which has no additional cost. It supports IAM and anonymous access, and requests of up to 15
   * minutes. Only `maxReplicas` limits the load. Responses are streamed, so they may exceed 6 MB.
   */
  static functionUrl(): ServerlessFront {
    return new FunctionUrl();
  }

  /**
   * Uses an SQS queue, for asynchronous requests. A message body is a request body of up to 1 MiB of text. Message
   * attributes may set a `path` other than the model's `:predict`, and headers such as `content-type`. The response is
   * written to `<message id>.out`, or to `<message id>-error.out` if the request is invalid. Messages that fail for
   * other reasons are retried, and finally move to a dead-letter queue. Callers authenticate with IAM, and may send but
   * not receive messages.
   */
  static queue(options: QueueFrontOptions): ServerlessFront {
    return new SqsQueue(options);
  }

  /** Kind of front: `restApi`, `httpApi`, `functionUrl` or `queue`. */
  abstract readonly kind: ServerlessFrontKind;

  /**
   * Handler of the runtime that the function runs.
   *
   * @internal
   */
  abstract readonly handler: string;

  /**
   * Whether the front limits the number of concurrent invocations itself.
   *
   * @internal
   */
  readonly limitsConcurrency: boolean = false;

  /**
   * Reports settings that the front does not support.
   *
   * @internal
   */
  check(validator: Validator, props: FrontSettings): void {
    checkSettings(validator, props, this.kind);
  }

  /**
   * Returns the environment variables of a function behind this front, and grants its role what they require.
   *
   * @internal
   */
  environment(_role: IRole): { readonly [name: string]: string } {
    return {};
  }

  /**
   * Creates the front of a function in `scope`, with its alarms and dashboard.
   *
   * @internal
   */
  abstract bind(scope: Construct, settings: FrontContext, telemetry: TelemetrySettings): ServerlessFrontBinding;
}

class RestApi extends ServerlessFront {
  override readonly kind = 'restApi';
  override readonly handler = 'streamingHandler';

  constructor(private readonly options: RestApiOptions) {
    super();
  }

  override check(validator: Validator, props: FrontSettings): void {
    super.check(validator, props);
    checkRestApi(validator, this.options);
  }

  override bind(scope: Construct, context: FrontContext, telemetry: TelemetrySettings): ServerlessFrontBinding {
    return watched(scope, new RestFront(scope, 'Api', { ...this.options, ...context }), telemetry);
  }
}

class HttpApi extends ServerlessFront {
  override readonly kind = 'httpApi';
  // An HTTP API cannot stream responses.
  override readonly handler = 'handler';

  override bind(scope: Construct, context: FrontContext, telemetry: TelemetrySettings): ServerlessFrontBinding {
    return watched(scope, new HttpFront(scope, 'HttpApi', context), telemetry);
  }
}

class FunctionUrl extends ServerlessFront {
  override readonly kind = 'functionUrl';
  override readonly handler = 'streamingHandler';

  override bind(scope: Construct, context: FrontContext, telemetry: TelemetrySettings): ServerlessFrontBinding {
    return watched(scope, new UrlFront(scope, 'Url', context), telemetry);
  }
}

class SqsQueue extends ServerlessFront {
  override readonly kind = 'queue';
  override readonly handler = 'queueHandler';
  // The event source limits the concurrency, because throttled invocations would count as failed attempts.
  override readonly limitsConcurrency = true;

  constructor(private readonly options: QueueFrontOptions) {
    super();
  }

  override check(validator: Validator, props: FrontSettings): void {
    super.check(validator, props);
    checkQueue(validator, this.options);
  }

  override environment(role: IRole): { readonly [name: string]: string } {
    return { [ENVIRONMENT.results]: grantResults(this.options, role) };
  }

  override bind(scope: Construct, context: FrontContext, telemetry: TelemetrySettings): ServerlessFrontBinding {
    const front = new QueueFront(scope, 'Queue', { ...this.options, ...context });
    return { front, telemetry: new QueueTelemetry(scope, 'Telemetry', { ...telemetry, front }) };
  }
}

/** Adds the alarms and the dashboard of a front that returns responses. */
function watched(
  scope: Construct,
  front: RestFront | HttpFront | UrlFront,
  telemetry: TelemetrySettings,
): ServerlessFrontBinding {
  return { front, telemetry: new FunctionTelemetry(scope, 'Telemetry', { ...telemetry, front }) };
}
