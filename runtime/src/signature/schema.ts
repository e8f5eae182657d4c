import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import type { Schema } from '../manifest/schema.js';
import { BUNDLE_TYPE, PAYLOAD_TYPE, PREDICATE_TYPE, STATEMENT_TYPE } from './names.js';

// This copy of zod is bundled into this module: see manifest/schema.ts.
z.config({ ...en(), jitless: true });

/** File of a signature: who signed, and what. Bytes are in base64. */
export interface Bundle {
  readonly mediaType: typeof BUNDLE_TYPE;
  readonly verificationMaterial: {
    /** SHA-256 of the PEM of the public key. */
    readonly publicKey?: { readonly hint?: string | null };
    /** Certificate of the signer, followed by those between it and a root, in DER. */
    readonly x509CertificateChain?: { readonly certificates: readonly { readonly rawBytes: string }[] };
  };
  readonly dsseEnvelope: {
    readonly payload: string;
    readonly payloadType: typeof PAYLOAD_TYPE;
    readonly signatures: readonly { readonly sig: string }[];
  };
}

/** File of a model in a statement. */
export interface Resource {
  readonly name: string;
  readonly algorithm: 'sha256';
  /** 64 hexadecimal digits. */
  readonly digest: string;
}

/** What is signed: each file of a model with its digest. */
export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  /** Name of the model, and the digest over the digests of its files. */
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: {
    readonly serialization: { readonly method: 'files'; readonly hash_type: 'sha256' };
    readonly resources: readonly Resource[];
  };
}

const SHA256 = z.string().check(z.regex(/^[0-9a-f]{64}$/, 'expected 64 lowercase hexadecimal digits'));
const BASE64 = z.base64();

export const bundleSchema: Schema<Bundle> = z.object({
  mediaType: z.literal(BUNDLE_TYPE),
  verificationMaterial: z.object({
    publicKey: z.optional(z.object({ hint: z.nullish(z.string()) })),
    x509CertificateChain: z.optional(
      z.object({ certificates: z.array(z.object({ rawBytes: BASE64 })).check(z.minLength(1)) }),
    ),
  }),
  dsseEnvelope: z.object({
    payload: BASE64,
    payloadType: z.literal(PAYLOAD_TYPE),
    signatures: z.array(z.object({ sig: BASE64 })).check(z.length(1)),
  }),
});

export const statementSchema: Schema<Statement> = z.object({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256: SHA256 }) })).check(z.length(1)),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.object({
    serialization: z.object({ method: z.literal('files'), hash_type: z.literal('sha256') }),
    resources: z
      .array(z.object({ name: z.string(), algorithm: z.literal('sha256'), digest: SHA256 }))
      .check(z.minLength(1)),
  }),
});
