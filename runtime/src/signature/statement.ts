import { createHash } from 'node:crypto';
import { type Dirent, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, posix, resolve } from 'node:path';
import { ModelPackageError } from '../manifest/package-error.js';
import { fileSha256, fileSha256Sync } from '../manifest/verify.js';
import { PREDICATE_TYPE, SIGNATURE_FILE, STATEMENT_TYPE } from './names.js';
import type { Resource, Statement } from './schema.js';

/** How the files were read, which other tools need to read them again. */
const SERIALIZATION = {
  method: 'files',
  hash_type: 'sha256',
  allow_symlinks: false,
  ignore_paths: [SIGNATURE_FILE],
} as const;

/**
 * Returns the statement of a package's files as they are now.
 *
 * @param known digests of files that were just computed, by path
 * @throws ModelPackageError as `resourcesOf`
 */
export async function statementOf(directory: string, known?: ReadonlyMap<string, string>): Promise<Statement> {
  const resources = await resourcesOf(directory, known);
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: basename(resolve(directory)), digest: { sha256: rootDigest(resources) } }],
    predicateType: PREDICATE_TYPE,
    predicate: { serialization: SERIALIZATION, resources },
  };
}

/**
 * Returns each file of a package with its digest, except the signature, in the order of their paths' segments.
 *
 * @throws ModelPackageError `FILE_MISSING` if a file or folder cannot be read, `FILE_UNLISTED` for a link, pipe or device
 */
export async function resourcesOf(
  directory: string,
  known: ReadonlyMap<string, string> = new Map(),
): Promise<Resource[]> {
  const paths = await filesOf(directory, '').catch(unreadable(directory));
  const resources: Resource[] = [];
  for (const name of paths.sort(bySegments)) {
    const file = join(directory, name);
    const digest = known.get(name) ?? (await fileSha256(file).catch(unreadable(file)));
    resources.push({ name, algorithm: 'sha256', digest });
  }
  return resources;
}

/** The same as `resourcesOf`, for synthesis, which cannot wait. @throws ModelPackageError as `resourcesOf` */
export function resourcesOfSync(directory: string): Resource[] {
  try {
    return filesOfSync(directory, '')
      .sort(bySegments)
      .map((name) => ({ name, algorithm: 'sha256', digest: fileSha256Sync(join(directory, name)) }));
  } catch (error) {
    return unreadable(directory)(error as Error);
  }
}

/** Digest of the digests in their order, which names the model in other documents. */
export function rootDigest(resources: readonly Resource[]): string {
  const hash = createHash('sha256');
  for (const { digest } of resources) hash.update(digest, 'hex');
  return hash.digest('hex');
}

async function filesOf(directory: string, folder: string): Promise<string[]> {
  const { files, folders } = split(directory, folder, await readdir(join(directory, folder), { withFileTypes: true }));
  for (const each of folders) files.push(...(await filesOf(directory, each)));
  return files;
}

function filesOfSync(directory: string, folder: string): string[] {
  const { files, folders } = split(directory, folder, readdirSync(join(directory, folder), { withFileTypes: true }));
  return [...files, ...folders.flatMap((each) => filesOfSync(directory, each))];
}

/** Returns the paths of the signed files in a folder, and of the folders in it. */
function split(directory: string, folder: string, entries: readonly Dirent[]): { files: string[]; folders: string[] } {
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of entries) {
    const path = posix.join(folder, entry.name);
    if (path === SIGNATURE_FILE) continue;
    if (entry.isDirectory()) folders.push(path);
    else if (entry.isFile()) files.push(path);
    else {
      throw new ModelPackageError(
        'FILE_UNLISTED',
        `${join(directory, path)} is a link, pipe or device, which signatures do not cover. Remove it, or replace it ` +
          'by a copy of the file.',
      );
    }
  }
  return { files, folders };
}

/** Returns a function that names what cannot be read in the error. */
function unreadable(path: string): (error: Error) => never {
  return (error) => {
    if (error instanceof ModelPackageError) throw error;
    throw new ModelPackageError('FILE_MISSING', `${path} cannot be read (${error.message}). Copy the package again.`);
  };
}

function bySegments(one: string, other: string): number {
  const [first, second] = [one, other].map((path) => path.replaceAll('/', '\0'));
  return first! < second! ? -1 : 1;
}
