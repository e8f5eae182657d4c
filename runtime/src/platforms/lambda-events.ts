import type { HttpRequest, HttpResponse } from '../http/http.js';

/** An event of a REST API, or of an Application Load Balancer. */
export interface RestEvent {
  readonly httpMethod: string;
  readonly path: string;
  /** Path of the API's resource, such as `/{proxy+}`. A load balancer has none. */
  readonly resource?: string;
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | null;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly queryStringParameters?: Readonly<Record<string, string | undefined>> | null;
  /** The same with every value of a name that came more than once. */
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[] | undefined>> | null;
  /** `elb` tells a load balancer. */
  readonly requestContext?: { readonly elb?: object };
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
}

/** An event of an HTTP API, or of a function URL. */
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

/** What API Gateway sends on to the caller. */
export interface LambdaResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** An event of any of the front doors of Lambda as a request. */
export function requestOf(event: RestEvent | HttpApiEvent): HttpRequest {
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  const headers = lowerCase(event);
  if ('rawPath' in event) {
    const { stage } = event.requestContext;
    // A stage that is named stands in the path; the default one does not.
    const prefix = stage && stage !== '$default' ? `/${stage}` : '';
    const raw = prefix && event.rawPath.startsWith(`${prefix}/`) ? event.rawPath.slice(prefix.length) : event.rawPath;
    const path = withoutBasePath(raw, event.routeKey?.split(' ')[1], event.pathParameters);
    return { method: event.requestContext.http.method, path, query: event.rawQueryString, headers, body };
  }
  // A REST API hands packed bodies on unpacked, and the header with them; a load balancer hands both on as they came.
  if (!event.requestContext?.elb) delete headers['content-encoding'];
  const path = withoutBasePath(event.path, event.resource, event.pathParameters);
  return { method: event.httpMethod, path, query: queryOf(event), headers, body };
}

/**
 * The path from where the API begins: a custom domain leaves the base path of its mapping in front of it. The route that
 * API Gateway matched, with what `{proxy+}` stands for, tells how much of the path is the API's own.
 */
function withoutBasePath(path: string, route: string | undefined, parameters: RestEvent['pathParameters']): string {
  if (!route?.startsWith('/')) return path;
  const own = route.replace('{proxy+}', parameters?.proxy ?? '');
  // Nothing but the root itself matches it, whatever stands before.
  return own === '/' || path.endsWith(own) ? own : path;
}

function queryOf({ multiValueQueryStringParameters, queryStringParameters, requestContext }: RestEvent): string {
  const parameters = Object.entries(multiValueQueryStringParameters ?? queryStringParameters ?? {});
  // An API decodes names and values; a load balancer leaves them as they came.
  const encode = requestContext?.elb ? (text: string) => text : encodeURIComponent;
  return parameters
    .flatMap(([name, values]) => [values ?? ''].flat().map((value) => `${encode(name)}=${encode(value)}`))
    .join('&');
}

/** The answer as Lambda's front doors take it: text as it is, all else in base64. */
export function lambdaResponseOf({ status, headers, body }: HttpResponse): LambdaResponse {
  const isText =
    typeof body === 'string' || /^(text\/|application\/(json|jsonlines))/.test(headers['content-type'] ?? '');
  return {
    statusCode: status,
    headers,
    body: typeof body === 'string' ? body : body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  };
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
