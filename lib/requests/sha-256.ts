import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';

type HashInput = string | ArrayBuffer | ArrayBufferView;

/** SHA-256 of Node.js with the interface that the signer of the AWS SDK requires. */
export class Sha256 {
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
