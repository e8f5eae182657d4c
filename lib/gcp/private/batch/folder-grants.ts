import { type ITerraformDependable, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';

/** Folder in a bucket. */
export interface BucketFolder {
  readonly bucket: string;
  /** Beginning of the names of its objects. */
  readonly prefix: string;
}

/**
 * Allows `member` to read and list the objects of a folder, and nothing else in the bucket.
 *
 * @see https://cloud.google.com/iam/docs/conditions-attribute-reference#objects
 */
export function grantReadFolder(
  scope: Construct,
  id: string,
  folder: BucketFolder,
  member: string,
): ITerraformDependable {
  const listed = `api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("${folder.prefix}")`;
  return grant(scope, id, 'roles/storage.objectViewer', folder, member, `${objectsOf(folder)} || ${listed}`);
}

/** Allows `member` to create objects in a folder, and not to replace or delete any. */
export function grantCreateInFolder(
  scope: Construct,
  id: string,
  folder: BucketFolder,
  member: string,
): ITerraformDependable {
  return grant(scope, id, 'roles/storage.objectCreator', folder, member, objectsOf(folder));
}

function objectsOf({ bucket, prefix }: BucketFolder): string {
  return `resource.name.startsWith("projects/_/buckets/${bucket}/objects/${prefix}")`;
}

function grant(
  scope: Construct,
  id: string,
  role: string,
  { bucket, prefix }: BucketFolder,
  member: string,
  expression: string,
): ITerraformDependable {
  const title = Token.isUnresolved(prefix) ? 'Objects of a batch' : `Objects below ${prefix}`.slice(0, 100);
  return new google.StorageBucketIamMember(scope, id, { bucket, role, member, condition: { title, expression } });
}
