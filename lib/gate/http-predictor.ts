import { inferPath } from '@modelship/runtime/contract';
import { encodeInferRequestJson } from '@modelship/runtime/serve';
import type { GateQuestions } from '../bundle/gate-questions.js';
import { send } from '../requests/http.js';
import type { Predictor } from '../requests/predictor.js';
import { inferOutputs } from './infer-outputs.js';
import { ResponseError, repeatedRequest } from './repeated-request.js';
import { RequestTooLargeError } from './verdict.js';

/** Statuses of requests that may succeed later: of a load balancer without a healthy task, and of shedding. */
const REPEATED: readonly number[] = [429, 502, 503, 504];

/**
 * Returns the version behind a URL as a predictor.
 *
 * @param url URL of the server, without a path
 * @param servername name in the server's certificate, if it is not the host of the URL
 */
export function httpPredictor(
  url: string,
  servername: string | undefined,
  { model, signature, tolerance }: GateQuestions,
  signal: AbortSignal,
): Predictor {
  const target = new URL(inferPath(model), url);
  const headers = { 'content-type': 'application/json' };
  return {
    signature,
    tolerance,
    async predict(inputs) {
      const body = encodeInferRequestJson(inputs);
      const request = () =>
        send(target, { method: 'POST', headers, signal, ...(servername !== undefined && { servername }) }, body);
      try {
        const response = await repeatedRequest(
          'the version',
          request,
          ({ status }) => REPEATED.includes(status),
          signal,
        );
        return inferOutputs(response.body, signature);
      } catch (error) {
        if (!(error instanceof ResponseError && error.status === 413)) throw error;
        throw new RequestTooLargeError(error.message);
      }
    },
  };
}
