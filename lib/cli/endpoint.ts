import { inferPath, predictPath } from '@modelship/runtime/contract';
import { parseExact } from '../json/exact-json.js';
import { CommandFailure } from './failure.js';

/** A model behind a URL. */
export interface Endpoint {
  /** Before the protocol's own path, without a slash at the end: the server, and a stage if it has one. */
  readonly base: string;
  readonly model: string;
  /** @default the newest that is served */
  readonly version?: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface EndpointFlags {
  readonly model?: string;
  readonly header?: readonly string[];
}

/** An answer, and how long it took. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly milliseconds: number;
}

/** Seconds that an endpoint may take to answer, a cold start included. */
const TIMEOUT_SECONDS = 120;

const MODEL_PATH = /\/v[12]\/models\/([^/:]+)(?:\/versions\/(\d+))?(?::predict|\/infer|\/)?$/;

/**
 * Finds the model that `url` means: the server's address, or the path of one model, or of one version of it, in any
 * protocol. A server that has one model needs no name.
 *
 * @throws CommandFailure
 */
export async function findEndpoint(url: string, flags: EndpointFlags): Promise<Endpoint> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new CommandFailure('URL_INVALID', `${url} is no URL. Give one such as http://127.0.0.1:8080.`);
  }
  const headers = headersFrom(flags.header ?? []);
  const path = MODEL_PATH.exec(parsed.pathname);
  const base = `${parsed.origin}${path ? parsed.pathname.slice(0, path.index) : parsed.pathname}`.replace(/\/+$/, '');
  const model = flags.model ?? (path ? decodeURIComponent(path[1]!) : await onlyModel(base, headers));
  return { base, model, version: path?.[2], headers };
}

/** The URL that answers by TensorFlow Serving's protocol. */
export function predictUrl(endpoint: Endpoint): string {
  return endpoint.base + predictPath(versionPath(endpoint));
}

/** The URL that answers by the Open Inference Protocol. */
export function inferUrl(endpoint: Endpoint): string {
  return endpoint.base + inferPath(versionPath(endpoint));
}

/** Both protocols name a version behind the model. */
function versionPath({ model, version }: Endpoint): string {
  return encodeURIComponent(model) + (version === undefined ? '' : `/versions/${version}`);
}

/**
 * Sends `body`, or asks without one.
 *
 * @throws CommandFailure if nothing answers
 */
export async function call(url: string, headers: Readonly<Record<string, string>>, body?: string): Promise<Answer> {
  const since = performance.now();
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      body: body ?? null,
      signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000),
    });
    return { status: response.status, body: await response.text(), milliseconds: performance.now() - since };
  } catch (error) {
    const { cause, message } = error as Error;
    throw new CommandFailure(
      'NO_ANSWER',
      `${url} does not answer: ${cause instanceof Error ? cause.message : message}. Is the server running, and may this machine reach it?`,
    );
  }
}

/** @throws CommandFailure with what the server said, unless the answer is a success */
export function successful(url: string, answer: Answer): string {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  const hint =
    answer.status === 401 || answer.status === 403
      ? ' The endpoint wants to know who calls: add the credentials by --header, such as `--header "x-api-key: KEY"`.'
      : '';
  throw new CommandFailure('REFUSED', `${url} answered ${answer.status}: ${answer.body.trim() || '(empty)'}${hint}`);
}

/**
 * What the JSON `text` says that `url` answered, with every digit of whole numbers.
 *
 * @param nonFinite whether `NaN` and `Infinity` are numbers, as they are to TensorFlow Serving
 * @throws CommandFailure if it is no JSON
 */
export function answerJson(url: string, text: string, nonFinite: boolean): unknown {
  try {
    return parseExact(text, nonFinite);
  } catch (error) {
    throw new CommandFailure('ANSWER_INVALID', `${url} answered what is no JSON (${(error as Error).message}).`);
  }
}

async function onlyModel(base: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const url = `${base}/v2/models`;
  const answer = successful(url, await call(url, headers));
  let names: string[];
  try {
    const models: (string | { name: string })[] = JSON.parse(answer).models;
    names = models.map((model) => (typeof model === 'string' ? model : model.name));
  } catch {
    throw new CommandFailure('MODEL_UNKNOWN', `${url} does not list models. Name one by --model.`);
  }
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  throw new CommandFailure('MODEL_UNKNOWN', `${base} has ${names.join(', ') || 'no models'}. Name one by --model.`);
}

function headersFrom(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/.exec(line);
    if (!match) throw new CommandFailure('HEADER_INVALID', `--header ${line}: write \`NAME: VALUE\`.`);
    headers[match[1]!.toLowerCase()] = match[2]!;
  }
  return headers;
}
