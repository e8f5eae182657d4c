import { createHash, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ModelPackageError } from '../manifest/package-error.js';
import { parseJson } from '../manifest/parse-json.js';
import { MAX_SIGNATURE_BYTES, readRegularFile } from '../manifest/regular-file.js';
import type { Schema } from '../manifest/schema.js';
import { trustedSigner } from './certificates.js';
import { CURVES, hashOf, preAuthenticationEncoding } from './envelope.js';
import { BUNDLE_TYPE, SIGNATURE_FILE } from './names.js';
import { type Bundle, bundleSchema, type Resource, statementSchema } from './schema.js';
import { resourcesOf, resourcesOfSync, rootDigest } from './statement.js';
import type { SignatureTrust } from './trust.js';

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
 * @param known digests of files that were just computed, by path
 * @throws ModelPackageError `SIGNATURE_MISSING`; `SIGNATURE_INVALID` if the file is no such signature, or was not made by
 * its key; `SIGNATURE_UNTRUSTED` if another key or certificate signed; `SIGNATURE_DIFFERS` if files differ; or any error of
 * `resourcesOf`
 */
export async function verifySignature(
  directory: string,
  trust: SignatureTrust,
  file = join(directory, SIGNATURE_FILE),
  known?: ReadonlyMap<string, string>,
): Promise<VerifiedSignature> {
  const text = await readRegularFile(file, MAX_SIGNATURE_BYTES).catch(missing(file));
  const signed = openSignature(file, text.toString(), trust);
  checkFiles(directory, signed.resources, await resourcesOf(directory, known));
  return verified(signed);
}

/**
 * The same as `verifySignature`, for synthesis, which cannot wait.
 *
 * @throws ModelPackageError as `verifySignature`
 */
export function verifySignatureSync(directory: string, trust: SignatureTrust): VerifiedSignature {
  const file = join(directory, SIGNATURE_FILE);
  const signed = openSignature(file, signatureText(file), trust);
  checkFiles(directory, signed.resources, resourcesOfSync(directory));
  return verified(signed);
}

/** List of files whose signature was verified. */
interface SignedFiles extends Omit<VerifiedSignature, 'files'> {
  readonly resources: readonly Resource[];
}

/** Verifies who signed, and returns what was signed. */
function openSignature(file: string, text: string, trust: SignatureTrust): SignedFiles {
  const fault = `is not a signature in a Sigstore bundle (${BUNDLE_TYPE})`;
  const { verificationMaterial, dsseEnvelope } = parsed(bundleSchema, file, text, fault);
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
  return { digest, resources: predicate.resources, ...(signer && { signer }) };
}

function verified({ resources, ...signed }: SignedFiles): VerifiedSignature {
  return { ...signed, files: resources.length };
}

function signatureText(file: string): string {
  try {
    const stats = statSync(file);
    // A pipe would never end.
    if (!stats.isFile() || stats.size > MAX_SIGNATURE_BYTES) {
      throw new Error(`it is no file of at most ${MAX_SIGNATURE_BYTES} bytes`);
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    return missing(file)(error as Error);
  }
}

/** Returns a function that says that there is no signature to read. */
function missing(file: string): (error: Error) => never {
  return (error) => {
    throw new ModelPackageError(
      'SIGNATURE_MISSING',
      `${file} cannot be read (${error.message}). Sign the package with \`modelship sign\`.`,
    );
  };
}

function parsed<Value>(schema: Schema<Value>, file: string, text: string, fault: string): Value {
  return parseJson(schema, text, (cause) => invalid(file, `${fault}: ${cause}`));
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
