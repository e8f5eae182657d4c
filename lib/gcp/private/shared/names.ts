import type { Construct } from 'constructs';
import { contentHash } from '../../../terraform/content-hash.js';
import { HASH_LENGTH, prefixedPath, prefixedSlug, shortHash } from '../../../terraform/names.js';
import type { GoogleServingProps } from '../../props.js';
import { BUCKET_NAME_LENGTH } from './limits.js';
import { projectId } from './project.js';

/**
 * Generates a name of lower-case letters, digits and hyphens for resources of `scope`. The construct's id makes it
 * recognizable, and a hash of its path makes it unique and stable between syntheses.
 */
export function generatedName(scope: Construct, maxLength: number): string {
  return `${prefixedSlug(scope, scope.node.id, maxLength - HASH_LENGTH - 1)}-${shortHash(prefixedPath(scope))}`;
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
