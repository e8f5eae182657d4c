import type { KeyObject } from 'node:crypto';
import { PAYLOAD_TYPE } from './names.js';

/** Hash algorithm of signatures by the curve of the key, which are those that the specification allows. */
const HASHES: Readonly<Record<string, string>> = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' };

/** Names of the curves that keys may have. */
export const CURVES = 'P-256, P-384 and P-521';

/** Returns the hash algorithm of signatures by a key, or undefined if the specification does not allow the key. */
export function hashOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  return asymmetricKeyType === 'ec' ? HASHES[asymmetricKeyDetails?.namedCurve ?? ''] : undefined;
}

/** Returns the bytes that are signed: https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md */
export function preAuthenticationEncoding(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);
}
