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
    return new ResumableUpload(answer.headers.get('location')!);
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

  write(part: Buffer): Promise<void> {
    return this.send(part, '*');
  }

  end(part: Buffer): Promise<void> {
    return this.send(part, this.start + part.length);
  }

  /**
   * Sends the next part until Cloud Storage has all of it, because it may store only the beginning. It ignores bytes that
   * it has stored already.
   *
   * @param size bytes of the whole object if this is its last part
   */
  private async send(part: Buffer, size: number | '*'): Promise<void> {
    const end = this.start + part.length;
    for (;;) {
      const rest = part.subarray(this.stored - this.start);
      const range = rest.length > 0 ? `${this.stored}-${end - 1}` : '*';
      const headers = { 'content-range': `bytes ${range}/${size}` };
      const answer = await httpWrite(this.session, { method: 'PUT', headers, body: rest, accepts: RESUME_INCOMPLETE });
      if (answer.status !== RESUME_INCOMPLETE) break;
      const last = /^bytes=0-(\d+)$/.exec(answer.headers.get('range') ?? '')?.[1];
      if (last === undefined || Number(last) < this.stored) throw new Error('Cloud Storage stored no part of the data');
      this.stored = Number(last) + 1;
      if (size === '*' && this.stored >= end) break;
    }
    this.start = end;
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
