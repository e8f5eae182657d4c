import { SignatureV4 } from '@smithy/signature-v4';
import { GATE_ENVIRONMENT } from '../bundle/gate-questions.js';
import { type HttpResponse, send } from '../requests/http.js';
import { Sha256 } from '../requests/sha-256.js';
import { repeatedRequest } from './repeated-request.js';

/** Statuses of requests that may succeed later: 409 of a version that is not active yet, and throttling. */
const REPEATED: readonly number[] = [409, 429, 500, 502, 503, 504];

/** Codes of throttling, which services with AWS's JSON protocol respond with 400. */
const THROTTLED = /^(Request)?Throttl(ing|ed)(Exception)?$/;

/** Milliseconds for which a call that is denied is repeated: policies take effect some seconds after they are written. */
const DENIED_MS = 60_000;

/**
 * Calls a service of AWS with the credentials of the function. Calls that may succeed later are repeated until `signal`
 * aborts.
 *
 * @throws Error with the last response of the service, or the last fault of the connection, if no call succeeds
 */
export async function callService(
  service: string,
  { path, headers, body }: { path: string; headers: Readonly<Record<string, string>>; body: string },
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { AWS_REGION: region = '', AWS_ENDPOINT_URL: own, [GATE_ENVIRONMENT.urlSuffix]: suffix } = process.env;
  const url = new URL(path, own ?? `https://${service}.${region}.${suffix}`);
  const query = Object.fromEntries(url.searchParams);
  const request = async () => {
    const signed = await signer(service, region).sign({
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      port: url.port ? Number(url.port) : undefined,
      path: url.pathname,
      query,
      headers: { ...headers, host: url.host },
      body,
    });
    return send(url, { method: 'POST', headers: signed.headers, signal }, body);
  };
  return repeatedRequest(service, request, mayBeRepeated, signal);
}

function mayBeRepeated(response: HttpResponse, milliseconds: number): boolean {
  const { status } = response;
  const code = errorCode(response);
  if (status === 403 || code === 'AccessDeniedException') return milliseconds < DENIED_MS;
  return REPEATED.includes(status) || THROTTLED.test(code);
}

/**
 * Returns the code of an error, such as `ThrottlingException`. A namespace may be before it, and a URL after it:
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
 */
function errorCode({ headers, body }: HttpResponse): string {
  const type = headers['x-amzn-errortype'] ?? /"__type"\s*:\s*"([^"]*)"/.exec(body)?.[1] ?? '';
  return /^(?:[^:]*#)?(\w*)/.exec(String(type))![1]!;
}

function signer(service: string, region: string): SignatureV4 {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN } = process.env;
  const credentials = {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  };
  return new SignatureV4({ service, region, credentials, sha256: Sha256 });
}
