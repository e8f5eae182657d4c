/** Problems of a model package. The codes are stable. */
export type PackageErrorCode =
  | 'MANIFEST_MISSING'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_EDITED'
  | 'SCHEMA_NEWER'
  | 'FILE_MISSING'
  | 'FILE_CHANGED'
  | 'FILE_UNLISTED'
  | 'DIGEST_MISMATCH'
  | 'FORMAT_UNKNOWN'
  | 'FORMAT_UNTRUSTED'
  | 'FORMAT_UNSUPPORTED'
  | 'PICKLE_HOSTILE'
  | 'ARTIFACT_INVALID'
  | 'SAMPLES_INVALID'
  | 'SAMPLES_DIFFER'
  | 'BACKGROUND_INVALID'
  | 'REFERENCE_INVALID'
  | 'REFERENCE_MISSING'
  | 'LABELS_INVALID'
  | 'COLUMN_UNKNOWN'
  | 'CODE_INVALID'
  | 'INPUTS_DIFFER'
  | 'OUTPUT_EXISTS'
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_UNTRUSTED'
  | 'SIGNATURE_DIFFERS'
  | 'KEY_UNUSABLE'
  | 'CERTIFICATE_UNUSABLE';

/** A model package cannot be used. The message states the problem, the value found, the allowed values, and the fix. */
export class ModelPackageError extends Error {
  override readonly name = 'ModelPackageError';

  constructor(
    readonly code: PackageErrorCode,
    message: string,
  ) {
    super(message);
  }
}
