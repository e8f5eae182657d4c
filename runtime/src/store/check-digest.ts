import { type Manifest, ModelPackageError } from '../manifest/index.js';

/**
 * Rejects a package whose digest is not one of the deployed digests.
 *
 * @param allowed digests of the deployed packages @default - any package
 * @throws ModelPackageError `DIGEST_MISMATCH`
 */
export function checkDigest(manifest: Manifest, allowed: readonly string[] | undefined): void {
  if (allowed === undefined || allowed.includes(manifest.digest)) return;
  throw new ModelPackageError(
    'DIGEST_MISMATCH',
    `model \`${manifest.name}\` has the digest ${manifest.digest}, and ${allowed.join(' or ')} was deployed. ` +
      'It is not loaded. Deploy this package, or restore the deployed one.',
  );
}
