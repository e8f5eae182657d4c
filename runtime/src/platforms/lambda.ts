// Handlers of the Lambda function. They load the model while Lambda initializes the environment.

import { readConfig } from '../config.js';
import { predictPath, REQUEST_LINE } from '../contract.js';
import { Logger } from '../observability/log.js';
import { createRuntime, type Runtime } from '../runtime.js';
import { readAwsSecrets } from './aws-secrets.js';
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
 * Milliseconds that initialization waits for the model. Lambda aborts an initialization after 10 s and restarts it with
 * the first request, so a slower model continues to load during that request. With provisioned concurrency,
 * initialization waits until the model is loaded.
 */
const INIT_MILLISECONDS = 9000;

/**
 * Lambda metrics count exceptions by version but not response statuses. A rollout counts the log lines with these
 * fields.
 */
const { AWS_LAMBDA_FUNCTION_NAME: name = '', AWS_LAMBDA_FUNCTION_VERSION: version = '' } = process.env;
const failureFields = { [REQUEST_LINE.functionName]: name, [REQUEST_LINE.functionVersion]: version };

/** Whether the function processes messages of a queue, several at once. */
const readsQueue = [process.env._HANDLER, process.argv[2]].some((handler) => handler?.endsWith('queueHandler'));

const loading = start();

/** Creates the runtime, and loads the model. */
async function start(): Promise<Runtime> {
  await readAwsSecrets(process.env);
  const runtime = createRuntime(readConfig(process.env), { failureFields, oneAtATime: !readsQueue });
  await runtime.load();
  return runtime;
}

/** Waits until the model is loaded, and fails the initialization with the reason if loading fails. */
export async function initialize(): Promise<void> {
  if (process.env.AWS_LAMBDA_INITIALIZATION_TYPE === 'provisioned-concurrency') {
    await loading;
    return;
  }
  await Promise.race([loading, new Promise((resolve) => setTimeout(resolve, INIT_MILLISECONDS).unref())]);
  // An environment without a model would fail every request. When its process exits, Lambda creates a new environment.
  loading.catch((error) => {
    new Logger('info').failure('the model cannot be loaded', error);
    process.exit(1);
  });
}

/** Responds to an event of an HTTP API or a load balancer, with a buffered response of at most 6 MB. */
export async function handler(event: RestEvent | HttpApiEvent): Promise<LambdaResponse> {
  const { app } = await loading;
  const answer = await app.handle(requestOf(event));
  await app.tracer?.flush();
  return lambdaResponseOf(answer, event);
}

/**
 * Responds to an event of a REST API or a function URL. It streams the response unencoded, so binary needs no base64.
 */
export const streamingHandler = streaming(async (event: RestEvent | HttpApiEvent, stream) => {
  const { app } = await loading;
  await writeResponse(stream, await app.handle(requestOf(event)));
  await app.tracer?.flush();
});

/**
 * Processes messages of an SQS queue, and returns those that must be delivered again. Any other event is a request of a
 * rollout's gate, whose response is returned rather than written to the results store.
 */
export async function queueHandler(event: QueueEvent | HttpApiEvent): Promise<QueueAnswer | LambdaResponse> {
  if (!('Records' in event)) return handler(event);
  const { app, catalog, logger } = await loading;
  const answer = await answerQueue(event, {
    handle: (request) => app.handle(request),
    defaultPath: predictPath(catalog.names()[0]!),
    logger,
  });
  await app.tracer?.flush();
  return answer;
}
