import { createHash } from 'node:crypto';
import type { Construct } from 'constructs';

/** Context key of a prefix of all generated names, such as `dev` or `team-a`. */
const PREFIX = 'modelship:namePrefix';

/** Prefixes that leave room in the shortest names, those of storage accounts and key vaults with 24 characters. */
const ALLOWED = /^[a-z](?:[a-z0-9-]{0,8}[a-z0-9])?$/;

/** Number of hexadecimal digits that distinguish names. */
export const HASH_LENGTH = 8;

/** Returns the first hexadecimal digits of the SHA-256 of `text`. */
export function shortHash(text: string, length = HASH_LENGTH): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

/** Returns `text` in lower-case letters, digits and hyphens. It starts with a letter and has at most `maxLength` characters. */
export function slug(text: string, maxLength: number): string {
  const name = text
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, maxLength)
    .replace(/-+$/, '');
  return name || 'model';
}

/** Returns a slug of `text` with the prefix that the context of `scope` sets for generated names. */
export function prefixedSlug(scope: Construct, text: string, maxLength: number): string {
  return slug([...namePrefix(scope), text].join('-'), maxLength);
}

/** Returns the construct's path with that prefix, from which hashes of names are computed. */
export function prefixedPath(scope: Construct): string {
  return [...namePrefix(scope), scope.node.path].join('-');
}

/** @throws Error if the context has a prefix that is not allowed in every name */
function namePrefix(scope: Construct): string[] {
  const prefix: unknown = scope.node.tryGetContext(PREFIX);
  if (prefix === undefined) return [];
  if (typeof prefix === 'string' && ALLOWED.test(prefix)) return [prefix];
  throw new Error(
    `context \`${PREFIX}\`: got ${JSON.stringify(prefix)}; a prefix has at most 10 lower-case letters, digits and hyphens, ` +
      'starts with a letter, and does not end with a hyphen',
  );
}
