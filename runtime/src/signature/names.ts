/** File of a signature in a package, as OpenSSF's tools name it. It is the only file that the signature does not cover. */
export const SIGNATURE_FILE = 'model.sig';

/** Media type of a Sigstore bundle, the file format of signatures: https://docs.sigstore.dev/about/bundle */
export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** Type of the signed payload. */
export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** Types of the OpenSSF Model Signing specification 1.0: https://github.com/sigstore/model-transparency */
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://model_signing/signature/v1.0';
