import { azureHeaders, googleHeaders } from './cloud-token.js';
import { httpSource } from './http-source.js';
import type { ObjectSource } from './object-source.js';
import { PermanentError } from './retry.js';

const SCHEMES: Readonly<Record<string, (url: URL) => ObjectSource | Promise<ObjectSource>>> = {
  // The SDK is loaded where it is used: it takes longer to load than a small model.
  's3:': async (url) => (await import('./s3-source.js')).openS3(url),
  'gs:': (url) => httpSource(googleUrl(url), googleHeaders),
  'https:': (url) => httpSource(url.href, isPrivateBlob(url) ? azureHeaders : undefined),
  'http:': (url) => {
    if (['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)) return httpSource(url.href);
    throw new PermanentError('http:// is allowed on this machine only, as anyone between could change the model');
  },
};

/**
 * Opens the object at `url`. The host's identity proves who asks.
 *
 * @throws PermanentError if the scheme is not supported
 */
export async function openSource(url: string): Promise<ObjectSource> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const open = parsed && SCHEMES[parsed.protocol];
  if (!open) throw new PermanentError(`got ${JSON.stringify(url)}; s3://, gs:// and https:// are allowed`);
  return open(parsed);
}

/** Whether `text` is a URL rather than a folder. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(text);
}

function googleUrl({ host, pathname }: URL): string {
  return `https://storage.googleapis.com/storage/v1/b/${host}/o/${encodeURIComponent(decodeURIComponent(pathname.slice(1)))}?alt=media`;
}

/** A blob without a signature in its URL takes the host's managed identity. */
function isPrivateBlob({ hostname, search }: URL): boolean {
  return hostname.endsWith('.blob.core.windows.net') && !search.includes('sig=');
}
