import { MANIFEST_FILE, type Manifest, ModelPackageError } from '../manifest/index.js';
import { checkDigest } from '../store/check-digest.js';
import { withoutQuery } from '../store/open-store.js';
import { findPackages, type StoredPackage } from '../store/package-source.js';
import type { ModelEntry } from './model-entry.js';
import type { ModelVersion } from './served-model.js';

/** A package that may become a version of a model. */
export interface Candidate extends ModelVersion {
  readonly stored: StoredPackage;
  readonly manifest: Manifest;
}

/** What the packages of an entry are. */
export interface Search {
  /** By the model's name. */
  readonly models: ReadonlyMap<string, readonly Candidate[]>;
  /** By location. */
  readonly failures: ReadonlyMap<string, Error>;
  /** Where packages were read without fault. */
  readonly readable: readonly string[];
}

/** Reads the manifests of an entry's packages. Of two that say they are the same version of a model, the first counts. */
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
    `${location} is version ${version} of model ${name}, and so is ${first}, which is taken. ` +
      'Pack one of them again with another --version.',
  );
}

function nothingAt(location: string): ModelPackageError {
  return new ModelPackageError(
    'MANIFEST_MISSING',
    `no model package at ${location}: it holds no ${MANIFEST_FILE}, nor does a folder in it. ` +
      'Make a package with `modelship pack FILE --name NAME`, and give the folder it wrote.',
  );
}
