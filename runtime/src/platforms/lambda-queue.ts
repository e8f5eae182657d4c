import { ENVIRONMENT } from '../contract.js';
import type { HttpRequest, HttpResponse } from '../http/http.js';
import type { Logger } from '../observability/log.js';
import { openStore } from '../store/open-store.js';
import { withRetries } from '../store/retry.js';

/** A message of an SQS queue: a request's body, and in its attributes what else there is to say. */
export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  readonly messageAttributes?: Readonly<Record<string, { readonly stringValue?: string } | undefined>>;
}

export interface QueueEvent {
  readonly Records: readonly QueueMessage[];
}

/** The messages that are to come again; SQS deletes the others. */
export interface QueueAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** What answers requests, and where the answers go. */
export interface QueueServer {
  handle(request: HttpRequest): Promise<HttpResponse>;
  /** Asked where a message names no path. */
  readonly defaultPath: string;
  readonly logger: Logger;
}

/** Statuses that the same request may not get again. */
const PASSING = new Set([408, 429]);

/**
 * Answers every message by itself, all at once so that the model may batch them, and writes the answers. Whoever gets a
 * message twice writes the same twice.
 */
export async function answerQueue(event: QueueEvent, server: QueueServer): Promise<QueueAnswer> {
  const results = process.env[ENVIRONMENT.results];
  if (!results) throw new Error(`${ENVIRONMENT.results} must be set, such as s3://bucket/prefix/`);
  const isDone = await Promise.all(event.Records.map((message) => answer(message, results, server)));
  const failed = event.Records.filter((_, index) => !isDone[index]);
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** Whether there is an answer, be it that the request is wrong. */
async function answer(message: QueueMessage, results: string, server: QueueServer): Promise<boolean> {
  const id = message.messageId;
  try {
    const response = await server.handle(requestOf(message, server.defaultPath));
    const { status, headers, body } = response;
    if (status >= 500 || PASSING.has(status)) {
      server.logger.log('warn', 'a message is left in the queue', { id, status });
      return false;
    }
    const url = new URL(`${results}${encodeURIComponent(id)}${status < 400 ? '.out' : '-error.out'}`);
    const store = await openStore(url.href);
    await withRetries(() => store.write!(url, body, headers['content-type'] ?? 'application/octet-stream'));
    return true;
  } catch (error) {
    server.logger.failure('a message is left in the queue', error, { id });
    return false;
  }
}

function requestOf({ body, messageAttributes }: QueueMessage, defaultPath: string): HttpRequest {
  const attributes = Object.entries(messageAttributes ?? {}).map(([name, value]) => [
    name.toLowerCase(),
    value?.stringValue,
  ]);
  const { path = defaultPath, ...headers } = Object.fromEntries(attributes);
  return {
    method: 'POST',
    path,
    query: '',
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(body),
  };
}
