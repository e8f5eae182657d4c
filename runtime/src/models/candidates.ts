import { MANIFEST_FILE, type Manifest, ModelPackageError } from '../manifest/index.js';
import { withoutQuery } from '../store/open-store.js';
import { findPackages, type StoredPackage } from '../store/package-source.js';
import type { ModelEntry } from './model-entry.js';
import type { ModelVersion } from './served-model.js';

/** A package that can become a version of a model. */
export interface Candidate extends ModelVersion {
  readonly stored: StoredPackage;
  readonly manifest: Manifest;
}

/** Result of reading the packages of an entry. */
export interface Search {
  /** Candidates by model name. */
  readonly models: ReadonlyMap<string, readonly Candidate[]>;
  /** Errors by location. */
  readonly failures: ReadonlyMap<string, Error>;
  /** Locations whose packages were read without errors. */
  readonly readable: readonly string[];
}

/** Reads the manifests of an entry's packages. If two packages claim the same version of a model, the first wins. */
export async function findCandidates(entry: ModelEntry): Promise<Search> {
  const models = new Map<string, Candidate[]>();
  const failures = new Map<string, Error>();
  const readable: string[] = [];
  let packages: readonly StoredPackage[] = [];
  try {
    packages = await findPackages(entry.location);
    if (packages.length === 0) failures.set(withoutQuery(entry.location), nothingAt(withoutQuery(entry.location)));
  } catch (error) {
    failures.set(withoutQuery(entry.location), error as Error);
  }
  for (const stored of packages) {
    try {
      const manifest = await stored.manifest();
      checkDigest(manifest, entry.digests);
      const { version } = manifest;
      const { name = manifest.name } = entry;
      const others = models.get(name) ?? [];
      const twin = others.find((other) => other.version === version);
      if (twin) throw sameVersion(name, version, stored.location, twin.stored.location);
      models.set(name, [...others, { name, version, stored, manifest }]);
      readable.push(stored.location);
    } catch (error) {
      failures.set(stored.location, error as Error);
    }
  }
  return { models, failures, readable };
}

function sameVersion(name: string, version: string, location: string, first: string): Error {
  return new Error(
    `${location} is version ${version} of model ${name}, as is ${first}, which is served. ` +
      'Pack one of them again with another --version.',
  );
}

function nothingAt(location: string): ModelPackageError {
  return new ModelPackageError(
    'MANIFEST_MISSING',
    `no model package at ${location}: neither it nor a folder in it has a ${MANIFEST_FILE}. ` +
      'Make a package with `modelship pack FILE --name NAME`, and give the folder it wrote.',
  );
}

/**
 * Rejects a package whose digest is not one of the deployed digests.
 *
 * @param allowed digests of the deployed packages @default - any package
 * @throws ModelPackageError `DIGEST_MISMATCH`
 */
function checkDigest(manifest: Manifest, allowed: readonly string[] | undefined): void {
  if (allowed === undefined || allowed.includes(manifest.digest)) return;
  throw new ModelPackageError(
    'DIGEST_MISMATCH',
    `model \`${manifest.name}\` has the digest ${manifest.digest}, and ${allowed.join(' or ')} was deployed. ` +
      'It is not loaded. Deploy this package, or restore the deployed one.',
  );
}
