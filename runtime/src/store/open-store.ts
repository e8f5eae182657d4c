import { azureBlob, isAzureBlob } from './azure-blob.js';
import { googleStorage } from './google-storage.js';
import { httpSource } from './http-source.js';
import type { ObjectStore } from './object-source.js';
import { ObjectMissing, PermanentError } from './retry.js';

const web: ObjectStore = { open: (url) => httpSource(url.href) };

const STORES: Readonly<Record<string, (url: URL) => ObjectStore | Promise<ObjectStore>>> = {
  // The SDK is loaded on first use, because loading it takes longer than loading a small model.
  's3:': async () => (await import('./s3-source.js')).s3Store,
  'gs:': () => googleStorage,
  'https:': (url) => (isAzureBlob(url) ? azureBlob : web),
  'http:': ({ hostname }) => {
    if (['127.0.0.1', '[::1]', 'localhost'].includes(hostname)) return web;
    throw new PermanentError('http:// is allowed for this machine only, because the model could be changed in transit');
  },
};

/**
 * Returns the store of `url`, authorized by the identity of the host.
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

/** Removes the query of a URL, which may hold a signature, so that the URL can be logged. */
export function withoutQuery(url: string): string {
  return url.split('?')[0]!;
}

/**
 * Runs `act` on the object at `url`. A failure names the URL without its query, which may be secret.
 *
 * @param done what cannot be done to the object after a failure
 */
export async function named<T>(
  url: string,
  act: () => Promise<T>,
  done: 'fetched' | 'written' = 'fetched',
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const message = `${withoutQuery(url)} cannot be ${done}: ${(error as Error).message}`;
    throw error instanceof ObjectMissing ? new ObjectMissing(message) : new Error(message);
  }
}
