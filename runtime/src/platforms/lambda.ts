// The handler of the function. The model is loaded while Lambda initializes the environment, before the first request.
import { readConfig } from '../config.js';
import { createRuntime } from '../runtime.js';
import {
  type HttpApiEvent,
  type LambdaResponse,
  lambdaResponseOf,
  type RestEvent,
  requestOf,
} from './lambda-events.js';

const runtime = createRuntime(readConfig(process.env));

const loading = runtime.load();
// Lambda starts anew after a failed initialization, and logs why; the promise is awaited by the first request.
loading.catch((error) => runtime.logger.failure('the model cannot be loaded', error));

/** Answers an event of API Gateway, a function URL or a load balancer. */
export async function handler(event: RestEvent | HttpApiEvent): Promise<LambdaResponse> {
  await loading;
  return lambdaResponseOf(await runtime.app.handle(requestOf(event)));
}
