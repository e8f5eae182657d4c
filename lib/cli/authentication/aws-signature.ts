import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { Authenticator } from './authenticator.js';

/** Signs requests with AWS Signature Version 4, using the standard credential chain of the AWS SDKs. */
export async function awsSignature(service: string, region: string): Promise<Authenticator> {
  const [{ SignatureV4 }, { defaultProvider }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@aws-sdk/credential-provider-node'),
  ]);
  const signer = new SignatureV4({ service, region, credentials: defaultProvider(), sha256: Sha256 });
  return async ({ method, url, headers, body }) => {
    const query: Record<string, string[]> = {};
    for (const name of url.searchParams.keys()) query[name] = url.searchParams.getAll(name);
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query,
      headers: { ...headers, host: url.host },
      body,
    });
    return signed.headers;
  };
}

type HashInput = string | ArrayBuffer | ArrayBufferView;

/** SHA-256 of Node.js with the interface that the signer requires. */
class Sha256 {
  private readonly hash: Hash | Hmac;

  constructor(secret?: HashInput) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }

  update(data: HashInput): void {
    this.hash.update(bytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }

  /** Does nothing, because the signer creates a new instance for each digest. */
  reset(): void {}
}

function bytes(data: HashInput): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.from(data);
}
