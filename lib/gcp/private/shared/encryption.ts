import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';

/** Lets `member` encrypt and decrypt with `key`, and nothing else. What uses the key must depend on the result. */
export function grantKey(scope: Construct, id: string, key: string, member: string): ITerraformDependable {
  return new google.KmsCryptoKeyIamMember(scope, id, {
    cryptoKeyId: key,
    role: 'roles/cloudkms.cryptoKeyEncrypterDecrypter',
    member,
  });
}

/** The identity with which Cloud Storage uses a key. */
export function storageAgent(scope: Construct, project: string | undefined): string {
  const data = new google.DataGoogleStorageProjectServiceAccount(scope, 'StorageAgent', { project });
  return `serviceAccount:${data.emailAddress}`;
}
