import type { IncomingMessage, ServerResponse } from 'node:http';
import { delimiter } from 'node:path';
import { HttpsProxy } from '../https-proxy.js';
import type { ClusterApi } from '../kubernetes.js';
import { loginCommand } from '../login-command.js';
import { AKS_SERVER_ID, isClusterAdmin } from './aks.js';
import { Arm } from './arm.js';
import { Blobs } from './blobs.js';
import { Graph } from './graph.js';
import { AzureStore, type Json, Refusal } from './store.js';
import { Vault } from './vault.js';

/** Hosts of Azure's APIs. */
const HOSTS = [
  'management.azure.com',
  'login.microsoftonline.com',
  'graph.microsoft.com',
  '*.blob.core.windows.net',
  '*.vault.azure.net',
];

const TENANT = '99999999-9999-4999-8999-999999999999';
const SUBSCRIPTION = '00000000-0000-4000-8000-000000000000';
const DEPLOYER = '22222222-2222-4222-8222-222222222222';
const CLIENT = '88888888-8888-4888-8888-888888888888';

/** Request to one of Azure's APIs. */
export interface Request {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: Buffer;
  /** Body as JSON. */
  readonly body: Json;
}

/** Response of one of Azure's APIs. */
export interface Response {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Json;
}

/**
 * Local stand-in for Azure Resource Manager, Microsoft Graph and the data plane of blobs, for the real Terraform
 * providers. It stores resources by id, sets what Azure sets, and rejects what Azure rejects.
 */
export class AzureDouble {
  readonly store = new AzureStore(SUBSCRIPTION, TENANT, DEPLOYER);
  private readonly arm: Arm;
  private readonly blobs = new Blobs(this.store);
  private readonly graph = new Graph(this.store);
  private readonly vault = new Vault(this.store);
  /** https://azure.github.io/kubelogin */
  private readonly commands = loginCommand('kubelogin', `"get-token "*"--server-id ${AKS_SERVER_ID}"*`);
  private proxy!: HttpsProxy;

  private constructor(kubernetes: ClusterApi | undefined) {
    this.arm = new Arm(this.store, kubernetes);
  }

  /** @param kubernetes API of the clusters. Without it, none can be reached. */
  static async start(kubernetes?: ClusterApi): Promise<AzureDouble> {
    const double = new AzureDouble(kubernetes);
    double.proxy = await HttpsProxy.start(HOSTS, (request, response) => void double.answer(request, response));
    return double;
  }

  /** Variables that send the providers here. */
  get env(): Record<string, string> {
    return {
      ...this.proxy.env,
      PATH: `${this.commands}${delimiter}${process.env.PATH}`,
      ARM_SUBSCRIPTION_ID: SUBSCRIPTION,
      ARM_TENANT_ID: TENANT,
      ARM_CLIENT_ID: CLIENT,
      ARM_CLIENT_SECRET: 'secret',
      ARM_USE_CLI: 'false',
      ARM_RESOURCE_PROVIDER_REGISTRATIONS: 'none',
    };
  }

  /** Whether the identity that applies may create objects in the clusters. */
  get isClusterAdmin(): boolean {
    return isClusterAdmin(this.store);
  }

  /** Ids of everything that a destroy left behind. */
  get left(): string[] {
    return this.store
      .all()
      .filter(({ given }) => !given)
      .map(({ id }) => id);
  }

  stop(): void {
    this.proxy.stop();
  }

  private async answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const { response, format } = this.handle(incoming, bytes);
    const { status, headers = {}, body } = response;
    outgoing.writeHead(status, { 'content-type': format, 'x-ms-request-id': '1', ...headers });
    outgoing.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
  }

  private handle(incoming: IncomingMessage, bytes: Buffer): { response: Response; format: string } {
    const host = incoming.headers.host!.replace(/:\d+$/, '');
    // Some clients begin paths with two slashes.
    const url = new URL(incoming.url!.replace(/^\/+/, '/'), `https://${host}`);
    const isBlob = host.endsWith('.blob.core.windows.net');
    const format = isBlob ? 'application/xml' : 'application/json; charset=utf-8';
    const isJson = incoming.headers['content-type']?.includes('json') && bytes.length > 0;
    const request: Request = {
      method: incoming.method!,
      host,
      path: decodeURIComponent(url.pathname).replace(/(?<=.)\/$/, ''),
      query: url.searchParams,
      headers: incoming.headers,
      bytes,
      body: isJson ? JSON.parse(bytes.toString()) : {},
    };
    try {
      if (host === 'login.microsoftonline.com') return { response: login(request), format };
      // Clients of vaults ask without a token whose tokens a vault accepts.
      if (host.endsWith('.vault.azure.net')) return { response: this.vault.answer(request), format };
      if (request.path === '/metadata/endpoints') return { response: { status: 200, body: {} }, format };
      if (!request.headers.authorization?.startsWith('Bearer ')) {
        throw new Refusal(401, 'AuthenticationFailed', 'Authentication failed.');
      }
      if (host === 'management.azure.com') return { response: this.arm.answer(request), format };
      if (host === 'graph.microsoft.com') return { response: this.graph.answer(request), format };
      if (isBlob) return { response: this.blobs.answer(request), format };
      throw new Refusal(404, 'NotFound', `${host} is not known`);
    } catch (error) {
      const status = error instanceof Refusal ? error.status : 500;
      const code = error instanceof Refusal ? error.code : 'InternalServerError';
      const message = error instanceof Error ? error.message : `${error}`;
      if (!(error instanceof Refusal)) console.error(request.method, request.path, error);
      const body = isBlob
        ? `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`
        : { error: { code, message } };
      return { response: { status, body, headers: { 'x-ms-error-code': code } }, format };
    }
  }
}

/** https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc */
function login(request: Request): Response {
  const base = `https://login.microsoftonline.com/${TENANT}`;
  if (request.path.endsWith('/.well-known/openid-configuration')) {
    const endpoints = {
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      issuer: `${base}/v2.0`,
    };
    return { status: 200, body: endpoints };
  }
  if (request.path === '/common/discovery/instance') {
    const metadata = [
      {
        preferred_network: 'login.microsoftonline.com',
        preferred_cache: 'login.windows.net',
        aliases: ['login.microsoftonline.com', 'login.windows.net'],
      },
    ];
    const discovery = `${base}/v2.0/.well-known/openid-configuration`;
    return { status: 200, body: { tenant_discovery_endpoint: discovery, 'api-version': '1.1', metadata } };
  }
  return token(request);
}

/** https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
function token({ path }: Request): Response {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const expires = Math.floor(Date.now() / 1000) + 3600;
  const claims = { oid: DEPLOYER, tid: TENANT, appid: CLIENT, sub: DEPLOYER, exp: expires, aud: path };
  const accessToken = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.c2lnbmF0dXJl`;
  return {
    status: 200,
    body: { access_token: accessToken, token_type: 'Bearer', expires_in: 3600, ext_expires_in: 3600 },
  };
}
