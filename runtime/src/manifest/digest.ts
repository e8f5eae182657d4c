import { createHash } from 'node:crypto';
import type { Manifest } from './schema.js';

/**
 * Returns the digest of a package: SHA-256 over the manifest without its `digest` field, as JSON with sorted keys.
 *
 * The manifest holds the SHA-256 of every file, so one value identifies the whole package. A manifest edited by hand no
 * longer matches its digest.
 */
export function packageDigest(manifest: Omit<Manifest, 'digest'>): string {
  const { digest: _, ...rest } = manifest as Manifest;
  return `sha256:${createHash('sha256').update(canonicalJson(rest)).digest('hex')}`;
}

/** Returns the SHA-256 of each file of a package, by path. */
export function fileDigests({ files }: Manifest): Map<string, string> {
  return new Map(files.map(({ path, sha256 }) => [path, sha256]));
}

function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([left], [right]) => (left < right ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
