import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Command } from 'commander';
import { CommandFailure } from './failure.js';

/** Options to verify the server of an HTTPS URL. */
export interface TlsOptions {
  /** PEM-encoded CA certificates. @default - those of Node.js */
  readonly ca?: string;
  /** Whether to verify the server's certificate. */
  readonly rejectUnauthorized: boolean;
}

export interface TlsFlags {
  readonly ca?: string;
  readonly insecure?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly body: string;
}

/** Adds the options for verifying the server's certificate. */
export function withTlsOptions(command: Command): Command {
  return command
    .option('--ca <file>', 'PEM file of the CA certificates to trust (default: those of Node.js)')
    .option('--insecure', "skip verification of the server's certificate");
}

/**
 * Returns the TLS options from the flags.
 *
 * @throws CommandFailure if the CA file cannot be read
 */
export function tlsOptions({ ca, insecure }: TlsFlags): TlsOptions {
  try {
    return { ...(ca !== undefined && { ca: readFileSync(ca, 'utf8') }), rejectUnauthorized: !insecure };
  } catch (error) {
    throw new CommandFailure(
      'CA_UNREADABLE',
      `--ca ${ca} cannot be read (${(error as NodeJS.ErrnoException).code}). Give a PEM file of CA certificates.`,
    );
  }
}

/**
 * Sends one request and reads the response. Redirects are not followed, so that credentials are not sent to another
 * server.
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
      response.on('end', () => resolve({ status: response.statusCode!, body: Buffer.concat(chunks).toString() }));
    });
    call.on('error', reject);
    call.end(body);
  });
}
