/** The bytes end, or are no pickle, at some place. */
export class UnreadablePickle extends Error {
  override readonly name = 'UnreadablePickle';
}

/** Number of bytes that are always available before an opcode is read, if the stream has them. */
const AHEAD = 16;

/** Reads bytes that arrive in parts, without holding those that were read. */
export class ByteStream {
  private readonly parts: AsyncIterator<Buffer>;
  private part: Buffer = Buffer.alloc(0);
  private at = 0;
  private before = 0;

  constructor(parts: AsyncIterable<Buffer>) {
    this.parts = parts[Symbol.asyncIterator]();
  }

  /** Number of bytes that were read. */
  get position(): number {
    return this.before + this.at;
  }

  /** Whether `count` bytes can be read without waiting. By default, as many as an opcode with its fixed arguments has. */
  has(count = AHEAD): boolean {
    return this.part.length - this.at >= count;
  }

  /** Makes `count` bytes available. Returns whether the stream has them. */
  async fill(count = AHEAD): Promise<boolean> {
    if (this.has(count)) return true;
    const parts = [this.part.subarray(this.at)];
    let length = parts[0]!.length;
    while (length < count) {
      const { value, done } = await this.parts.next();
      if (done) break;
      parts.push(value);
      length += value.length;
    }
    this.before += this.at;
    this.part = Buffer.concat(parts);
    this.at = 0;
    return length >= count;
  }

  /** Returns a number of 1 to 6 bytes. They must be available. */
  number(bytes: number): number {
    return this.ready(bytes).readUIntLE(0, bytes);
  }

  /** Returns a signed number of 4 bytes. They must be available. */
  signed(): number {
    return this.ready(4).readInt32LE();
  }

  /** Returns a number of 8 bytes, which may be rounded above 2^53. They must be available. */
  long(): number {
    return Number(this.ready(8).readBigUInt64LE());
  }

  /** Returns bytes that must be available. */
  ready(count: number): Buffer {
    const end = this.at + count;
    if (end > this.part.length) throw this.end();
    const bytes = this.part.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  async take(count: number): Promise<Buffer> {
    if (!(await this.fill(count))) throw this.end();
    return this.ready(count);
  }

  async skip(count: number): Promise<void> {
    let left = count - (this.part.length - this.at);
    while (left > 0) {
      const { value, done } = await this.parts.next();
      if (done) throw this.end();
      this.before += this.part.length;
      this.part = value;
      this.at = 0;
      left -= value.length;
    }
    this.at = left > 0 ? this.at : this.part.length + left;
  }

  /** Returns the bytes before the next line feed, which it skips. */
  async line(): Promise<Buffer> {
    let searched = 0;
    for (;;) {
      const end = this.part.indexOf(0x0a, this.at + searched);
      if (end >= 0) {
        const line = this.part.subarray(this.at, end);
        this.at = end + 1;
        return line;
      }
      searched = this.part.length - this.at;
      // Twice as much each time, so that the time is in proportion to the length.
      await this.fill(2 * searched + 1);
      if (this.part.length - this.at === searched) throw this.end();
    }
  }

  private end(): UnreadablePickle {
    return new UnreadablePickle(`ends after ${this.before + this.part.length} bytes, in the middle of a pickle`);
  }
}
