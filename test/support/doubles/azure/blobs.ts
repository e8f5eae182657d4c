import type { Request, Response } from './server.js';
import { type AzureStore, type Json, Refusal } from './store.js';

const READ = ['Storage Blob Data Reader', 'Storage Blob Data Contributor', 'Storage Blob Data Owner'];
const WRITE = READ.slice(1);

/**
 * Data plane of blobs: https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api. Owners of an account
 * have no access to its data: https://learn.microsoft.com/azure/storage/blobs/authorize-access-azure-active-directory
 */
export class Blobs {
  private readonly blobs = new Map<string, Json>();

  constructor(private readonly store: AzureStore) {}

  answer({ method, host, path, query, headers, bytes }: Request): Response {
    const name = host.split('.')[0]!;
    const account = this.store
      .list(`/subscriptions/${this.store.subscription}`, 'microsoft.storage/storageaccounts')
      .find((each) => each.name === name);
    if (!account) throw new Refusal(404, 'AccountNotFound', `${name} does not exist`);
    // A request from outside the private network: https://learn.microsoft.com/azure/storage/common/storage-network-security
    const isPrivate = account.properties.publicNetworkAccess === 'Disabled';
    const endpoints = this.store.list(
      `/subscriptions/${this.store.subscription}`,
      'microsoft.network/privateendpoints',
    );
    const isReachable = endpoints.some(({ properties }) =>
      properties.privateLinkServiceConnections.some(
        ({ properties: { privateLinkServiceId, groupIds } }: Json) =>
          privateLinkServiceId.toLowerCase() === account.id.toLowerCase() && groupIds.includes('blob'),
      ),
    );
    if (isPrivate && !isReachable) throw new Refusal(403, 'AuthorizationFailure', 'Public access is not permitted.');
    const [, container, blob] = /^\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
    if (container === undefined) return { status: 200, body: '<?xml version="1.0"?><StorageServiceProperties/>' };
    const containerId = `${account.id}/blobServices/default/containers/${container}`;
    const roles = method === 'GET' || method === 'HEAD' ? READ : WRITE;
    if (!this.store.hasRole(this.store.deployer, roles, containerId)) {
      throw new Refusal(403, 'AuthorizationPermissionMismatch', 'This request is not authorized by the roles.');
    }
    if (!this.store.has(containerId)) throw new Refusal(404, 'ContainerNotFound', `${container} does not exist`);
    const key = `${name}/${container}/${blob}`;
    if (method === 'PUT') {
      if (query.has('comp')) return this.change(key, query.get('comp')!, headers, bytes);
      this.blobs.set(key, this.described(bytes, headers));
      return { status: 201, headers: { etag: '"1"' } };
    }
    const found = this.blobs.get(key);
    if (!found) throw new Refusal(404, 'BlobNotFound', `${key} does not exist`);
    if (method === 'DELETE') {
      this.blobs.delete(key);
      return { status: 202 };
    }
    return { status: 200, headers: found.headers };
  }

  private change(key: string, comp: string, headers: Request['headers'], bytes: Buffer): Response {
    switch (comp) {
      case 'block':
        this.blobs.set(`${key}#block`, bytes);
        return { status: 201 };
      case 'blocklist':
        this.blobs.set(key, this.described(this.blobs.get(`${key}#block`) ?? Buffer.alloc(0), headers));
        this.blobs.delete(`${key}#block`);
        return { status: 201 };
      default:
        if (!this.blobs.has(key)) throw new Refusal(404, 'BlobNotFound', `${key} does not exist`);
        return { status: 200 };
    }
  }

  private described(bytes: Buffer, headers: Request['headers']): Json {
    const type = headers['x-ms-blob-content-type'] ?? headers['content-type'] ?? 'application/octet-stream';
    // Blobs that are uploaded in blocks have a hash only if the client sets it.
    const md5 = headers['x-ms-blob-content-md5'];
    const metadata = Object.entries(headers).filter(([name]) => name.startsWith('x-ms-meta-'));
    return {
      headers: {
        'content-type': `${type}`,
        'content-length': `${bytes.length}`,
        ...(md5 ? { 'content-md5': `${md5}` } : {}),
        'x-ms-blob-type': 'BlockBlob',
        'x-ms-access-tier': 'Hot',
        'x-ms-lease-status': 'unlocked',
        etag: '"1"',
        ...Object.fromEntries(metadata.map(([name, value]) => [name, `${value}`])),
      },
    };
  }
}
