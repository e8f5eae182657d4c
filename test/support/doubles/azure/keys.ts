import { type AzureStore, type Json, Refusal } from './store.js';

const ROLES = ['Key Vault Crypto Service Encryption User', 'Key Vault Crypto Officer'];

/**
 * Rejects a key that none of the identities may use:
 * https://learn.microsoft.com/azure/storage/common/customer-managed-keys-configure-new-account
 *
 * @param keyUri URI of a key in a vault, such as `https://vault.vault.azure.net/keys/key`
 */
export function checkKey(store: AzureStore, keyUri: string, identities: readonly string[]): void {
  const [, vault, key] = /^https:\/\/([^.]+)\.vault\.azure\.net\/keys\/([^/]+)/.exec(keyUri) ?? [];
  if (key === undefined) throw new Refusal(400, 'InvalidKeyUri', `${keyUri} is not the URI of a key`);
  const end = `/vaults/${vault}/keys/${key}`.toLowerCase();
  const principals = identities.map((id) => store.get(id).properties.principalId);
  const isAllowed = store
    .all()
    .some(
      ({ type, properties }: Json) =>
        type === 'microsoft.authorization/roleassignments' &&
        principals.includes(properties.principalId) &&
        ROLES.includes(properties.roleName) &&
        properties.scope.toLowerCase().endsWith(end),
    );
  if (!isAllowed) throw new Refusal(403, 'KeyVaultAccessForbidden', `No identity of the resource may use ${keyUri}.`);
}

/** Ids of the user-assigned identities of a resource. */
export function identitiesOf(resource: Json): string[] {
  return Object.keys(resource.identity?.userAssignedIdentities ?? {});
}
