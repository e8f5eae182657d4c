import { type Manifest, ModelPackageError } from '../manifest/index.js';

/**
 * Refuses a package that is none of those that were deployed.
 *
 * @param allowed @default any package
 * @throws ModelPackageError `DIGEST_MISMATCH`
 */
export function checkDigest(manifest: Manifest, allowed: readonly string[] | undefined): void {
  if (allowed === undefined || allowed.includes(manifest.digest)) return;
  throw new ModelPackageError(
    'DIGEST_MISMATCH',
    `model \`${manifest.name}\` has the digest ${manifest.digest}, and ${allowed.join(' or ')} was deployed. ` +
      'It is not loaded. Deploy the package that lies here, or put back the one that was deployed.',
  );
}
