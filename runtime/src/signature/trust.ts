import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { ModelPackageError } from '../manifest/package-error.js';
import { CURVES, hashOf } from './envelope.js';

/** Whose signatures are trusted: those of one key, or of certificates that lead to a root. */
export type SignatureTrust = { readonly publicKey: KeyObject } | { readonly roots: readonly X509Certificate[] };

/**
 * Reads the public key of a signer.
 *
 * @param source name of the key in errors, such as its file
 * @throws ModelPackageError `KEY_UNUSABLE`
 */
export function trustedKey(pem: string, source: string): SignatureTrust {
  if (pem.includes('PRIVATE KEY-----')) {
    throw new ModelPackageError(
      'KEY_UNUSABLE',
      `${source} is a private key, which only the signer should have. Verify with its public key: ` +
        '`openssl pkey -in KEY -pubout` prints it.',
    );
  }
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey(pem);
  } catch (error) {
    throw new ModelPackageError(
      'KEY_UNUSABLE',
      `${source} cannot be read as a public key (${(error as Error).message}). Give a key in PEM.`,
    );
  }
  requireCurve(source, publicKey);
  return { publicKey };
}

/**
 * Reads the roots that certificates of signers lead to.
 *
 * @param source name of the certificates in errors, such as their file
 * @throws ModelPackageError `CERTIFICATE_UNUSABLE`
 */
export function trustedRoots(pem: string, source: string): SignatureTrust {
  return { roots: certificatesIn(pem, source) };
}

/**
 * Returns the hash algorithm of a key's signatures.
 *
 * @throws ModelPackageError `KEY_UNUSABLE` if the specification does not allow the key
 */
export function requireCurve(source: string, key: KeyObject): string {
  const hash = hashOf(key);
  if (hash) return hash;
  throw new ModelPackageError('KEY_UNUSABLE', `${source} is another key than an elliptic curve key of ${CURVES}.`);
}

/**
 * Returns the certificates in a text in PEM.
 *
 * @throws ModelPackageError `CERTIFICATE_UNUSABLE`
 */
export function certificatesIn(pem: string, source: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new ModelPackageError('CERTIFICATE_UNUSABLE', `${source} has no certificate in PEM.`);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw new ModelPackageError(
      'CERTIFICATE_UNUSABLE',
      `${source} has a certificate that cannot be read (${(error as Error).message}).`,
    );
  }
}

/** Returns the value of the variable that makes a server trust the same signatures: DER in base64, separated by commas. */
export function encodeTrust(trust: SignatureTrust): string {
  const parts =
    'publicKey' in trust
      ? [trust.publicKey.export({ type: 'spki', format: 'der' })]
      : trust.roots.map(({ raw }) => raw);
  return parts.map((der) => der.toString('base64')).join();
}

/** Returns a value of `encodeTrust` in PEM. */
export function pemOf(value: string, label: 'PUBLIC KEY' | 'CERTIFICATE'): string {
  return value
    .split(',')
    .map((der) => `-----BEGIN ${label}-----\n${der.trim()}\n-----END ${label}-----\n`)
    .join('');
}
