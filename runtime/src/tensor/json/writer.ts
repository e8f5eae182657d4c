import { isUtf8 } from 'node:buffer';
import { MINUS, ZERO } from './ascii.js';
import { decimalText } from './decimal.js';
import { placeDigits, significantDigits } from './fast-decimal.js';

/** Maximum size of a response that is sent as a string, because node:http then sends header and body in one write. */
const LARGEST_STRING = 16 * 1024;

const FIRST_CAPACITY = 64 * 1024;

/** Maximum length of a number's text. */
const NUMBER_BYTES = 32;

/** Short plain names are written without escaping. */
const LONGEST_NAME = 64;
const PLAIN = /^[ !#-[\]-~]*$/;

/** Buffer reused between responses, so that a small response allocates only its own bytes. */
let spare: Buffer | undefined = Buffer.allocUnsafeSlow(FIRST_CAPACITY);

/** Writes JSON as bytes. Calls must follow the order of the document, and `finish` completes it. */
export class JsonWriter {
  private bytes = spare ?? Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  private length = 0;
  private ascii = true;

  constructor() {
    spare = undefined;
  }

  /** Writes ASCII text verbatim. */
  raw(text: string): void {
    this.reserve(text.length);
    const { bytes } = this;
    let { length } = this;
    for (let index = 0; index < text.length; index++) bytes[length++] = text.charCodeAt(index);
    this.length = length;
  }

  /** Writes a string with its quotes. */
  string(text: string): void {
    if (text.length > LONGEST_NAME || !PLAIN.test(text)) {
      this.text(JSON.stringify(text));
      return;
    }
    this.raw('"');
    this.raw(text);
    this.raw('"');
  }

  /**
   * Writes UTF-8 bytes as a string with its quotes.
   *
   * @returns false, without writing them, if they are not valid UTF-8
   */
  stringBytes(text: Buffer): boolean {
    if (!isUtf8(text)) return false;
    this.string(text.toString('utf8'));
    return true;
  }

  /** Writes bytes as a base64 string with its quotes. */
  base64(data: Buffer): void {
    this.raw('"');
    this.raw(data.toString('base64'));
    this.raw('"');
  }

  /** Writes a 32-bit integer. */
  integer(value: number): void {
    this.reserve(NUMBER_BYTES);
    const { bytes } = this;
    if (value < 0) bytes[this.length++] = MINUS;
    let rest = Math.abs(value);
    let count = 1;
    for (let power = 10; power <= rest; power *= 10) count++;
    this.length += count;
    let position = this.length;
    for (; count > 0; count--) {
      const next = Math.floor(rest / 10);
      bytes[--position] = ZERO + (rest - next * 10);
      rest = next;
    }
  }

  /** Writes a float, or a double if `single` is false, like `decimalText`. Non-finite numbers become bare words. */
  decimal(value: number, single: boolean): void {
    if (value === 0) {
      this.raw(Object.is(value, -0) ? '-0.0' : '0.0');
      return;
    }
    this.reserve(NUMBER_BYTES);
    const digits = significantDigits(Math.abs(value), single);
    if (digits > 0) {
      if (value < 0) this.bytes[this.length++] = MINUS;
      this.length = placeDigits(this.bytes, this.length, digits);
    } else if (Number.isFinite(value)) {
      this.raw(decimalText(value, single));
    } else {
      this.raw(Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity');
    }
  }

  /** Returns the document. The writer must not be used afterwards. */
  finish(): Buffer | string {
    const { bytes, length } = this;
    if (this.ascii && length <= LARGEST_STRING) {
      spare = bytes;
      return bytes.toString('latin1', 0, length);
    }
    return bytes.subarray(0, length);
  }

  /** Writes any text verbatim. */
  text(text: string): void {
    const size = Buffer.byteLength(text);
    if (size !== text.length) this.ascii = false;
    this.reserve(size);
    this.length += this.bytes.write(text, this.length, 'utf8');
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
