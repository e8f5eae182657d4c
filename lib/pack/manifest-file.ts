import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceError, type Signature, type TensorSpec } from '@modelship/runtime';
import {
  fileSha256,
  MANIFEST_FILE,
  type Manifest,
  ModelPackageError,
  type PackageFile,
  packageDigest,
  readManifest,
  SAMPLES_FILE,
} from '@modelship/runtime/manifest';
import { encodeSamples, type Sample } from '@modelship/runtime/serve';

/** File of a package that says what its model was made from, and how close it is to the original. */
export const ORIGIN_FILE = 'origin.json';

/** Contents of a package whose files are in place. */
export interface Described {
  readonly manifest: Omit<Manifest, 'files' | 'digest' | 'samples'>;
  readonly samples: readonly Sample[];
  /** Whether the samples were made up. @default false */
  readonly isMadeUp?: boolean;
  readonly tolerance: Manifest['samples']['tolerance'];
}

/**
 * Writes the samples and the manifest of the package in `directory`, and returns the manifest.
 *
 * @param unchanged files that were hashed before and are still the same, so that large weights are read once
 */
export async function writeManifest(
  directory: string,
  { manifest, samples, isMadeUp = false, tolerance }: Described,
  unchanged: readonly PackageFile[] = [],
): Promise<Manifest> {
  writeFileSync(join(directory, SAMPLES_FILE), samplesText(samples));
  const files: PackageFile[] = [];
  for (const path of filesIn(directory)) {
    files.push(unchanged.find((each) => each.path === path) ?? (await packageFile(directory, path)));
  }
  const { code, origin, requirements, ...before } = manifest;
  const complete = {
    ...before,
    samples: {
      count: samples.length,
      tolerance: { ...tolerance },
      ...(isMadeUp && samples.length > 0 && { madeUp: true as const }),
    },
    ...(code !== undefined && { code }),
    ...(origin && { origin }),
    ...(requirements && { requirements }),
    files,
  };
  writeFileSync(join(directory, MANIFEST_FILE), jsonText({ ...complete, digest: packageDigest(complete) }));
  return readManifest(directory);
}

/** Writes what the model of the package in `directory` was made from. */
export function writeOrigin(directory: string, origin: object): void {
  writeFileSync(join(directory, ORIGIN_FILE), jsonText(origin));
}

function jsonText(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`;
}

async function packageFile(directory: string, path: string): Promise<PackageFile> {
  const file = join(directory, path);
  return { path, size: statSync(file).size, sha256: await fileSha256(file) };
}

/** Returns only the properties of a tensor that the manifest stores. */
export function plainSpec({
  name,
  datatype,
  shape,
  unknownRank,
  labels,
  categories,
  unused,
}: TensorSpec): Manifest['inputs'][number] {
  return {
    name,
    datatype,
    shape: [...shape],
    ...(unknownRank && { unknownRank }),
    ...(labels && { labels: [...labels] }),
    ...(categories && { categories: [...categories] }),
    ...(unused && { unused }),
  };
}

/** Returns only the properties of signatures that the manifest stores. */
export function plainSignatures(signatures: Readonly<Record<string, Signature>>): NonNullable<Manifest['signatures']> {
  const entries = Object.entries(signatures).map(([name, { inputs, outputs }]) => {
    return [name, { inputs: inputs.map(plainSpec), outputs: outputs.map(plainSpec) }] as const;
  });
  return Object.fromEntries(entries);
}

/** Writes one sample per line, so that `diff` can compare two packages. */
function samplesText(samples: readonly Sample[]): string {
  try {
    return encodeSamples(samples);
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error;
    throw new ModelPackageError(
      'SAMPLES_INVALID',
      `a golden sample cannot be written as JSON: ${error.message}. Leave out the request that gives it.`,
    );
  }
}

/** Returns the paths of the files in a package, without its manifest, in their order. */
export function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(directory.length + 1)
        .split('\\')
        .join('/'),
    )
    .filter((path) => path !== MANIFEST_FILE)
    .sort();
}
