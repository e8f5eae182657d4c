import { googleHeaders } from './cloud-token.js';
import { cachedCredentials } from './credentials.js';
import { httpSource, httpText } from './http-source.js';
import type { ObjectStore } from './object-source.js';

const API = 'https://storage.googleapis.com';

const credentials = cachedCredentials(googleHeaders);

/** Google Cloud Storage over its JSON API, `gs://bucket/object`, authorized by the service account of the host. */
export const googleStorage: ObjectStore = {
  open: (url) => httpSource(`${objectsOf(url)}/${encodeURIComponent(nameOf(url))}?alt=media`, credentials),

  async list(url) {
    const prefix = nameOf(url);
    const names: string[] = [];
    let pageToken = '';
    do {
      const query = new URLSearchParams({ prefix, fields: 'items(name),nextPageToken' });
      if (pageToken !== '') query.set('pageToken', pageToken);
      const page = JSON.parse(await httpText(`${objectsOf(url)}?${query}`, credentials)) as ObjectsPage;
      names.push(...(page.items ?? []).map(({ name }) => name.slice(prefix.length)));
      pageToken = page.nextPageToken ?? '';
    } while (pageToken !== '');
    return names;
  },
};

interface ObjectsPage {
  readonly items?: readonly { readonly name: string }[];
  readonly nextPageToken?: string;
}

function objectsOf({ host }: URL): string {
  // Google's client libraries read the same variable to connect to an emulator.
  const emulator = process.env.STORAGE_EMULATOR_HOST;
  return `${emulator?.replace(/\/$/, '') ?? API}/storage/v1/b/${host}/o`;
}

function nameOf({ pathname }: URL): string {
  return decodeURIComponent(pathname.slice(1));
}
