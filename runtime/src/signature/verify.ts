import { createHash, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { ModelPackageError } from '../manifest/package-error.js';
import { readRegularFile } from '../manifest/regular-file.js';
import type { Schema } from '../manifest/schema.js';
import { trustedSigner } from './certificates.js';
import { CURVES, hashOf, preAuthenticationEncoding } from './envelope.js';
import { BUNDLE_TYPE, type Bundle, bundleSchema, type Resource, statementSchema } from './schema.js';
import { resourcesOf, rootDigest, SIGNATURE_FILE } from './statement.js';

/** Whose signatures are trusted: those of one key, or of certificates that lead to a root. */
export type SignatureTrust = { readonly publicKey: KeyObject } | { readonly roots: readonly X509Certificate[] };

/** Maximum size of a signature, which has about 200 bytes for each file. */
const MAX_SIGNATURE_BYTES = 16 * 1024 * 1024;

/** What a verified signature says. */
export interface VerifiedSignature {
  /** SHA-256 over the digests of all files, which names the model in other documents. */
  readonly digest: string;
  /** Number of files that the signature covers. */
  readonly files: number;
  /** Subject of the certificate that signed. It is undefined with a key. */
  readonly signer?: string;
}

/**
 * Verifies the signature of a package, `model.sig`, in the format OpenSSF Model Signing 1.0: who signed, and that the
 * package has exactly the signed files.
 *
 * @param file path of the signature, if it is elsewhere
 * @throws ModelPackageError `SIGNATURE_MISSING`; `SIGNATURE_INVALID` if the file is no such signature, or was not made by
 * its key; `SIGNATURE_UNTRUSTED` if another key or certificate signed; `SIGNATURE_DIFFERS` if files differ; or any error of
 * `resourcesOf`
 */
export async function verifySignature(
  directory: string,
  trust: SignatureTrust,
  file = join(directory, SIGNATURE_FILE),
): Promise<VerifiedSignature> {
  const { verificationMaterial, dsseEnvelope } = await readBundle(file);
  const { key, signer } = signerOf(file, verificationMaterial, trust);
  const payload = Buffer.from(dsseEnvelope.payload, 'base64');
  const [{ sig }] = dsseEnvelope.signatures as [{ sig: string }];
  const hash = hashOf(key);
  if (!hash) throw invalid(file, `was made with another key than an elliptic curve key of ${CURVES}`);
  if (!verify(hash, preAuthenticationEncoding(payload), key, Buffer.from(sig, 'base64'))) {
    throw invalid(file, 'does not match its content: the signature or what it signs was changed');
  }
  const { subject, predicate } = parsed(
    statementSchema,
    file,
    payload.toString(),
    'signs a statement that cannot be used',
  );
  const digest = rootDigest(predicate.resources);
  if (digest !== subject[0]!.digest.sha256) {
    throw invalid(file, 'signs a list of files whose digest differs from the one that it states');
  }
  checkFiles(directory, predicate.resources, await resourcesOf(directory));
  return { digest, files: predicate.resources.length, ...(signer && { signer }) };
}

async function readBundle(file: string): Promise<Bundle> {
  let text: string;
  try {
    text = (await readRegularFile(file, MAX_SIGNATURE_BYTES)).toString();
  } catch (error) {
    throw new ModelPackageError(
      'SIGNATURE_MISSING',
      `${file} cannot be read (${(error as Error).message}). Sign the package with \`modelship sign\`.`,
    );
  }
  return parsed(bundleSchema, file, text, `is not a signature in a Sigstore bundle (${BUNDLE_TYPE})`);
}

function parsed<Value>(schema: Schema<Value>, file: string, text: string, fault: string): Value {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid(file, `${fault}: it is not JSON`);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues as [(typeof result.error.issues)[number]];
  throw invalid(file, `${fault}: \`${path.join('.')}\`: ${message}`);
}

/** Returns the key that the signature must be made with. */
function signerOf(
  file: string,
  { publicKey, x509CertificateChain }: Bundle['verificationMaterial'],
  trust: SignatureTrust,
): { readonly key: KeyObject; readonly signer?: string } {
  if ('publicKey' in trust) {
    if (!publicKey) throw untrusted(file, 'a certificate', 'Verify it with the root certificates');
    const { hint } = publicKey;
    const expected = keyHint(trust.publicKey);
    if (hint && hint !== expected) {
      throw untrusted(file, `a key with the SHA-256 ${hint}, and not ${expected}`, 'Verify it with that key');
    }
    return { key: trust.publicKey };
  }
  if (!x509CertificateChain) throw untrusted(file, 'a key without a certificate', 'Verify it with the public key');
  const [certificate, ...others] = x509CertificateChain.certificates.map(({ rawBytes }) =>
    certificateOf(file, Buffer.from(rawBytes, 'base64')),
  );
  const fault = trustedSigner(certificate!, others, trust.roots);
  if (fault) throw untrusted(file, `the certificate of ${subjectOf(certificate!)}, ${fault}`, 'Sign it again');
  return { key: certificate!.publicKey, signer: subjectOf(certificate!) };
}

/** SHA-256 of a public key's PEM, which bundles contain to name the key. */
export function keyHint(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'pem' }))
    .digest('hex');
}

function subjectOf({ subject }: X509Certificate): string {
  return subject.replaceAll('\n', ', ');
}

function certificateOf(file: string, bytes: Buffer): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch (error) {
    throw invalid(file, `has a certificate that cannot be read (${(error as Error).message})`);
  }
}

/** Compares the signed files with those in the package. Each must be in both, with the same digest. */
function checkFiles(directory: string, signed: readonly Resource[], found: readonly Resource[]): void {
  const digests = new Map(found.map(({ name, digest }) => [name, digest]));
  const names = new Set(signed.map(({ name }) => name));
  const faults = [
    ...signed.flatMap(({ name, digest }) => {
      const actual = digests.get(name);
      if (actual === undefined) return [`${name} is missing`];
      return actual === digest ? [] : [`${name} was changed after it was signed`];
    }),
    ...found.flatMap(({ name }) => (names.has(name) ? [] : [`${name} is not signed`])),
    ...(names.size < signed.length ? ['the signature lists a file twice'] : []),
  ];
  if (faults.length === 0) return;
  throw new ModelPackageError(
    'SIGNATURE_DIFFERS',
    `the files in ${directory} are not those that were signed: ${faults.join('; ')}. ` +
      'Restore the signed package, or sign this one after you have checked it.',
  );
}

function invalid(file: string, fault: string): ModelPackageError {
  return new ModelPackageError('SIGNATURE_INVALID', `${file} ${fault}. Restore it, or sign the package again.`);
}

function untrusted(file: string, signer: string, fix: string): ModelPackageError {
  return new ModelPackageError(
    'SIGNATURE_UNTRUSTED',
    `${file} was signed by ${signer}, which is not trusted here. ${fix}, if you trust it.`,
  );
}
