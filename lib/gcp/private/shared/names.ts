import { createHash } from 'node:crypto';
import type { Construct } from 'constructs';
import { contentHash } from '../../../terraform/content-hash.js';
import type { GoogleServingProps } from '../../props.js';
import { BUCKET_NAME_LENGTH } from './limits.js';
import { projectId } from './project.js';

/** Number of hexadecimal digits that distinguish constructs with the same id. */
const HASH_LENGTH = 8;

/**
 * Generates a name of lower-case letters, digits and hyphens for resources of `scope`. The construct's id makes it
 * recognizable, and a hash of its path makes it unique and stable between syntheses.
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
 * Generates a bucket name from `named` and a hash of the project and the region. It must be unique in all of Google
 * Cloud. If the region changes, the name changes too, so a new bucket does not conflict with the old one.
 */
export function bucketName(
  scope: Construct,
  named: Construct,
  { project, region }: Pick<GoogleServingProps, 'project' | 'region'>,
): string {
  const place = contentHash(scope, 'Place', [projectId(scope, project), region], HASH_LENGTH);
  return `${generatedName(named, BUCKET_NAME_LENGTH - HASH_LENGTH - 1)}-${place}`;
}

/** Returns the first `length` hexadecimal digits of the SHA-256 of `text`. */
export function shortHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
