import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Names in one answer to a list. */
const PAGE = 5;

/**
 * A stand-in for Google's metadata server and for Cloud Storage's JSON API, as their documentation has them: no
 * emulator of either is in the package registries. It refuses what they refuse: questions without the header
 * `Metadata-Flavor`, objects without the token, or without `alt=media` where bytes are wanted.
 */
export class GoogleStorage {
  readonly objects = new Map<string, Buffer>();
  /** The token that opens the store. */
  readonly token = 'google-token';
  /** What the metadata server gives. */
  given = this.token;
  /** Paths that were asked for, with their queries. */
  readonly asked: string[] = [];
  /** Statuses for the next requests that write, before the store takes one. */
  readonly failures: number[] = [];
  /** Numbers of bytes that the store takes of the next parts, instead of all. */
  readonly takenBytes: number[] = [];
  /** Uploads that are not complete, by the id of their session. */
  private readonly sessions = new Map<string, { readonly name: string; bytes: Buffer }>();
  private readonly server: Server = createServer((request, response) => this.answer(request, response));

  static async start(): Promise<GoogleStorage> {
    const made = new GoogleStorage();
    made.server.listen(0, '127.0.0.1');
    await once(made.server, 'listening');
    return made;
  }

  private constructor() {}

  /** By the variables of Google's own libraries. */
  get env(): Record<string, string> {
    const host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return { STORAGE_EMULATOR_HOST: `http://${host}`, GCE_METADATA_HOST: host };
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(request.url!);
    const { pathname, searchParams } = new URL(request.url!, 'http://host');
    const fail = (code: number, message: string) =>
      response
        .writeHead(code, { 'content-type': 'application/json' })
        .end(JSON.stringify({ error: { code, message } }));
    if (pathname === '/computeMetadata/v1/instance/service-accounts/default/token') {
      if (request.headers['metadata-flavor'] !== 'Google')
        return void fail(403, 'Missing Metadata-Flavor:Google header.');
      response.end(JSON.stringify({ access_token: this.given, expires_in: 3599, token_type: 'Bearer' }));
      return;
    }
    const session = this.sessions.get(searchParams.get('upload_id') ?? '');
    if (session) return void this.continueUpload(session, request, response);
    const { authorization } = request.headers;
    if (authorization === undefined) return void fail(401, 'Anonymous caller does not have access.');
    if (authorization !== `Bearer ${this.token}`) return void fail(403, 'The caller does not have access.');
    const [, target] = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(pathname) ?? [];
    if (target !== undefined) return void this.beginUpload(`${target}/${searchParams.get('name')}`, request, response);
    const [, bucket, , name] = /^\/storage\/v1\/b\/([^/]+)\/o(\/([^/]+))?$/.exec(pathname) ?? [];
    if (bucket === undefined) return void fail(404, 'Not Found');
    if (name === undefined) return void response.end(JSON.stringify(this.page(bucket, searchParams)));
    const bytes = this.objects.get(`${bucket}/${decodeURIComponent(name)}`);
    if (bytes === undefined) return void fail(404, `No such object: ${bucket}/${decodeURIComponent(name)}`);
    if (searchParams.get('alt') !== 'media') return void response.end(JSON.stringify({ kind: 'storage#object', name }));
    sendRange(bytes, request.headers.range, response);
  }

  private beginUpload(name: string, request: IncomingMessage, response: ServerResponse): void {
    const id = String(this.sessions.size + 1);
    this.sessions.set(id, { name, bytes: Buffer.alloc(0) });
    response.writeHead(200, { location: `http://${request.headers.host}/upload?upload_id=${id}` }).end();
  }

  /** https://cloud.google.com/storage/docs/performing-resumable-uploads */
  private async continueUpload(
    session: { readonly name: string; bytes: Buffer },
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const part = Buffer.concat(await request.toArray());
    const failure = this.failures.shift();
    if (failure !== undefined) return void response.writeHead(failure).end();
    const { 'content-range': range = '' } = request.headers;
    const [, start, last, size] = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(range)!;
    const stored = session.bytes.length;
    const isWrong =
      (start !== undefined && (Number(start) > stored || Number(last) - Number(start) + 1 !== part.length)) ||
      (size === '*' && part.length % (256 * 1024) !== 0);
    if (isWrong) return void response.writeHead(400).end();
    if (start !== undefined) {
      const given = part.subarray(stored - Number(start));
      session.bytes = Buffer.concat([session.bytes, given.subarray(0, this.takenBytes.shift())]);
    }
    if (size === String(session.bytes.length)) {
      this.objects.set(session.name, session.bytes);
      return void response.end(JSON.stringify({ kind: 'storage#object' }));
    }
    const known = session.bytes.length > 0 && { range: `bytes=0-${session.bytes.length - 1}` };
    response.writeHead(308, { ...known }).end();
  }

  private page(bucket: string, query: URLSearchParams): object {
    const prefix = `${bucket}/${query.get('prefix') ?? ''}`;
    const names = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    const from = Number(query.get('pageToken') ?? 0);
    const items = names.slice(from, from + PAGE).map((key) => ({ name: key.slice(bucket.length + 1) }));
    return {
      // Absent, not empty, where there is nothing.
      ...(items.length > 0 && { items }),
      ...(from + PAGE < names.length && { nextPageToken: String(from + PAGE) }),
    };
  }
}

function sendRange(bytes: Buffer, range: string | undefined, response: ServerResponse): void {
  const [, start, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
  if (start === undefined) return void response.end(bytes);
  if (Number(start) >= bytes.length) return void response.writeHead(416).end();
  const part = bytes.subarray(Number(start), Number(last) + 1);
  const end = Number(start) + part.length - 1;
  response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${bytes.length}` }).end(part);
}
