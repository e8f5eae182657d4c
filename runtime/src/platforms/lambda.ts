// The handlers of the function, which load the model while Lambda initializes the environment.

import { readConfig } from '../config.js';
import { predictPath, REQUEST_LINE } from '../contract.js';
import { createRuntime } from '../runtime.js';
import {
  type HttpApiEvent,
  type LambdaResponse,
  lambdaResponseOf,
  type RestEvent,
  requestOf,
} from './lambda-events.js';
import { answerQueue, type QueueAnswer, type QueueEvent } from './lambda-queue.js';
import { streaming, writeResponse } from './lambda-stream.js';

/**
 * Lambda stops an initialization after 10 s and starts it again with the first request, so that a model which takes
 * longer goes on loading in that request. With provisioned concurrency it waits.
 */
const INIT_MILLISECONDS = 9000;

/** Lambda counts exceptions by version, and no statuses: a rollout counts these lines. */
const { AWS_LAMBDA_FUNCTION_NAME: name = '', AWS_LAMBDA_FUNCTION_VERSION: version = '' } = process.env;
const failureFields = { [REQUEST_LINE.functionName]: name, [REQUEST_LINE.functionVersion]: version };

const runtime = createRuntime(readConfig(process.env), { failureFields });
const loading = runtime.load();

/** Holds the initialization until the model is loaded, and fails it with the reason. */
export async function initialize(): Promise<void> {
  if (process.env.AWS_LAMBDA_INITIALIZATION_TYPE === 'provisioned-concurrency') return loading;
  await Promise.race([loading, new Promise((resolve) => setTimeout(resolve, INIT_MILLISECONDS).unref())]);
  // Without a model an environment would fail every request; once its process has ended, Lambda makes a new one.
  loading.catch((error) => {
    runtime.logger.failure('the model cannot be loaded', error);
    process.exit(1);
  });
}

/** Answers an event of an HTTP API or a load balancer, in one piece of at most 6 MB. */
export async function handler(event: RestEvent | HttpApiEvent): Promise<LambdaResponse> {
  await loading;
  const answer = await runtime.app.handle(requestOf(event));
  await runtime.app.tracer?.flush();
  return lambdaResponseOf(answer);
}

/** Answers an event of a REST API or a function URL, and writes the answer as it is, binary or not. */
export const streamingHandler = streaming(async (event: RestEvent | HttpApiEvent, stream) => {
  await loading;
  await writeResponse(stream, await runtime.app.handle(requestOf(event)));
  await runtime.app.tracer?.flush();
});

/** Answers messages of an SQS queue, and tells which are to come again. */
export async function queueHandler(event: QueueEvent): Promise<QueueAnswer> {
  await loading;
  const { app, catalog, logger } = runtime;
  const answer = await answerQueue(event, {
    handle: (request) => app.handle(request),
    defaultPath: predictPath(catalog.names()[0]!),
    logger,
  });
  await app.tracer?.flush();
  return answer;
}
