import { azureHeaders } from './cloud-token.js';
import { type Credentials, cachedCredentials } from './credentials.js';
import { httpSource, httpText, httpWrite } from './http-source.js';
import type { ObjectStore, ObjectWriter } from './object-source.js';

const HOST = '.blob.core.windows.net';

const identity = cachedCredentials(azureHeaders);

/** Whether `url` points to Azure Blob Storage in the public cloud. */
export function isAzureBlob({ hostname }: URL): boolean {
  return hostname.endsWith(HOST);
}

/** Azure Blob Storage, authorized by a SAS signature in the URL, or else by the managed identity of the host. */
export const azureBlob: ObjectStore = {
  open: (url) => httpSource(url.href, credentialsOf(url)),

  async list(url) {
    const [, container, prefix] = /^\/([^/]+)\/(.*)$/.exec(url.pathname)!;
    const decoded = decodeURIComponent(prefix!);
    const question = new URL(url);
    question.pathname = `/${container}`;
    for (const [name, value] of [
      ['restype', 'container'],
      ['comp', 'list'],
      ['prefix', decoded],
    ] as const) {
      question.searchParams.set(name, value);
    }
    const names: string[] = [];
    for (let marker = ''; ; ) {
      question.searchParams.set('marker', marker);
      const page = await httpText(question.href, credentialsOf(url));
      // The response is XML. Only the blob names and the continuation marker are needed.
      for (const [, name] of page.matchAll(/<Name>([^<]*)<\/Name>/g))
        names.push(unescaped(name!).slice(decoded.length));
      marker = unescaped(/<NextMarker>([^<]*)<\/NextMarker>/.exec(page)?.[1] ?? '');
      if (marker === '') return names;
    }
  },

  create: async (url, contentType) => new BlockUpload(url, contentType),
};

/** https://learn.microsoft.com/rest/api/storageservices/put-block-list */
class BlockUpload implements ObjectWriter {
  private readonly blocks: string[] = [];

  constructor(
    private readonly url: URL,
    private readonly contentType: string,
  ) {}

  async write(part: Buffer): Promise<void> {
    this.blocks.push(await this.putBlock(part));
  }

  async end(part: Buffer): Promise<void> {
    // A retry writes the last block again, under the same id.
    const blocks = part.length > 0 ? [...this.blocks, await this.putBlock(part)] : this.blocks;
    const list = blocks.map((id) => `<Latest>${id}</Latest>`).join('');
    const body = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`;
    await this.put({ comp: 'blocklist' }, body, { 'x-ms-blob-content-type': this.contentType });
  }

  /** Writes the next block, and returns its id. */
  private async putBlock(part: Buffer): Promise<string> {
    // The ids of all blocks of a blob have the same length.
    const id = Buffer.from(String(this.blocks.length).padStart(6, '0')).toString('base64');
    await this.put({ comp: 'block', blockid: id }, part, {});
    return id;
  }

  private async put(query: object, body: Buffer | string, headers: Record<string, string>): Promise<void> {
    const target = new URL(this.url);
    for (const [name, value] of Object.entries(query)) target.searchParams.set(name, value);
    await httpWrite(target.href, { method: 'PUT', headers, body }, credentialsOf(this.url));
  }
}

function credentialsOf({ search }: URL): Credentials | undefined {
  return search.includes('sig=') ? undefined : identity;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => ENTITIES[entity]!);
}
