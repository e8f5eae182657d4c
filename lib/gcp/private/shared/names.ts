import { createHash } from 'node:crypto';
import type { Construct } from 'constructs';
import { contentHash } from '../../../terraform/content-hash.js';
import type { GoogleServingProps } from '../../props.js';
import { BUCKET_NAME_LENGTH } from './limits.js';
import { projectId } from './project.js';

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

/**
 * Name of a bucket, which must be unique in all of Google Cloud: from `named`, and a hash of the project and the region.
 * With the region in it, a bucket that moves is created beside the old one before that is deleted.
 */
export function bucketName(
  scope: Construct,
  named: Construct,
  { project, region }: Pick<GoogleServingProps, 'project' | 'region'>,
): string {
  const place = contentHash(scope, 'Place', [projectId(scope, project), region], HASH_LENGTH);
  return `${generatedName(named, BUCKET_NAME_LENGTH - HASH_LENGTH - 1)}-${place}`;
}

/** The first hexadecimal digits of the SHA-256 of `text`. */
export function shortHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
