import { type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** Options to verify the server of an HTTPS URL. */
export interface TlsOptions {
  /** PEM-encoded CA certificates. @default - those of Node.js */
  readonly ca?: string;
  /** Whether to verify the server's certificate. @default true */
  readonly rejectUnauthorized?: boolean;
  /** Name that the server's certificate must have. @default - the host of the URL */
  readonly servername?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Sends one request and reads the response. It waits until `signal` aborts; `fetch` would give up after 5 minutes. Redirects
 * are not followed, so that credentials are not sent to another server.
 */
export function send(
  url: URL,
  options: { method: string; headers: Readonly<Record<string, string>>; signal: AbortSignal } & TlsOptions,
  body?: string,
): Promise<HttpResponse> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const call = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}
