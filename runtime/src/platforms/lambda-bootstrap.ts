// The process that the image of a function starts. In Lambda's own runtimes AWS's client does the same; it is native
// code, which an image would have to compile.

import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { HttpApiEvent, RestEvent } from './lambda-events.js';

/** What Lambda asks of a runtime: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
class RuntimeApi {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly host: string) {}

  /** Waits for the next event, for as long as it takes. */
  async next(): Promise<{ id: string; event: RestEvent | HttpApiEvent }> {
    const response = await this.call('GET', 'invocation/next');
    const id = response.headers['lambda-runtime-aws-request-id'];
    if (response.statusCode !== 200 || typeof id !== 'string') {
      throw new Error(`Lambda gave no event, but the status ${response.statusCode}`);
    }
    return { id, event: JSON.parse(await text(response)) };
  }

  succeed(id: string, result: unknown): Promise<void> {
    return this.tell(`invocation/${id}/response`, result);
  }

  fail(id: string, error: Error): Promise<void> {
    return this.tell(`invocation/${id}/error`, described(error));
  }

  failInitialization(error: Error): Promise<void> {
    return this.tell('init/error', described(error));
  }

  private async tell(path: string, body: unknown): Promise<void> {
    const response = await this.call('POST', path, JSON.stringify(body));
    const answer = await text(response);
    // An answer that is too large fails its invocation alone; after the rest nothing can be told any more.
    if (response.statusCode === 413) console.error(`Lambda refused an answer: ${answer}`);
    else if (response.statusCode !== 202) throw new Error(`Lambda answered ${response.statusCode} to ${path}`);
  }

  private call(method: string, path: string, body?: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const url = `http://${this.host}/2018-06-01/runtime/${path}`;
      request(url, { agent: this.agent, method }, resolve).on('error', reject).end(body);
    });
  }
}

function described({ name, message }: Error) {
  return { errorType: name, errorMessage: message, stackTrace: [] };
}

/** The handler, once the model is loaded. */
async function load() {
  const { handler, initialize } = await import('./lambda.js');
  await initialize();
  return handler;
}

async function main(): Promise<void> {
  const host = process.env.AWS_LAMBDA_RUNTIME_API;
  if (!host) throw new Error('AWS_LAMBDA_RUNTIME_API is not set: this is for Lambda; elsewhere start server.js');
  const api = new RuntimeApi(host);
  const handler = await load().catch(async (error: Error) => {
    await api.failInitialization(error);
    throw error;
  });
  for (;;) {
    const { id, event } = await api.next();
    await handler(event).then(
      (answer) => api.succeed(id, answer),
      (error: Error) => api.fail(id, error),
    );
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
