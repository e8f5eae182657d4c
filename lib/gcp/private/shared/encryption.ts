import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';
import type { Grantee } from '../../grantee.js';

/**
 * Allows the grantee to encrypt and decrypt with `key`, and nothing else. Resources that use the key must depend on the
 * returned grant.
 */
export function grantKey(
  scope: Construct,
  id: string,
  key: string,
  { member, dependsOn = [] }: Grantee,
): ITerraformDependable {
  return new google.KmsCryptoKeyIamMember(scope, id, {
    cryptoKeyId: key,
    role: 'roles/cloudkms.cryptoKeyEncrypterDecrypter',
    member,
    dependsOn: [...dependsOn],
  });
}

/** Returns the service agent that Cloud Storage uses to access a key. */
export function storageAgent(scope: Construct, project: string | undefined): Grantee {
  const data = new google.DataGoogleStorageProjectServiceAccount(scope, 'StorageAgent', { project });
  return { member: `serviceAccount:${data.emailAddress}` };
}
