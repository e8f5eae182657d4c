import { inferPath } from '@modelship/runtime/contract';
import { encodeInferRequestJson } from '@modelship/runtime/serve';
import { LAMBDA } from '../aws/private/lambda/limits.js';
import type { GateQuestions } from '../bundle/gate-questions.js';
import type { Predictor } from '../requests/predictor.js';
import { callService } from './aws-service.js';
import { inferOutputs } from './infer-outputs.js';
import { RequestTooLargeError } from './verdict.js';

/** Separates status and headers of a streamed response from its body. */
const DELIMITER = '\0'.repeat(8);

/** Type of the error that Lambda responds with if a response is larger than its limit. */
const RESPONSE_TOO_LARGE = '"Function.ResponseSizeTooLarge"';

/**
 * Returns a version of a function as a predictor. Lambda invokes the version directly, so neither the front nor its
 * authentication takes part.
 *
 * @param version ARN of the function with its version
 */
export function lambdaPredictor(version: string, questions: GateQuestions, signal: AbortSignal): Predictor {
  const { model, signature, tolerance } = questions;
  const [arn, qualifier] = [version.slice(0, version.lastIndexOf(':')), version.slice(version.lastIndexOf(':') + 1)];
  const path = `/2015-03-31/functions/${encodeURIComponent(arn)}/invocations?Qualifier=${qualifier}`;
  return {
    signature,
    tolerance,
    async predict(inputs) {
      const body = JSON.stringify(eventOf(inferPath(model), encodeInferRequestJson(inputs)));
      if (Buffer.byteLength(body) > LAMBDA.requestBytes)
        throw new RequestTooLargeError(`a question has more than the ${LAMBDA.requestBytes} bytes of an invocation`);
      const invoked = await callService(
        'lambda',
        { path, headers: { 'content-type': 'application/json' }, body },
        signal,
      );
      if ('x-amz-function-error' in invoked.headers) {
        const FailureError = invoked.body.includes(RESPONSE_TOO_LARGE) ? RequestTooLargeError : Error;
        throw new FailureError(`the version failed: ${invoked.body.slice(0, 500)}`);
      }
      const { status, text } = responseOf(invoked.body);
      if (status === 413)
        throw new RequestTooLargeError(`the version rejects the size of a request: ${text.slice(0, 500)}`);
      if (status !== 200) throw new Error(`the version responded with ${status}: ${text.slice(0, 500)}`);
      return inferOutputs(text, signature);
    },
  };
}

/** Returns the event of an HTTP API, which the handler of every front accepts. */
function eventOf(path: string, body: string) {
  return {
    version: '2.0',
    rawPath: path,
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    requestContext: { stage: '$default', http: { method: 'POST' } },
    body,
    isBase64Encoded: false,
  };
}

/** Returns status and body of a response, streamed or not. */
function responseOf(payload: string): { status: number; text: string } {
  const end = payload.indexOf(DELIMITER);
  if (end !== -1) {
    const { statusCode } = JSON.parse(payload.slice(0, end));
    return { status: statusCode, text: payload.slice(end + DELIMITER.length) };
  }
  const { statusCode, body, isBase64Encoded } = JSON.parse(payload);
  return { status: statusCode, text: isBase64Encoded ? Buffer.from(body, 'base64').toString() : body };
}
