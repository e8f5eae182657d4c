import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RUNTIME_VERSION } from '../version.js';
import { packageDigest } from './digest.js';
import { SAVED_MODEL_GRAPH } from './format.js';
import { handlerFaults } from './handler.js';
import { ModelPackageError } from './package-error.js';
import { MAX_MANIFEST_BYTES, readRegularFile } from './regular-file.js';
import {
  BACKGROUND_FILE,
  FRAMEWORKS,
  MANIFEST_FILE,
  type Manifest,
  manifestSchema,
  PICKLE_FORMATS,
  REFERENCE_FILE,
  SAMPLES_FILE,
  SCHEMA_VERSION,
  trustFor,
} from './schema.js';
import { taskFaults } from './task.js';

/**
 * Reads and validates the manifest of the package in `directory`. Other files are not read.
 *
 * @throws ModelPackageError `MANIFEST_MISSING`, `MANIFEST_INVALID` listing every problem, `MANIFEST_EDITED` or
 * `SCHEMA_NEWER`
 */
export function readManifest(directory: string): Manifest {
  const path = join(directory, MANIFEST_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ModelPackageError('MANIFEST_MISSING', whyMissing(directory, (error as NodeJS.ErrnoException).code));
  }
  return parseManifest(text, path);
}

/**
 * Works like `readManifest`, for a folder that others can write: opening and reading the file do not block the event
 * loop.
 *
 * @throws ModelPackageError as `readManifest`, and `MANIFEST_MISSING` if the path is not a regular file of at most 4 MiB
 */
export async function readManifestFile(directory: string): Promise<Manifest> {
  const path = join(directory, MANIFEST_FILE);
  const bytes = await readRegularFile(path, MAX_MANIFEST_BYTES).catch((error: NodeJS.ErrnoException) => {
    const message = error.code === undefined ? error.message : whyMissing(directory, error.code);
    throw new ModelPackageError('MANIFEST_MISSING', message);
  });
  return parseManifest(bytes.toString(), path);
}

/**
 * Explains why the manifest cannot be read. The path in the message is absolute, because the working directory of tests
 * and apps is often unexpected.
 */
function whyMissing(directory: string, code: string | undefined): string {
  const path = resolve(directory);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) {
    return `no model package at ${path}: the folder does not exist. Check the path, or make a package with \`modelship pack FILE --name NAME\`.`;
  }
  if (stats.isFile() || existsSync(join(path, SAVED_MODEL_GRAPH))) {
    return `${path} is a saved model, not a model package. Make a package with \`modelship pack ${directory} --name NAME\`, and give the folder that it writes.`;
  }
  const packages = code === 'ENOENT' ? packagesIn(path) : [];
  if (packages.length > 0) {
    return `${path} is not a model package, but contains ${packages.join(', ')}. Give the folder of one package, such as ${join(directory, packages[0]!)}.`;
  }
  return (
    `no model package at ${path}: ${code === 'ENOENT' ? `it has no ${MANIFEST_FILE}` : `${MANIFEST_FILE} cannot be read (${code})`}. ` +
    'Make a package with `modelship pack FILE --name NAME`, and give the folder that it writes.'
  );
}

/** Returns the names of up to three packages in the folder `path`. Only the first 1,000 entries are checked. */
function packagesIn(path: string): string[] {
  return readdirSync(path)
    .slice(0, 1000)
    .filter((name) => existsSync(join(path, name, MANIFEST_FILE)))
    .slice(0, 3);
}

/**
 * Validates the text of a manifest. Errors name `source`.
 *
 * @throws ModelPackageError `MANIFEST_INVALID` listing every problem, `MANIFEST_EDITED` or `SCHEMA_NEWER`
 */
export function parseManifest(text: string, source: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ModelPackageError(
      'MANIFEST_INVALID',
      `${source} is not JSON (${(error as Error).message}). Pack the model again with \`modelship pack\`.`,
    );
  }
  checkSchemaVersion(json, source);
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `  - ${issue.path.join('.') || 'manifest'}: ${issue.message}`);
    throw new ModelPackageError(
      'MANIFEST_INVALID',
      `${source} is not a valid manifest:\n${faults.join('\n')}\nPack the model again with \`modelship pack\`.`,
    );
  }
  const manifest = parsed.data;
  checkContent(manifest, source);
  const expected = packageDigest(manifest);
  if (manifest.digest !== expected) {
    throw new ModelPackageError(
      'MANIFEST_EDITED',
      `${source} was changed after packing: it records ${manifest.digest}, and its content has ${expected}. ` +
        'Do not edit a manifest by hand: pack the model again with `modelship pack`.',
    );
  }
  return manifest;
}

/** Names the version of Modelship to install for a package that a newer version made. */
function checkSchemaVersion(json: unknown, source: string): void {
  const { schemaVersion, minimumVersion } = (json ?? {}) as { schemaVersion?: unknown; minimumVersion?: unknown };
  if (typeof schemaVersion !== 'number' || schemaVersion <= SCHEMA_VERSION) return;
  const isVersion = typeof minimumVersion === 'string' && /^\d+\.\d+\.\d+$/.test(minimumVersion);
  const needed = isVersion ? `Modelship ${minimumVersion} or later` : 'the latest Modelship';
  throw new ModelPackageError(
    'SCHEMA_NEWER',
    `${source} has the schema ${schemaVersion}, and Modelship ${RUNTIME_VERSION} reads schemas up to ${SCHEMA_VERSION}. ` +
      `Install ${needed}, or pack the model again with this version.`,
  );
}

/**
 * Checks constraints across fields: the artifact and the samples are among the files, the format allows the required
 * packages, and the task fits the model.
 */
function checkContent(manifest: Manifest, source: string): void {
  const { artifact, background, code, files, format, reference, samples, requirements = [] } = manifest;
  const faults: string[] = [];
  if (!files.some(({ path }) => path === artifact || path.startsWith(`${artifact}/`))) {
    faults.push(`  - artifact: ${JSON.stringify(artifact)} is not listed in \`files\`, so no digest covers it`);
  }
  if (samples.count > 0 && !files.some(({ path }) => path === SAMPLES_FILE)) {
    faults.push(`  - samples: ${SAMPLES_FILE} is not listed in \`files\`, so no digest covers it`);
  }
  if (background && !files.some(({ path }) => path === BACKGROUND_FILE)) {
    faults.push(`  - background: ${BACKGROUND_FILE} is not listed in \`files\`, so no digest covers it`);
  }
  if (reference && !files.some(({ path }) => path === REFERENCE_FILE)) {
    faults.push(`  - reference: ${REFERENCE_FILE} is not listed in \`files\`, so no digest covers it`);
  }
  if (code !== undefined && !PICKLE_FORMATS.includes(format)) {
    faults.push(`  - code: the format ${format} imports no modules of a package`);
  }
  const foreign = trustFor(format) ? [] : requirements.filter((line) => !FRAMEWORKS.test(line));
  if (foreign.length > 0) {
    const allowed =
      'numpy, pandas, scikit-learn, skops, tensorflow, tensorflow-cpu, torch, lightgbm, xgboost, xgboost-cpu and catboost ' +
      'are allowed';
    faults.push(`  - requirements: ${foreign.join(', ')} cannot be required by the format ${format}; ${allowed}`);
  }
  faults.push(...[...taskFaults(manifest), ...handlerFaults(manifest)].map((fault) => `  - ${fault}`));
  if (faults.length === 0) return;
  throw new ModelPackageError(
    'MANIFEST_INVALID',
    `${source} is not a valid manifest:\n${faults.join('\n')}\nPack the model again with \`modelship pack\`.`,
  );
}
