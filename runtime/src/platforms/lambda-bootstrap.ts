// Entry point of the Lambda image, started with the name of a handler. It replaces AWS's runtime interface client,
// whose native code an image would have to compile.

import type { ClientRequest } from 'node:http';
import { type Invocation, RuntimeApi } from './lambda-runtime-api.js';

type Handlers = typeof import('./lambda.js');

/** Invocation functions by handler name. */
const ANSWERS: { readonly [name: string]: (api: RuntimeApi, handlers: Handlers, call: Invocation) => Promise<void> } = {
  handler: (api, { handler }, call) => whole(api, call, handler),
  queueHandler: (api, { queueHandler }, call) => whole(api, call, queueHandler),
  streamingHandler: (api, { streamingHandler }, { id, event }) =>
    api.stream(id, (stream) => streamingHandler(event as Parameters<typeof streamingHandler>[0], stream)),
};

/** Streaming API that Lambda provides to handlers: status and headers as JSON, eight zero bytes, then the body. */
const awslambda = {
  streamifyResponse: <Handler>(handler: Handler) => handler,
  HttpResponseStream: {
    from(stream: ClientRequest, prelude: object): ClientRequest {
      stream.setHeader('content-type', 'application/vnd.awslambda.http-integration-response');
      stream.write(JSON.stringify(prelude));
      stream.write(Buffer.alloc(8));
      return stream;
    },
  },
};

async function main(): Promise<void> {
  const host = process.env.AWS_LAMBDA_RUNTIME_API;
  if (!host) throw new Error('AWS_LAMBDA_RUNTIME_API is not set: this is for Lambda; elsewhere start server.js');
  const api = new RuntimeApi(host);
  const answer = await load(api, process.argv[2]).catch(async (error: Error) => {
    await api.failInitialization(error);
    throw error;
  });
  for (;;) await answer(await api.next());
}

/** Loads the model, and returns the function that processes events. */
async function load(api: RuntimeApi, name = 'handler'): Promise<(call: Invocation) => Promise<void>> {
  const answer = ANSWERS[name];
  if (!answer) throw new Error(`got the handler ${name}; ${Object.keys(ANSWERS).join(', ')} are allowed`);
  Object.assign(globalThis, { awslambda });
  const handlers = await import('./lambda.js');
  await handlers.initialize();
  return (call) => answer(api, handlers, call);
}

/** Returns the response in one piece. */
function whole<Event>(
  api: RuntimeApi,
  { id, event }: Invocation,
  handler: (event: Event) => Promise<object>,
): Promise<void> {
  return handler(event as Event).then(
    (answer) => api.succeed(id, answer),
    (error: Error) => api.fail(id, error),
  );
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exit(1);
});
