import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { delimiter } from 'node:path';
import { APIS, type Api, type Method, mismatches } from '../../google-apis/apis.js';
import { HttpsProxy } from '../https-proxy.js';
import type { ClusterApi } from '../kubernetes.js';
import { loginCommand } from '../login-command.js';
import { type Call, camelCase, respond, SPECIAL } from './kinds.js';
import { operation } from './operations.js';
import { GoogleStore, type Json, Refusal } from './store.js';

const TOKEN = 'local-token';

/** Request to an API, without its body. */
interface Request {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
}

interface Route {
  readonly api: Api;
  readonly method: Method;
  readonly pattern: RegExp;
}

/** Routes by host. Google's discovery documents describe them. */
const ROUTES = new Map<string, Route[]>();
for (const api of Object.values(APIS)) {
  const routes = api.methods.map((method) => ({ api, method, pattern: pathPattern(method.path) }));
  ROUTES.set(api.host, [...(ROUTES.get(api.host) ?? []), ...routes]);
}

function pathPattern(path: string): RegExp {
  const escaped = path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '([^/:]+)');
  return new RegExp(`^${escaped}$`);
}

/**
 * Local stand-in for the REST APIs of Google Cloud, for the real Terraform providers. Google's discovery documents decide
 * which methods exist and what their bodies may contain, a table of resource kinds adds what Google sets by itself and what
 * it rejects.
 */
export class GoogleDouble {
  readonly store: GoogleStore;
  private readonly operations = new Map<string, Json>();
  /** https://cloud.google.com/kubernetes-engine/docs/how-to/cluster-access-for-kubectl */
  private readonly commands = loginCommand('gke-gcloud-auth-plugin', '--use_application_default_credentials');
  private proxy?: HttpsProxy;

  /**
   * A double that only {@link call} reaches.
   *
   * @param kubernetes API of the clusters. Without it, none can be created.
   */
  constructor(
    project: string,
    private readonly kubernetes?: ClusterApi,
  ) {
    this.store = new GoogleStore(project, '123456789012');
  }

  /** A double that listens for HTTPS. */
  static async start(project: string, kubernetes?: ClusterApi): Promise<GoogleDouble> {
    const double = new GoogleDouble(project, kubernetes);
    const answer = (request: IncomingMessage, response: ServerResponse) => void double.answer(request, response);
    double.proxy = await HttpsProxy.start(['*.googleapis.com'], answer);
    return double;
  }

  /** Variables that send the providers here. */
  get env(): Record<string, string> {
    const PATH = `${this.commands}${delimiter}${process.env.PATH}`;
    return { ...this.proxy!.env, PATH, GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN };
  }

  /** Keys of everything that exists and that a user would pay for or find in the way. */
  get left(): string[] {
    return [...this.store.resources]
      .filter(([, resource]) => !resource.given && !['DELETE_REQUESTED'].includes(resource.lifecycleState))
      .filter(([, resource]) => resource.deleted !== true)
      .map(([key]) => key);
  }

  stop(): void {
    this.proxy?.stop();
  }

  /** Responds to a request at `address`, a host and a path. The identity that applies sends it, unless `headers` differ. */
  call(
    method: string,
    address: string,
    body?: Json,
    headers: IncomingHttpHeaders = { authorization: `Bearer ${TOKEN}` },
  ): { status: number; body: Json } {
    const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
    return this.reply({ method, url: new URL(`https://${address}`), headers }, bytes);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, headers } = request;
    const url = new URL(request.url!, `https://${headers.host}`);
    const { status, body } = this.reply({ method: method!, url, headers }, Buffer.concat(chunks));
    // Clients that poll operations wait this long.
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '1' });
    response.end(body === undefined ? '' : JSON.stringify(body));
  }

  private reply(request: Request, bytes: Buffer): { status: number; body: Json } {
    try {
      return { status: 200, body: this.handle(request, bytes) };
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 500;
      const message = error instanceof Error ? error.message : `${error}`;
      if (!(error instanceof Refusal)) console.error(request.method, `${request.url}`, error);
      return { status: code, body: { error: { code, message, status: STATUS[code] ?? 'INTERNAL' } } };
    }
  }

  private handle({ method: http, url, headers }: Request, bytes: Buffer): Json {
    const host = url.hostname.replace(/^[a-z]+-[a-z]+\d+-(?=aiplatform)/, '');
    const upload = uploadOf(url, headers, bytes);
    const path = (upload?.pathname ?? url.pathname).replace(/(?<=.)\/$/, '');
    if (headers.authorization !== `Bearer ${TOKEN}`) {
      throw new Refusal(401, 'Request had invalid authentication credentials.');
    }
    const known = this.operations.get(`${host}${unversioned(path).replace(/[:/]wait$/, '')}`);
    if (known) return known;
    this.checkEnabled(host);
    const found = (ROUTES.get(host) ?? []).find(({ method, pattern }) => method.http === http && pattern.test(path));
    const body = upload?.body ?? (bytes.length > 0 ? JSON.parse(bytes.toString()) : {});
    const special = SPECIAL[`${http} ${host}${unversioned(path).replace(/\/projects\/[^/]+/, '/projects/*')}`];
    const call: Call = {
      store: this.store,
      kubernetes: this.kubernetes,
      host,
      key: this.keyOf(host, path),
      query: url.searchParams,
      body,
    };
    if (special) return special(call);
    if (!found) throw new Refusal(404, `${http} ${url.pathname} is no method of ${host}`);
    const { method, api } = found;
    checkQuery(method, url.searchParams);
    if (method.request) {
      const given = host === 'compute.googleapis.com' ? withoutEmptyTexts(body) : body;
      const faults = mismatches(withoutNulls(given), api.types[method.request]!, api.types);
      // Unknown fields and wrong types are invalid arguments: https://cloud.google.com/apis/design/errors
      if (faults.length > 0) throw new Refusal(400, `Invalid JSON payload received. ${faults.join('; ')}`);
    }
    const result = respond({ ...call, method });
    return this.wrapped(call, method, isProto(api) ? withoutDefaults(result) : result);
  }

  /** The key of a path. Google accepts the number of a project in place of its id. */
  private keyOf(host: string, path: string): string {
    const key = `${host}${decodeURIComponent(unversioned(path))}`.replace(/:\w+$/, '');
    return key.replace(`/projects/${this.store.projectNumber}/`, `/projects/${this.store.project}/`);
  }

  /** https://cloud.google.com/service-usage/docs/enable-disable */
  private checkEnabled(host: string): void {
    const { enabled, project } = this.store;
    if (ALWAYS_ENABLED.includes(host) || enabled.has(host)) return;
    throw new Refusal(403, `${host} has not been used in project ${project} before or it is disabled.`);
  }

  /** The response in the form that the method has: the resource, or an operation that yields it. */
  private wrapped(call: Call, method: Method, result: Json): Json {
    if (!method.response?.match(/^(GoogleLongrunning)?Operation$/)) return result;
    const { key, started, done } = operation(call, `operation-${this.store.next()}`, result);
    this.operations.set(key, done);
    return started;
  }
}

/** Services without which nobody could enable others. */
const ALWAYS_ENABLED = [
  'serviceusage.googleapis.com',
  'cloudresourcemanager.googleapis.com',
  'cloudbilling.googleapis.com',
];

const STATUS: Record<number, string> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ALREADY_EXISTS',
};

/** The path without the version. */
function unversioned(path: string): string {
  return path.replace(/^(\/\w+)?\/v\d+(beta\d+)?(?=\/)/, '');
}

function checkQuery({ id, query }: Method, given: URLSearchParams): void {
  const common = ['alt', 'prettyPrint', 'fields', 'key', 'quotaUser', '$alt', 'uploadType'];
  const unknown = [...given.keys()].map(camelCase).filter((name) => !query.includes(name) && !common.includes(name));
  if (unknown.length > 0 && !id.startsWith('storage.')) {
    throw new Refusal(400, `Invalid JSON payload received. Unknown name "${unknown[0]}": cannot bind query parameter.`);
  }
}

/** The JSON part and the hash of a multipart upload to Cloud Storage, under the path of the method. */
function uploadOf(url: URL, headers: IncomingHttpHeaders, bytes: Buffer): { pathname: string; body: Json } | undefined {
  const [, path] = /\/upload(\/storage\/v1\/.*)$/.exec(url.pathname) ?? [];
  if (path === undefined) return undefined;
  const [, boundary] = /boundary="?([^";]+)/.exec(headers['content-type'] ?? '') ?? [];
  if (boundary === undefined) throw new Refusal(400, 'only multipart uploads are supported');
  const [, meta] = bytes.toString('latin1').split(`--${boundary}`);
  const first = bytes.indexOf('\r\n\r\n', bytes.indexOf(`--${boundary}`)) + 4;
  const second = bytes.indexOf('\r\n\r\n', bytes.indexOf(`--${boundary}`, first)) + 4;
  const last = bytes.lastIndexOf(`\r\n--${boundary}--`);
  return {
    pathname: path,
    body: { ...JSON.parse(meta!.slice(meta!.indexOf('\r\n\r\n') + 4)), content: bytes.subarray(second, last) },
  };
}

function withoutNulls(value: Json): Json {
  if (Buffer.isBuffer(value)) return undefined;
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(
    ([key, each]) => each !== null && !(key === 'content' && Buffer.isBuffer(each)),
  );
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutNulls(each)]));
}

/**
 * A body without empty texts. Compute Engine takes them for enums that are not set, as Terraform's provider sends them from
 * version 7 on: https://github.com/hashicorp/terraform-provider-google/blob/v7.45.0/google/services/compute/resource_compute_security_policy.go
 */
function withoutEmptyTexts(value: Json): Json {
  return JSON.parse(JSON.stringify(value, (_, each) => (each === '' ? undefined : each)));
}

/** Whether an API answers in the JSON form of protocol buffers. Cloud Storage's JSON differs. */
function isProto({ host }: Api): boolean {
  return host !== 'storage.googleapis.com';
}

/**
 * A message without fields that have their default value, because Google's JSON omits them:
 * https://protobuf.dev/programming-guides/json/#presence
 */
function withoutDefaults(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries<Json>(value).map(([name, each]) => [name, withoutDefaults(each)]);
  return Object.fromEntries(entries.filter(([, each]) => ![0, '', false].includes(each) && each?.length !== 0));
}
