import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that API Gateway let in. */
export interface LetIn {
  readonly method: string;
  /** Without the stage. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** As a REST API tells of a request to the stage `prod`. */
export function restEvent(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body: string | null = null,
) {
  const multiValueHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers,
    multiValueHeaders,
    queryStringParameters: null,
    pathParameters: { proxy: path.slice(1) },
    requestContext: { stage: 'prod', httpMethod: method, path: `/prod${path}`, identity: { sourceIp: '203.0.113.1' } },
    body,
    isBase64Encoded: false,
  };
}

/** API Gateway of a region, with one API: who is no IAM identity, or asks another API or stage, gets in nowhere. */
export class ApiGateway {
  /** What was let in. */
  readonly requests: LetIn[] = [];
  /** Statuses that it answers with by itself, before it asks the integration again. */
  readonly failures: number[] = [];
  /** Most requests that were let in at once. */
  mostAtOnce = 0;

  private atOnce = 0;
  private gathered: Promise<void> = Promise.resolve();
  private gather = () => {};
  private gathering = 0;
  private readonly server: Server;

  /** Starts without the API, whose address may depend on where this listens. */
  constructor() {
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
    });
  }

  private api = '';
  private stage: string | undefined;
  private mayInvoke: (arn: string) => boolean = () => false;
  private integration: ((request: LetIn) => Promise<Response>) | undefined;

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /**
   * @param api its id
   * @param stage the first segment of its paths, if it has one
   * @param mayInvoke whether the identity that asks may call a method, by its ARN
   */
  serve(
    api: string,
    stage: string | undefined,
    mayInvoke: (arn: string) => boolean,
    integration: (request: LetIn) => Promise<Response>,
  ): void {
    this.api = api;
    this.stage = stage;
    this.mayInvoke = mayInvoke;
    this.integration = integration;
  }

  /** Holds the first requests until so many are there at once. */
  waitFor(requests: number): void {
    this.gathering = requests;
    this.gathered = new Promise((resolve) => {
      this.gather = resolve;
    });
  }

  /** Forgets what was asked. */
  reset(): void {
    this.requests.length = 0;
    this.failures.length = 0;
    this.mostAtOnce = 0;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const refuse = (status: number, message: string) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }));
    const path = (request.url ?? '').replace(this.stage ? `/${this.stage}/` : /^\//, '/');
    const identity = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/us-east-1\/execute-api\/aws4_request, SignedHeaders=/;
    if (
      request.headers.host !== `${this.api}.execute-api.us-east-1.amazonaws.com` ||
      !identity.test(request.headers.authorization ?? '') ||
      (this.stage !== undefined && !request.url?.startsWith(`/${this.stage}/`))
    ) {
      refuse(403, 'Missing Authentication Token');
      return;
    }
    const method = `${this.api}/${this.stage ?? '$default'}/${request.method}${path}`;
    if (!this.mayInvoke(`arn:aws:execute-api:us-east-1:123456789012:${method}`)) {
      refuse(403, 'User is not authorized to perform: execute-api:Invoke');
      return;
    }
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const letIn = { method: request.method!, path, headers, body: Buffer.concat(chunks).toString() };
    this.requests.push(letIn);
    const failure = this.failures.shift();
    if (failure) {
      refuse(failure, 'Too Many Requests');
      return;
    }
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    if (this.atOnce === this.gathering) this.gather();
    await this.gathered;
    const answer = await this.integration!(letIn);
    this.atOnce -= 1;
    const type = answer.headers.get('content-type') ?? 'application/json';
    response.writeHead(answer.status, { 'content-type': type }).end(Buffer.from(await answer.arrayBuffer()));
  }
}
