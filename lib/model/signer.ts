import { ENVIRONMENT } from '@modelship/runtime/contract';
import {
  encodeTrust,
  type SignatureTrust,
  trustedKey,
  trustedRoots,
  verifySignatureSync,
} from '@modelship/runtime/signature';
import { readPemFile } from './pem-file.js';

/**
 * Signer of a model package. The package is verified at synthesis, and by each replica before it loads the model.
 *
 * @example
 * ```ts
 * import { Model, Signer } from 'modelship';
 *
 * const iris = Model.fromDirectory('models/iris', { signedBy: Signer.publicKey('release.pub') });
 * ```
 */
export class Signer {
  /**
   * Trusts the signatures of one key.
   *
   * @param file path of the public key in PEM
   * @throws ModelPackageError `KEY_UNUSABLE`
   */
  static publicKey(file: string): Signer {
    return new Signer(trustedKey(readPemFile(file, 'KEY_UNUSABLE'), file), ENVIRONMENT.signerKey);
  }

  /**
   * Trusts the signatures of certificates that lead to a root. A certificate must be valid whenever a replica starts.
   *
   * @param file path of the root certificates in PEM
   * @throws ModelPackageError `CERTIFICATE_UNUSABLE`
   */
  static certificates(file: string): Signer {
    return new Signer(trustedRoots(readPemFile(file, 'CERTIFICATE_UNUSABLE'), file), ENVIRONMENT.signerRoots);
  }

  private constructor(
    private readonly trust: SignatureTrust,
    private readonly variable: string,
  ) {}

  /** Variables that make the runtime verify the signature of each package that it loads. */
  get environment(): { [name: string]: string } {
    return { [this.variable]: encodeTrust(this.trust) };
  }

  /**
   * Verifies the signature of the package in a folder, and that it has exactly the signed files.
   *
   * @throws ModelPackageError `SIGNATURE_MISSING`, `SIGNATURE_INVALID`, `SIGNATURE_UNTRUSTED`, `SIGNATURE_DIFFERS` with every
   * file that differs, or `FILE_UNLISTED`
   */
  verify(directory: string): void {
    verifySignatureSync(directory, this.trust);
  }
}
