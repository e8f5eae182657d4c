import { azureHeaders } from './cloud-token.js';
import { type Credentials, cachedCredentials } from './credentials.js';
import { httpSource, httpText } from './http-source.js';
import type { ObjectStore } from './object-source.js';

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
};

function credentialsOf({ search }: URL): Credentials | undefined {
  return search.includes('sig=') ? undefined : identity;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, entity: string) => ENTITIES[entity]!);
}
