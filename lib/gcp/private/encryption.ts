import { DataGoogleStorageProjectServiceAccount } from '@cdktf/provider-google/lib/data-google-storage-project-service-account';
import { KmsCryptoKeyIamMember } from '@cdktf/provider-google/lib/kms-crypto-key-iam-member';
import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';

/** Lets `member` encrypt and decrypt with `key`, and nothing else. What uses the key must depend on the result. */
export function grantKey(scope: Construct, id: string, key: string, member: string): ITerraformDependable {
  return new KmsCryptoKeyIamMember(scope, id, {
    cryptoKeyId: key,
    role: 'roles/cloudkms.cryptoKeyEncrypterDecrypter',
    member,
  });
}

/** The identity with which Cloud Storage uses a key. */
export function storageAgent(scope: Construct, project: string | undefined): string {
  const data = new DataGoogleStorageProjectServiceAccount(scope, 'StorageAgent', { project });
  return `serviceAccount:${data.emailAddress}`;
}
