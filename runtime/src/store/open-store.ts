import { azureBlob, isAzureBlob } from './azure-blob.js';
import { googleStorage } from './google-storage.js';
import { httpSource } from './http-source.js';
import type { ObjectStore } from './object-source.js';
import { ObjectMissing, PermanentError } from './retry.js';

const web: ObjectStore = { open: (url) => httpSource(url.href) };

const STORES: Readonly<Record<string, (url: URL) => ObjectStore | Promise<ObjectStore>>> = {
  // The SDK is loaded where it is used: it takes longer to load than a small model.
  's3:': async () => (await import('./s3-source.js')).s3Store,
  'gs:': () => googleStorage,
  'https:': (url) => (isAzureBlob(url) ? azureBlob : web),
  'http:': ({ hostname }) => {
    if (['127.0.0.1', '[::1]', 'localhost'].includes(hostname)) return web;
    throw new PermanentError('http:// is allowed on this machine only, as anyone between could change the model');
  },
};

/**
 * The store that `url` is of, where the host's identity proves who asks.
 *
 * @throws PermanentError if the scheme is not supported
 */
export async function openStore(url: string): Promise<ObjectStore> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const store = parsed && STORES[parsed.protocol];
  if (!store) throw new PermanentError(`got ${JSON.stringify(url)}; s3://, gs:// and https:// are allowed`);
  return store(parsed);
}

/** Whether `text` is a URL rather than a folder. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(text);
}

/** A URL as it may be told: its query may hold a signature. */
export function withoutQuery(url: string): string {
  return url.split('?')[0]!;
}

/** Does something with the object at `url`; a failure says of which, without what may be secret. */
export async function named<T>(url: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const message = `${withoutQuery(url)} cannot be fetched: ${(error as Error).message}`;
    throw error instanceof ObjectMissing ? new ObjectMissing(message) : new Error(message);
  }
}
