import { inferPath, predictPath } from '@modelship/runtime/contract';
import type { Command } from 'commander';
import { parseExact } from '../json/exact-json.js';
import { send, type TlsOptions } from '../requests/http.js';
import {
  type Authentication,
  type AuthenticationFlags,
  authentication,
  cloudHost,
  withAuthenticationOptions,
} from './authentication/index.js';
import { CommandFailure } from './failure.js';
import { gather } from './repeatable-option.js';
import { type TlsFlags, tlsOptions, withTlsOptions } from './tls-options.js';

/** A model behind a URL. */
export interface Endpoint {
  /** URL before the path of the protocol, without a trailing slash: the server, and the stage if it has one. */
  readonly base: string;
  /** Name of the model. @default - the endpoint is managed, and serves one model at the URL itself */
  readonly model?: string;
  /** Version of the model. @default - the newest version served */
  readonly version?: string;
  /** Headers of every request, before authentication. */
  readonly headers: Readonly<Record<string, string>>;
  readonly authentication: Authentication;
  readonly tls: TlsOptions;
}

export interface EndpointFlags extends AuthenticationFlags, TlsFlags {
  readonly model?: string;
  readonly header?: readonly string[];
}

/** A response and its latency. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly milliseconds: number;
}

/** A response that is not successful. */
export class RefusedError extends CommandFailure {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super('REFUSED', message);
  }
}

/** Response timeout in seconds, including a cold start. */
const TIMEOUT_SECONDS = 120;

const MODEL_PATH = /\/v[12]\/models\/([^/:]+)(?:\/versions\/(\d+))?(?::predict|\/infer|\/)?$/;

/** Adds the options of every command that calls an endpoint. */
export function withEndpointOptions(command: Command): Command {
  command
    .option('-m, --model <name>', 'model to call (default: the only one of the server)')
    .option('-H, --header <line>', 'header to send, such as "authorization: Bearer TOKEN"; repeatable', gather);
  return withTlsOptions(withAuthenticationOptions(command));
}

/**
 * Finds the model at `url`: the URL of a server, of one model or version in any protocol, or of a managed endpoint. The
 * model name is optional if the server has only one model.
 *
 * @throws CommandFailure
 */
export async function findEndpoint(url: string, flags: EndpointFlags): Promise<Endpoint> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new CommandFailure('URL_INVALID', `${url} is not an HTTP URL. Give one such as http://127.0.0.1:8080.`);
  }
  const headers = headersFrom(flags.header ?? []);
  const caller = {
    headers,
    tls: tlsOptions(flags),
    authentication: await authentication(parsed, flags, headers),
  };
  if (cloudHost(parsed)?.isManaged) return { base: url, ...caller };
  const path = MODEL_PATH.exec(parsed.pathname);
  const base = `${parsed.origin}${path ? parsed.pathname.slice(0, path.index) : parsed.pathname}`.replace(/\/+$/, '');
  const model = flags.model ?? (path ? decodeURIComponent(path[1]!) : await onlyModel({ base, ...caller }));
  return { base, model, version: path?.[2], ...caller };
}

/** Returns the URL for predictions in TensorFlow Serving's protocol. */
export function predictUrl(endpoint: Endpoint): string {
  return endpoint.model === undefined ? endpoint.base : endpoint.base + predictPath(versionPath(endpoint));
}

/** Returns the URL for predictions in the Open Inference Protocol. */
export function inferUrl(endpoint: Endpoint): string {
  return endpoint.model === undefined ? endpoint.base : endpoint.base + inferPath(versionPath(endpoint));
}

/** Returns the URL for explanations in KServe's protocol, which explains the newest version only. */
export function explainUrl({ base, model }: Endpoint): string {
  return `${base}/v1/models/${encodeURIComponent(model!)}:explain`;
}

/** Returns the path of the model with its version. Both protocols put the version after the model. */
function versionPath({ model, version }: Endpoint): string {
  return encodeURIComponent(model!) + (version === undefined ? '' : `/versions/${version}`);
}

/**
 * Sends a POST request with `body` to `url`, or a GET request without one.
 *
 * @throws CommandFailure if there is no response
 */
export async function call(endpoint: Endpoint, url: string, body?: string): Promise<Answer> {
  const since = performance.now();
  const method = body === undefined ? 'GET' : 'POST';
  const target = new URL(url);
  const headers = await endpoint.authentication.authenticate({
    method,
    url: target,
    headers: {
      ...(body !== undefined && {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
      }),
      ...endpoint.headers,
    },
    body,
  });
  try {
    const signal = AbortSignal.timeout(TIMEOUT_SECONDS * 1000);
    const response = await send(target, { method, headers, signal, ...endpoint.tls }, body);
    return { ...response, milliseconds: performance.now() - since };
  } catch (error) {
    throw new CommandFailure('NO_ANSWER', noAnswer(url, error as NodeJS.ErrnoException));
  }
}

function noAnswer(url: string, { code, name, message }: NodeJS.ErrnoException): string {
  if (name === 'TimeoutError' || name === 'AbortError') {
    return `${url} did not respond within ${TIMEOUT_SECONDS} seconds.`;
  }
  if (code !== undefined && /CERT|SELF_SIGNED|VERIFY/.test(code)) {
    return `${url}: the server's certificate is not trusted (${message}). Give its CA certificate with --ca FILE.`;
  }
  return `${url} does not respond (${message || code}). Check that the server runs and that this machine can reach it.`;
}

/**
 * Returns the body of a successful response.
 *
 * @throws CommandFailure with the server's message if the response is not successful
 */
export function successful({ authentication }: Endpoint, url: string, answer: Answer): string {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  const hint = answer.status === 401 || answer.status === 403 ? ` ${authentication.hint()}` : '';
  throw new RefusedError(answer.status, `${url} answered ${answer.status}: ${answer.body.trim() || '(empty)'}${hint}`);
}

/**
 * Parses the JSON `text` of the response from `url`, preserving every digit of integers.
 *
 * @param nonFinite whether `NaN` and `Infinity` are numbers, as they are in TensorFlow Serving
 * @throws CommandFailure if the text is not JSON
 */
export function answerJson(url: string, text: string, nonFinite: boolean): unknown {
  try {
    return parseExact(text, nonFinite);
  } catch (error) {
    throw new CommandFailure('ANSWER_INVALID', `${url} did not respond with JSON (${(error as Error).message}).`);
  }
}

async function onlyModel(server: Endpoint): Promise<string> {
  const url = `${server.base}/v2/models`;
  const answer = successful(server, url, await call(server, url));
  let names: string[];
  try {
    const models: (string | { name: string })[] = JSON.parse(answer).models;
    names = models.map((model) => (typeof model === 'string' ? model : model.name));
  } catch {
    throw new CommandFailure('MODEL_UNKNOWN', `${url} does not list models. Name one with --model.`);
  }
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  const served = names.length > 0 ? `serves ${names.join(', ')}` : 'serves no models';
  throw new CommandFailure('MODEL_UNKNOWN', `${server.base} ${served}. Name one with --model.`);
}

function headersFrom(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line);
    // The line may hold a credential, so the message does not repeat it.
    if (!match) throw new CommandFailure('HEADER_INVALID', 'a --header has no name or colon: write `NAME: VALUE`.');
    headers[match[1]!.toLowerCase()] = match[2]!;
  }
  return headers;
}
