import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { fileSha256 } from '../manifest/verify.js';
import { PREDICATE_TYPE, type Resource, STATEMENT_TYPE, type Statement } from './schema.js';

/** File of a signature in a package, as OpenSSF's tools name it. It is the only file that the signature does not cover. */
export const SIGNATURE_FILE = 'model.sig';

/** How the files were read, which other tools need to read them again. */
const SERIALIZATION = {
  method: 'files',
  hash_type: 'sha256',
  allow_symlinks: false,
  ignore_paths: [SIGNATURE_FILE],
} as const;

/** Returns the statement of a package's files as they are now. */
export async function statementOf(directory: string): Promise<Statement> {
  const resources = await resourcesOf(directory);
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: basename(resolve(directory)), digest: { sha256: rootDigest(resources) } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      serialization: SERIALIZATION,
      resources,
    },
  };
}

/** Returns each file of a package with its digest, except the signature, in the order of their paths' segments. */
export async function resourcesOf(directory: string): Promise<Resource[]> {
  const paths = (await filesOf(directory)).filter((path) => path !== SIGNATURE_FILE);
  const digests = paths.sort(bySegments).map(async (name) => {
    const digest = await fileSha256(join(directory, name));
    return { name, algorithm: 'sha256' as const, digest };
  });
  return Promise.all(digests);
}

/** Digest of the digests in their order, which names the model in other documents. */
export function rootDigest(resources: readonly Resource[]): string {
  const hash = createHash('sha256');
  for (const { digest } of resources) hash.update(digest, 'hex');
  return hash.digest('hex');
}

async function filesOf(directory: string, folder = ''): Promise<string[]> {
  const entries = await readdir(join(directory, folder), { withFileTypes: true });
  const paths = entries.map(async (entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesOf(directory, path) : [path];
  });
  return (await Promise.all(paths)).flat();
}

function bySegments(one: string, other: string): number {
  const [first, second] = [one, other].map((path) => path.replaceAll('/', '\0'));
  return first! < second! ? -1 : 1;
}
