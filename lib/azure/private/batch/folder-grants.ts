import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { assignRole } from '../shared/roles.js';

/** Folder in a container. */
export interface ContainerFolder {
  /** Azure resource id of the container. */
  readonly containerId: string;
  /** Beginning of the names of its blobs. */
  readonly prefix: string;
}

const BLOBS = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
const READ = `ActionMatches{'${BLOBS}/read'}`;
const LIST = "SubOperationMatches{'Blob.List'}";

/** Actions that change blobs. */
const CHANGES = ['write', 'add/action', 'delete', 'move/action'];

/**
 * Allows an identity to read and list the blobs of a folder, and nothing else in the container.
 *
 * @see https://learn.microsoft.com/azure/storage/blobs/storage-auth-abac-examples
 */
export function grantReadFolder(
  scope: Construct,
  id: string,
  folder: ContainerFolder,
  principalId: string,
): ITerraformDependable {
  return assignRole(scope, id, folder.containerId, 'Storage Blob Data Reader', principalId, readCondition(folder));
}

/** Allows an identity to read, list and write the blobs of a folder, and nothing else in the container. */
export function grantWriteFolder(
  scope: Construct,
  id: string,
  folder: ContainerFolder,
  principalId: string,
): ITerraformDependable {
  const changes = CHANGES.map((action) => `!(ActionMatches{'${BLOBS}/${action}'})`).join(' AND ');
  const condition = `${readCondition(folder)} AND ((${changes}) OR (${isInside(folder)}))`;
  return assignRole(scope, id, folder.containerId, 'Storage Blob Data Contributor', principalId, condition);
}

function readCondition(folder: ContainerFolder): string {
  const read = `((!(${READ} AND NOT ${LIST})) OR (${isInside(folder)}))`;
  const list = `((!(${READ} AND ${LIST})) OR (@Request[${BLOBS}:prefix] StringStartsWith '${folder.prefix}'))`;
  return `${read} AND ${list}`;
}

function isInside({ prefix }: ContainerFolder): string {
  return `@Resource[${BLOBS}:path] StringLike '${prefix}*'`;
}
