import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes that are read at once for small reads, which mostly follow each other. */
const WINDOW_BYTES = 16 * 1024;

/** Source of bytes that gives any range of them. */
export interface Bytes {
  readonly size: number;
  /** Reads up to `length` bytes from `offset`; fewer at the end. */
  read(offset: number, length: number): Buffer;
}

/** Reads ranges of a file that may be larger than memory. */
export class FileBytes implements Bytes {
  readonly size: number;
  private readonly descriptor: number;
  private window: { offset: number; bytes: Buffer } = { offset: 0, bytes: Buffer.alloc(0) };

  constructor(readonly path: string) {
    this.descriptor = openSync(path, 'r');
    this.size = fstatSync(this.descriptor).size;
  }

  /** Reads up to `length` bytes from `offset`; fewer at the end of the file. */
  read(offset: number, length: number): Buffer {
    if (length > WINDOW_BYTES) return this.readAll(offset, length);
    const { offset: start, bytes } = this.window;
    if (offset < start || offset + length > start + bytes.length) {
      this.window = { offset, bytes: this.readAll(offset, WINDOW_BYTES) };
    }
    const at = offset - this.window.offset;
    return this.window.bytes.subarray(at, at + length);
  }

  private readAll(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.size - offset)));
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(this.descriptor, bytes, filled, bytes.length - filled, offset + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  }

  close(): void {
    closeSync(this.descriptor);
  }
}
