import { googleHeaders } from './cloud-token.js';
import { cachedCredentials } from './credentials.js';
import { httpSource, httpText, httpWrite } from './http-source.js';
import type { ObjectStore, ObjectWriter } from './object-source.js';

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

  async create(url, contentType) {
    const query = new URLSearchParams({ uploadType: 'resumable', name: nameOf(url) });
    const headers = { 'x-upload-content-type': contentType };
    const target = `${endpoint()}/upload/storage/v1/b/${url.host}/o?${query}`;
    const answer = await httpWrite(target, { method: 'POST', headers, body: '' }, credentials);
    return new ResumableUpload(answer.get('location')!);
  },
};

/** Status of a resumable upload that is not complete. */
const RESUME_INCOMPLETE = 308;

/** https://cloud.google.com/storage/docs/performing-resumable-uploads */
class ResumableUpload implements ObjectWriter {
  /** Position of the next part in the object. */
  private start = 0;
  /** Number of bytes that Cloud Storage has stored. */
  private stored = 0;

  /** @param session URL that authorizes its holder to write this object */
  constructor(private readonly session: string) {}

  async write(part: Buffer): Promise<void> {
    const end = this.start + part.length;
    // Cloud Storage may store only the beginning of a part. It ignores bytes that it has stored already.
    while (this.stored < end) {
      const rest = part.subarray(this.stored - this.start);
      const headers = { 'content-range': `bytes ${this.stored}-${end - 1}/*` };
      const answer = await httpWrite(this.session, { method: 'PUT', headers, body: rest, accepts: RESUME_INCOMPLETE });
      const last = /^bytes=0-(\d+)$/.exec(answer.get('range') ?? '')?.[1];
      if (last === undefined) throw new Error('Cloud Storage stored no part of the data');
      this.stored = Number(last) + 1;
    }
    this.start = end;
  }

  async end(part: Buffer): Promise<void> {
    const size = this.start + part.length;
    const range = part.length > 0 ? `${this.start}-${size - 1}` : '*';
    const headers = { 'content-range': `bytes ${range}/${size}` };
    await httpWrite(this.session, { method: 'PUT', headers, body: part });
  }
}

interface ObjectsPage {
  readonly items?: readonly { readonly name: string }[];
  readonly nextPageToken?: string;
}

function objectsOf({ host }: URL): string {
  return `${endpoint()}/storage/v1/b/${host}/o`;
}

function endpoint(): string {
  // Google's client libraries read the same variable to connect to an emulator.
  return process.env.STORAGE_EMULATOR_HOST?.replace(/\/$/, '') ?? API;
}

function nameOf({ pathname }: URL): string {
  return decodeURIComponent(pathname.slice(1));
}
