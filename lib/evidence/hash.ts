import { createHash } from 'node:crypto';

/** Returns the SHA-256 of a text or bytes in hexadecimal digits. */
export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
