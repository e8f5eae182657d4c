import { type Manifest, ModelPackageError } from '../manifest/index.js';

/**
 * Refuses a package that is not the one that was deployed.
 *
 * @throws ModelPackageError `DIGEST_MISMATCH`
 */
export function checkDigest(manifest: Manifest, expected: string | undefined): void {
  if (expected === undefined || manifest.digest === expected) return;
  throw new ModelPackageError(
    'DIGEST_MISMATCH',
    `model \`${manifest.name}\` has the digest ${manifest.digest}, and ${expected} was deployed. It is not loaded. ` +
      'Deploy the package that lies here, or put back the one that was deployed.',
  );
}
