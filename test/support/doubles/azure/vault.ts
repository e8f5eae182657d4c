import type { Request, Response } from './server.js';
import { type AzureStore, Refusal } from './store.js';

const READERS = ['Key Vault Reader', 'Key Vault Crypto User', 'Key Vault Crypto Officer', 'Key Vault Administrator'];
const VERSION = '0123456789abcdef0123456789abcdef';

/**
 * Data plane of vaults: https://learn.microsoft.com/rest/api/keyvault. Owners of a vault have no access to its keys:
 * https://learn.microsoft.com/azure/key-vault/general/rbac-guide
 */
export class Vault {
  constructor(private readonly store: AzureStore) {}

  answer({ host, path, headers }: Request): Response {
    if (!headers.authorization) {
      const authority = `https://login.microsoftonline.com/${this.store.tenant}`;
      const challenge = `Bearer authorization="${authority}", resource="https://vault.azure.net"`;
      return { status: 401, headers: { 'www-authenticate': challenge }, body: { error: { code: 'Unauthorized' } } };
    }
    const [, key] = /^\/keys\/([^/]+)/.exec(path) ?? [];
    if (key === undefined) throw new Refusal(404, 'ContactsNotFound', 'Contacts not found');
    const vault = this.store
      .list(`/subscriptions/${this.store.subscription}`, 'microsoft.keyvault/vaults')
      .find(({ properties }) => properties.vaultUri === `https://${host}/`);
    if (!vault) throw new Refusal(404, 'VaultNotFound', `${host} does not exist`);
    if (!this.store.hasRole(this.store.deployer, READERS, `${vault.id}/keys/${key}`)) {
      throw new Refusal(
        403,
        'ForbiddenByRbac',
        `Caller is not authorized to perform keys/read on ${vault.name}/${key}.`,
      );
    }
    return {
      status: 200,
      body: { key: { kid: `https://${host}/keys/${key}/${VERSION}`, kty: 'RSA' }, attributes: {} },
    };
  }
}
