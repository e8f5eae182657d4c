import { createHash } from 'node:crypto';

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
