import { SignatureV4 } from '@smithy/signature-v4';
import { GATE_ENVIRONMENT } from '../bundle/gate-questions.js';
import { Sha256 } from '../requests/sha-256.js';

/** Response of a service of AWS. */
export interface ServiceResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Statuses of requests that may succeed later: 409 of a version that is not active yet, and throttling. */
const RETRIED: readonly number[] = [409, 429, 500, 502, 503, 504];

/** Milliseconds for which a call that is denied is repeated: policies take effect some seconds after they are written. */
const DENIED_MS = 60_000;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Calls a service of AWS with the credentials of the function. Calls that may succeed later are repeated until `signal`
 * aborts.
 *
 * @throws Error with the response of the service if it rejects the call
 */
export async function callService(
  service: string,
  { path, headers, body }: { path: string; headers: Readonly<Record<string, string>>; body: string },
  signal: AbortSignal,
): Promise<ServiceResponse> {
  const { AWS_REGION: region = '', AWS_ENDPOINT_URL: own, [GATE_ENVIRONMENT.urlSuffix]: suffix } = process.env;
  const url = new URL(path, own ?? `https://${service}.${region}.${suffix}`);
  const query = Object.fromEntries(url.searchParams);
  const start = Date.now();
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, 2 * pause)) {
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
    const answer = await fetch(url, { method: 'POST', headers: signed.headers, body, signal }).catch((error) => {
      signal.throwIfAborted();
      return error as Error;
    });
    if (!(answer instanceof Error)) {
      const response = {
        status: answer.status,
        headers: answer.headers,
        body: Buffer.from(await answer.arrayBuffer()),
      };
      if (answer.ok) return response;
      const isDenied = answer.status === 403 && Date.now() - start < DENIED_MS;
      if (!isDenied && !RETRIED.includes(answer.status)) {
        throw new Error(`${service} responded with ${answer.status}: ${response.body.toString().slice(0, 500)}`);
      }
    }
    await pauseFor(pause, signal);
  }
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

/** @throws the reason of `signal` if it aborts during the pause */
async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
  signal.throwIfAborted();
}
