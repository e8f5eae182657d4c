import type { HttpRequest, HttpResponse } from '../http/http.js';

/** Event of a REST API or of an Application Load Balancer. */
export interface RestEvent {
  readonly httpMethod: string;
  readonly path: string;
  /** Path of the API's resource, such as `/{proxy+}`. Load balancers do not set it. */
  readonly resource?: string;
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | null;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
  /** Query parameters with all values of each repeated name. */
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[] | undefined>> | null;
  /** `elb` marks an event of a load balancer. */
  readonly requestContext?: { readonly elb?: object };
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** Event of an HTTP API or of a function URL. */
export interface HttpApiEvent {
  readonly version: '2.0';
  readonly rawPath: string;
  /** Method and path of the API's route, such as `ANY /{proxy+}`; `$default` for a function URL. */
  readonly routeKey?: string;
  readonly pathParameters?: Readonly<Record<string, string | undefined>>;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly requestContext: { readonly stage?: string; readonly http: { readonly method: string } };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/** Response that Lambda returns to API Gateway, a load balancer or a function URL. */
export interface LambdaResponse {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers for a load balancer whose target group has multi-value headers enabled. */
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** Converts an event of any HTTP trigger of Lambda to a request. */
export function requestOf(event: RestEvent | HttpApiEvent): HttpRequest {
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  const headers = lowerCase(event);
  if ('rawPath' in event) {
    const { stage } = event.requestContext;
    // The path contains the name of the stage, unless it is the default stage.
    const prefix = stage && stage !== '$default' ? `/${stage}` : '';
    const raw = prefix && event.rawPath.startsWith(`${prefix}/`) ? event.rawPath.slice(prefix.length) : event.rawPath;
    const path = withoutBasePath(raw, event.routeKey?.split(' ')[1], event.pathParameters);
    return { method: event.requestContext.http.method, path, query: event.rawQueryString, headers, body };
  }
  // A REST API decompresses bodies but keeps the header. A load balancer passes both on unchanged.
  if (!event.requestContext?.elb) delete headers['content-encoding'];
  const path = withoutBasePath(event.path, event.resource, event.pathParameters);
  return { method: event.httpMethod, path, query: queryOf(event), headers, body };
}

/**
 * Removes the base path that a custom domain mapping leaves in front of the path. The matched route, with the value of
 * `{proxy+}`, shows which part of the path belongs to the API.
 */
function withoutBasePath(path: string, route: string | undefined, parameters: RestEvent['pathParameters']): string {
  if (!route?.startsWith('/')) return path;
  const own = route.replace('{proxy+}', parameters?.proxy ?? '');
  // The root route matches only the root itself, so everything in front of it is the base path.
  return own === '/' || path.endsWith(own) ? own : path;
}

function queryOf({ multiValueQueryStringParameters, queryStringParameters, requestContext }: RestEvent): string {
  const parameters = Object.entries(multiValueQueryStringParameters ?? queryStringParameters ?? {});
  // API Gateway decodes names and values, while a load balancer passes them on unchanged.
  const encode = requestContext?.elb ? (text: string) => text : encodeURIComponent;
  return parameters
    .flatMap(([name, values]) => [values ?? ''].flat().map((value) => `${encode(name)}=${encode(value)}`))
    .join('&');
}

/** Converts a response to the form that the trigger of `event` accepts: text unchanged, everything else in base64. */
export function lambdaResponseOf(
  { status, headers, body }: HttpResponse,
  event: RestEvent | HttpApiEvent,
): LambdaResponse {
  const isText =
    typeof body === 'string' || /^(text\/|application\/(json|jsonlines))/.test(headers['content-type'] ?? '');
  return {
    statusCode: status,
    ...(hasMultiValueHeaders(event) ? { multiValueHeaders: listsOf(headers) } : { headers }),
    body: typeof body === 'string' ? body : body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  };
}

/** Whether the event comes from a load balancer that reads only the multi-value headers of the response. */
function hasMultiValueHeaders(event: RestEvent | HttpApiEvent): boolean {
  return 'multiValueHeaders' in event && event.requestContext?.elb !== undefined;
}

function listsOf(headers: Readonly<Record<string, string>>): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
}

function lowerCase(event: RestEvent | HttpApiEvent): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(event.headers ?? {})) headers[name.toLowerCase()] = value;
  if ('multiValueHeaders' in event) {
    for (const [name, values] of Object.entries(event.multiValueHeaders ?? {})) {
      headers[name.toLowerCase()] = values?.join(', ');
    }
  }
  return headers;
}
