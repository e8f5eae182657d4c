import { ENVIRONMENT } from '../contract.js';
import type { HttpRequest, HttpResponse } from '../http/http.js';
import type { Logger } from '../observability/log.js';
import { openStore } from '../store/open-store.js';
import { isPassing, withRetries } from '../store/retry.js';

/** Message of an SQS queue. It carries the body of a request, and its path and headers as attributes. */
export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  readonly messageAttributes?: Readonly<Record<string, { readonly stringValue?: string } | undefined>>;
}

export interface QueueEvent {
  readonly Records: readonly QueueMessage[];
}

/** Failed messages, which SQS delivers again. SQS deletes all others. */
export interface QueueAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Request handler and logger for the messages of a queue. */
export interface QueueServer {
  handle(request: HttpRequest): Promise<HttpResponse>;
  /** Path for messages that set none. */
  readonly defaultPath: string;
  readonly logger: Logger;
}

/**
 * Processes all messages concurrently, so that the model can batch them, and writes each response to the results store.
 * Processing a message twice writes the same result twice.
 */
export async function answerQueue(event: QueueEvent, server: QueueServer): Promise<QueueAnswer> {
  const results = process.env[ENVIRONMENT.results];
  if (!results) throw new Error(`${ENVIRONMENT.results} must be set, such as s3://bucket/prefix/`);
  const isDone = await Promise.all(event.Records.map((message) => answer(message, results, server)));
  const failed = event.Records.filter((_, index) => !isDone[index]);
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

/** Returns whether the message is done, which includes requests that are invalid. */
async function answer(message: QueueMessage, results: string, server: QueueServer): Promise<boolean> {
  const id = message.messageId;
  try {
    const response = await server.handle(requestOf(message, server.defaultPath));
    const { status, headers, body } = response;
    if (isPassing(status)) {
      server.logger.log('warn', 'a message stays in the queue', { id, status });
      return false;
    }
    const url = new URL(`${results}${encodeURIComponent(id)}${status < 400 ? '.out' : '-error.out'}`);
    const store = await openStore(url.href);
    await withRetries(() => store.write!(url, body, headers['content-type'] ?? 'application/octet-stream'));
    return true;
  } catch (error) {
    server.logger.failure('a message stays in the queue', error, { id });
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
