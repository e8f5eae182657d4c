import { createHash } from 'node:crypto';
import type { Construct } from 'constructs';

/** Hexadecimal digits that tell two constructs with the same id apart. */
const HASH_LENGTH = 8;

/**
 * A name for what `scope` makes, of lower-case letters, digits and hyphens: from the construct's id, so that a person
 * recognises it, and its place in the tree, so that it stays the same from one synthesis to the next.
 */
export function generatedName(scope: Construct, maxLength: number): string {
  const slug = scope.node.id
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, maxLength - HASH_LENGTH - 1)
    .replace(/-+$/, '');
  return `${slug || 'model'}-${shortHash(scope.node.path, HASH_LENGTH)}`;
}

/** The first hexadecimal digits of the SHA-256 of `text`. */
export function shortHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
