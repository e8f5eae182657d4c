import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDigests, MANIFEST_FILE, ModelPackageError, readManifest, verifyFiles } from '@modelship/runtime/manifest';
import {
  BUNDLE_TYPE,
  certificatesIn,
  keyHint,
  PAYLOAD_TYPE,
  preAuthenticationEncoding,
  requireCurve,
  SIGNATURE_FILE,
  type SignatureTrust,
  statementOf,
  trustedKey,
  trustedRoots,
} from '@modelship/runtime/signature';
import { readPemFile } from '../model/pem-file.js';

/** How to sign a package. */
export interface SignOptions {
  /** Path of the private key in PEM: an elliptic curve key of P-256, P-384 or P-521. */
  readonly key: string;
  /** Passphrase of the key. @default - the key is not encrypted */
  readonly passphrase?: string | undefined;
  /**
   * Path of the certificate of the key in PEM, followed by those between it and a root.
   *
   * @default - callers verify with the public key
   */
  readonly certificate?: string | undefined;
}

/** Signature that was written. */
export interface SignedPackage {
  /** Path of the signature. */
  readonly file: string;
  /** SHA-256 over the digests of all files. */
  readonly digest: string;
  /** Number of files that the signature covers. */
  readonly files: number;
}

/**
 * Signs a package in the format OpenSSF Model Signing 1.0, and writes the signature as `model.sig` into it. An earlier
 * signature is replaced.
 *
 * @throws ModelPackageError `KEY_UNUSABLE`, `CERTIFICATE_UNUSABLE`, `FILE_UNLISTED` if the folder has files that the manifest
 * does not list, or any error of `verifyFiles`
 * @example
 * import { signPackage } from './sign.js';
 * await signPackage('models/iris', { key: 'release.key' });
 */
export async function signPackage(directory: string, options: SignOptions): Promise<SignedPackage> {
  const key = privateKey(options);
  const hash = requireCurve(options.key, key);
  const verificationMaterial = options.certificate
    ? { x509CertificateChain: { certificates: chain(options.certificate, key) } }
    : { publicKey: { hint: keyHint(createPublicKey(key)) } };
  const manifest = readManifest(directory);
  await verifyFiles(directory, manifest);
  const digests = fileDigests(manifest);
  const statement = await statementOf(directory, digests);
  const { resources } = statement.predicate;
  rejectUnlisted(directory, new Set([MANIFEST_FILE, ...digests.keys()]), resources);
  const payload = Buffer.from(JSON.stringify(statement));
  const bundle = {
    mediaType: BUNDLE_TYPE,
    verificationMaterial: { ...verificationMaterial, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: sign(hash, preAuthenticationEncoding(payload), key).toString('base64'), keyid: '' }],
    },
  };
  const file = join(directory, SIGNATURE_FILE);
  await replaceFile(file, `${JSON.stringify(bundle)}\n`);
  return { file, digest: statement.subject[0]!.digest.sha256, files: resources.length };
}

/**
 * Reads whose signatures to trust: those of a public key, or of certificates that lead to one of some roots.
 *
 * @throws ModelPackageError `KEY_UNUSABLE` or `CERTIFICATE_UNUSABLE`
 */
export async function signatureTrust(
  trusted: { readonly key: string } | { readonly roots: string },
): Promise<SignatureTrust> {
  if ('roots' in trusted) return trustedRoots(readPemFile(trusted.roots, 'CERTIFICATE_UNUSABLE'), trusted.roots);
  return trustedKey(readPemFile(trusted.key, 'KEY_UNUSABLE'), trusted.key);
}

/** Writes a file in place of an earlier one. A link is replaced, not followed. */
async function replaceFile(file: string, text: string): Promise<void> {
  const written = `${file}.${process.pid}`;
  try {
    await writeFile(written, text, { flag: 'wx' });
    await rename(written, file);
  } catch (error) {
    await rm(written, { force: true });
    throw new ModelPackageError(
      'OUTPUT_EXISTS',
      `${file} cannot be written (${(error as Error).message}). Remove what has this name, or make the folder writable.`,
    );
  }
}

function privateKey({ key, passphrase }: SignOptions): KeyObject {
  const pem = readPemFile(key, 'KEY_UNUSABLE');
  try {
    return createPrivateKey({ key: pem, passphrase });
  } catch (error) {
    throw new ModelPackageError(
      'KEY_UNUSABLE',
      `${key} cannot be read as a private key (${(error as Error).message}). Give a key in PEM.`,
    );
  }
}

/** Returns the certificates of a bundle, after checking that the first belongs to the key. */
function chain(file: string, key: KeyObject) {
  const read = certificatesIn(readPemFile(file, 'CERTIFICATE_UNUSABLE'), file);
  if (!read[0]!.checkPrivateKey(key)) {
    throw new ModelPackageError('CERTIFICATE_UNUSABLE', `The first certificate in ${file} is not that of the key.`);
  }
  return read.map(({ raw }) => ({ rawBytes: raw.toString('base64') }));
}

/** A deployment brings only listed files, so that a signature of others could not be verified there. */
function rejectUnlisted(
  directory: string,
  listed: ReadonlySet<string>,
  files: readonly { readonly name: string }[],
): void {
  const others = files.filter(({ name }) => !listed.has(name)).map(({ name }) => name);
  if (others.length === 0) return;
  throw new ModelPackageError(
    'FILE_UNLISTED',
    `${directory} has files that its manifest does not list: ${others.join(', ')}. Remove them, or pack the model again.`,
  );
}
