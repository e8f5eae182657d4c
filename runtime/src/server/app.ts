import { randomUUID } from 'node:crypto';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import {
  inferPath,
  LIVE_PATH,
  METRICS_PATH,
  OPEN_API_PATH,
  predictPath,
  READY_PATH,
  REQUEST_LINE,
  TENSORFLOW_SERVING_METRICS_PATH,
} from '../contract.js';
import { UNCOUNTED_BYTES } from '../http/byte-budget.js';
import type { HttpRequest, HttpResponse, RouteHandler, RouteParameters } from '../http/http.js';
import { inflated, UnsupportedMedia } from '../http/inflate.js';
import { type ModelCatalog, servedModels } from '../models/model-catalog.js';
import { EXPOSITION_TYPE } from '../observability/exposition.js';
import type { Logger } from '../observability/log.js';
import type { Measurement, RuntimeMetrics } from '../observability/metrics.js';
import { tensorFlowServingText } from '../observability/tensorflow-serving.js';
import type { Tracer } from '../observability/tracer.js';
import { traceIdOf, traceRequest } from '../observability/tracing.js';
import { page, wantsPage } from '../page/page.js';
import { anyTakesPictures, isPictureType } from '../protocols/pictures.js';
import type { Protocol } from '../protocols/protocol.js';
import { InferenceError, shuttingDown } from '../tensor/errors.js';
import type { Cancellation } from '../tensor/request.js';
import type { Admission } from './admission.js';
import { type Codec, LARGE_BODY_BYTES } from './codec.js';
import { acrossOrigins, readableBy, rejectCrossSite } from './cors.js';
import { openApi } from './openapi.js';

/** Dependencies and settings of an `App`. */
export interface AppOptions {
  readonly catalog: ModelCatalog;
  readonly protocols: readonly Protocol[];
  readonly metrics: RuntimeMetrics;
  readonly logger: Logger;
  readonly maxBodyBytes: number;
  /** Authentication and rate limits. @default - every caller is accepted */
  readonly admission?: Admission;
  /** Origins allowed for CORS requests; `*` allows all. @default - none */
  readonly corsOrigins?: readonly string[];
  /** Returns the metrics of the whole server, which may have several processes. */
  readonly measure: () => Promise<Measurement>;
  /**
   * Fields that identify the server in the error log. The app logs each response with status 500 or above at level
   * `error` with these fields.
   *
   * @default - such responses are logged at `debug`, like all others
   */
  readonly failureFields?: Readonly<Record<string, string>>;
}

/** HTTP methods whose request body no route reads. */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

/** Parts of a request that are available before its body. */
export type RequestHead = Pick<HttpRequest, 'method' | 'path' | 'headers'>;

/** Request handler that is independent of the host: turns a request into a response. */
export class App {
  private readonly router = findMyWay({ ignoreTrailingSlash: true, maxParamLength: 500 });
  /** Whether each connection should close after its next response. */
  isDraining = false;
  /** Promise that responses wait for during shutdown. @default - responses are sent immediately */
  responsesHeld: Promise<void> | undefined;
  /** Tracer that creates a span for each request, except probes and metrics scrapes. @default - no spans */
  tracer: Tracer | undefined;
  /** Handler for large requests outside this thread. @default - this thread handles every request */
  codec: Codec | undefined;
  private readonly routes = new Set<string>();
  /** Result of the last search. Each request searches its route twice, and consecutive requests mostly have the same path. */
  private last: { readonly method: string; readonly path: string; readonly found: FoundRoute } | undefined;
  /** Paths that accept GET requests without a credential. */
  private readonly openPaths: ReadonlySet<string>;
  private readonly untraced: ReadonlySet<string>;
  private readonly logsRequests: boolean;
  /** Handler with CORS headers, set only when CORS origins are configured. */
  private readonly fromPages: ((request: HttpRequest) => Promise<HttpResponse>) | undefined;

  constructor(private readonly options: AppOptions) {
    const { catalog, protocols, measure, logger, corsOrigins } = options;
    this.logsRequests = logger.has('debug');
    this.fromPages = corsOrigins && acrossOrigins(corsOrigins, (request) => this.traced(request));
    this.openPaths = new Set(protocols.flatMap(({ probes = [] }) => probes));
    this.untraced = new Set([...this.openPaths, METRICS_PATH, TENSORFLOW_SERVING_METRICS_PATH]);
    const own: [string, RouteHandler][] = [
      [METRICS_PATH, async () => metricsPage(await measure())],
      [
        TENSORFLOW_SERVING_METRICS_PATH,
        async () => text(tensorFlowServingText((await measure()).metrics), EXPOSITION_TYPE),
      ],
      [OPEN_API_PATH, () => text(JSON.stringify(openApi(catalog)), 'application/json')],
    ];
    for (const [path, handler] of own) this.add('GET', path, handler);
    // TorchServe clients read the API description with `OPTIONS /`.
    this.add('OPTIONS', '/', () => text(JSON.stringify(openApi(catalog)), 'application/json'));
    for (const protocol of protocols) {
      for (const { method, path, handler, controls, exists } of protocol.routes(catalog)) {
        const own = controls ? this.withoutPages(handler) : handler;
        this.add(method, path, exists ? this.whileItExists(own, exists) : own);
      }
    }
  }

  /** Rejects new requests from now on. */
  drain(): void {
    this.isDraining = true;
  }

  /** Responds to `request`. Errors become error responses, so the promise never rejects. */
  handle(request: HttpRequest): Promise<HttpResponse> {
    return this.fromPages ? this.fromPages(request) : this.traced(request);
  }

  private traced(request: HttpRequest): Promise<HttpResponse> {
    const { tracer } = this;
    if (!tracer || this.untraced.has(request.path)) return this.respond(request);
    return traceRequest(tracer, request, (traced) => this.respond(traced));
  }

  private async respond(request: HttpRequest): Promise<HttpResponse> {
    const since = performance.now();
    let response: HttpResponse;
    try {
      // Functions are not notified when a client disconnects, but models report to the signal.
      const signal = request.signal ?? { aborted: false };
      const whole = request.signal ? request : { ...request, signal };
      response = withTruncated(await this.admit(whole), signal);
      // Body and tensors of the request are free now.
      if (response.body.length > UNCOUNTED_BYTES) request.held?.resize(response.body.length);
    } catch (error) {
      response = this.failed(request, error);
    }
    const elapsedMs = performance.now() - since;
    this.options.metrics.requestFinished(response.status, elapsedMs);
    response.latency?.observe(elapsedMs * 1000);
    this.log(request, response.status, elapsedMs);
    return response;
  }

  /** Returns whether a route reads the body of such a request. If not, the app responds from the head alone. */
  takesBody({ method, path }: RequestHead): boolean {
    return !BODILESS.has(method) && this.find(method, path) !== null;
  }

  /**
   * Authorizes the caller before its body is read. Returns undefined if the route needs no credential.
   *
   * @throws InferenceError, as a rejection, if the caller is not authorized
   */
  authorize({ method, path, headers }: RequestHead): Promise<void> | undefined {
    const { admission } = this.options;
    const isOpen = BODILESS.has(method) && this.openPaths.has(path);
    return admission && !isOpen ? admission({ headers }) : undefined;
  }

  /** Builds the error response for a failure before the request is complete, such as a body that is too large. */
  refuse(head: RequestHead, error: unknown): HttpResponse {
    const response = this.failed(head, error);
    this.options.metrics.requestRefused(response.status);
    this.log(head, response.status);
    const readable = readableBy(this.options.corsOrigins ?? [], head.headers);
    return readable ? { ...response, headers: { ...response.headers, ...readable } } : response;
  }

  private failure(path: string, error: unknown): HttpResponse {
    const response = this.protocolOf(path).errorResponse(error);
    // No status code of the runtime stands for 415.
    return error instanceof UnsupportedMedia ? { ...response, status: 415 } : response;
  }

  // The path from here to the route avoids promises wherever it can, because each promise would slow down every
  // request.

  private admit(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    if (this.isDraining && request.path !== LIVE_PATH && request.path !== READY_PATH) {
      throw shuttingDown();
    }
    const admitted = request.isAdmitted ? undefined : this.authorize(request);
    return admitted ? admitted.then(() => this.read(request)) : this.read(request);
  }

  private read(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    const { method, path, headers } = request;
    if (method === 'POST') this.checkContentType(path, headers['content-type']);
    const encoding = headers['content-encoding'];
    if (encoding === undefined || /^\s*(identity)?\s*$/i.test(encoding)) return this.route(request);
    return this.withoutEncoding(request, encoding).then((whole) => this.route(whole));
  }

  private failed({ path, headers }: RequestHead, error: unknown): HttpResponse {
    if (error instanceof InferenceError) return this.failure(path, error);
    const id = randomUUID();
    this.options.logger.failure('a request failed', error, { id, path, trace_id: traceIdOf(headers) });
    return this.failure(path, new InferenceError('INTERNAL', `internal error ${id}`));
  }

  private log({ method, path, headers }: RequestHead, status: number, elapsedMs?: number): void {
    const { logger, failureFields } = this.options;
    const isFailure = status >= 500 && failureFields !== undefined;
    if (!isFailure && !this.logsRequests) return;
    logger.log(isFailure ? 'error' : 'debug', REQUEST_LINE.message, {
      method,
      path,
      [REQUEST_LINE.status]: status,
      milliseconds: elapsedMs === undefined ? undefined : Number(elapsedMs.toFixed(3)),
      trace_id: traceIdOf(headers),
      ...(isFailure && failureFields),
    });
  }

  private route(request: HttpRequest): HttpResponse | Promise<HttpResponse> {
    const { method, path } = request;
    // Hosts send `GET /` as a health check, while a browser gets the web page.
    if (path === '/' && method === 'GET' && wantsPage(request.headers.accept)) return page(this.options.catalog);
    const found = this.find(method === 'HEAD' ? 'GET' : method, path);
    if (found && this.codec && request.body.length >= LARGE_BODY_BYTES) return this.codec.handle(request);
    if (found) return (found.store as RouteHandler)(request, found.params as RouteParameters);
    const protocol = this.protocolOf(path);
    return protocol.unmatched?.(request) ?? protocol.errorResponse(this.noRoute(method, path));
  }

  private find(method: string, path: string): FoundRoute {
    if (this.last?.path !== path || this.last.method !== method) {
      this.last = { method, path, found: this.router.find(method as HTTPMethod, path) };
    }
    return this.last.found;
  }

  private noRoute(method: string, path: string): InferenceError {
    const [name = 'NAME'] = this.options.catalog.names();
    return new InferenceError(
      'NOT_FOUND',
      `no route for ${method} ${path.slice(0, 200)}; ${servedModels(this.options.catalog)}. ` +
        `Predict with POST ${predictPath(name)} or ${inferPath(name)}; GET ${OPEN_API_PATH} describes every route`,
    );
  }

  /**
   * Rejects a body with a content type other than JSON on routes under `/v1`, which accept only JSON and pictures. Other
   * protocols accept more types and check them on their own.
   *
   * @throws UnsupportedMedia
   */
  private checkContentType(path: string, contentType: string | undefined): void {
    // Nearly all requests have exactly this type.
    if (contentType === undefined || contentType === 'application/json' || !path.startsWith('/v1/')) return;
    const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
    if (type === '' || JSON_TYPES.test(type)) return;
    if (isPictureType(type) && anyTakesPictures(this.options.catalog)) return;
    throw new UnsupportedMedia(`content-type ${type.slice(0, 80)}`, 'application/json or no content type');
  }

  private async withoutEncoding(request: HttpRequest, encoding: string): Promise<HttpRequest> {
    const { method, path, query, headers, body, signal, held } = request;
    const whole = await inflated(body, encoding, this.options.maxBodyBytes, held);
    return { method, path, query, headers, signal, held, body: whole };
  }

  private protocolOf(path: string): Protocol {
    return this.options.protocols.find((protocol) => protocol.owns(path)) ?? this.defaultProtocol;
  }

  /** Protocol that formats errors on paths that no protocol owns. */
  private get defaultProtocol(): Protocol {
    return this.options.protocols.find(({ name }) => name === 'open-inference')!;
  }

  /** Responds as if a route that does not exist now were not registered. */
  private whileItExists(handler: RouteHandler, exists: () => boolean): RouteHandler {
    return (request, parameters) =>
      exists()
        ? handler(request, parameters)
        : this.defaultProtocol.errorResponse(this.noRoute(request.method, request.path));
  }

  /** Rejects requests from web pages of origins that are not allowed. */
  private withoutPages(handler: RouteHandler): RouteHandler {
    return (request, parameters) => {
      rejectCrossSite(this.options.corsOrigins ?? [], request.headers);
      return handler(request, parameters);
    };
  }

  /** Registers a route, unless an earlier protocol already registered the same method and path. */
  private add(method: HTTPMethod, path: string, handler: RouteHandler): void {
    const route = `${method} ${path}`;
    if (this.routes.has(route)) return;
    this.routes.add(route);
    this.router.on(method, path, () => {}, handler);
  }
}

type FoundRoute = ReturnType<ReturnType<typeof findMyWay>['find']>;

/** Header with the number of texts that were cut, because they exceed the model's limit. */
const TRUNCATED_TEXTS_HEADER = 'x-truncated-texts';

function withTruncated(response: HttpResponse, { truncatedTexts = 0 }: Cancellation): HttpResponse {
  if (truncatedTexts === 0) return response;
  const headers = { ...response.headers, [TRUNCATED_TEXTS_HEADER]: String(truncatedTexts) };
  return { ...response, headers };
}

function metricsPage({ metrics, figures }: Measurement): HttpResponse {
  return text(metrics.text(figures), EXPOSITION_TYPE);
}

function text(body: string, type: string): HttpResponse {
  return { status: 200, headers: { 'content-type': type }, body };
}

/**
 * Media types accepted as JSON. They include the defaults of curl and browsers, because TensorFlow Serving requires no
 * type.
 */
const JSON_TYPES = /^(application\/(json|[\w.-]+\+json|x-www-form-urlencoded)|text\/(plain|json))$/;
