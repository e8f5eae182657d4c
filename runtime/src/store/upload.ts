import type { ObjectWriter } from './object-source.js';
import { named, openStore } from './open-store.js';
import { PermanentError, withRetries } from './retry.js';

/** Bytes of a part. With 50,000 blocks, the limit of Azure Blob Storage, an object can have 400 GB. */
const PART_BYTES = 8 * 1024 * 1024;

/** Writes an object in one piece. @throws Error naming the URL without its query, which may be secret */
export async function writeObject(url: string, body: Buffer, contentType: string): Promise<void> {
  await named(
    url,
    async () => {
      const store = await openStore(url);
      const target = new URL(url);
      if (store.write) return withRetries(() => store.write!(target, body, contentType));
      if (!store.create) throw new PermanentError('s3://, gs:// and Azure Blob Storage are supported');
      const writer = await withRetries(() => store.create!(target, contentType));
      return withRetries(() => writer.end(body));
    },
    'written',
  );
}

/** Text that is written to a store piece by piece. The object appears when it is complete. */
export class Upload {
  private readonly pieces: Buffer[] = [];
  private size = 0;

  private constructor(
    private readonly url: string,
    private readonly writer: ObjectWriter,
  ) {}

  /** @throws Error naming the URL without its query, which may be secret */
  static async begin(url: string, contentType: string): Promise<Upload> {
    const writer = await named(
      url,
      async () => {
        const store = await openStore(url);
        if (!store.create) throw new PermanentError('gs:// and Azure Blob Storage are supported');
        return withRetries(() => store.create!(new URL(url), contentType));
      },
      'written',
    );
    return new Upload(url, writer);
  }

  /** Adds text, and writes the parts that are full. @throws Error as `begin` does */
  async add(text: string): Promise<void> {
    const piece = Buffer.from(text);
    this.pieces.push(piece);
    this.size += piece.length;
    if (this.size < PART_BYTES) return;
    const bytes = this.collected();
    let start = 0;
    for (; bytes.length - start >= PART_BYTES; start += PART_BYTES) {
      const part = bytes.subarray(start, start + PART_BYTES);
      await this.retried(() => this.writer.write(part));
    }
    this.pieces.push(bytes.subarray(start));
    this.size = bytes.length - start;
  }

  /** Writes the rest and completes the object. @throws Error as `begin` does */
  async end(): Promise<void> {
    const rest = this.collected();
    await this.retried(() => this.writer.end(rest));
  }

  private collected(): Buffer {
    return Buffer.concat(this.pieces.splice(0));
  }

  private retried(write: () => Promise<void>): Promise<void> {
    return named(this.url, () => withRetries(write), 'written');
  }
}
