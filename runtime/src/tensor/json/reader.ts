import { isUtf8 } from 'node:buffer';
import { InferenceError, invalid } from '../errors.js';
import { checkObjects } from '../object-limit.js';
import {
  BACKSLASH,
  CARRIAGE_RETURN,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  LINE_FEED,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  MINUS,
  NINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  PLUS,
  POINT,
  QUOTE,
  SPACE,
  TAB,
  UPPER_E,
  UPPER_I,
  UPPER_N,
  ZERO,
} from './ascii.js';
import { nearestNumber } from './nearest.js';

/** Maximum nesting of arrays and objects, including the outermost. */
export const MAX_DEPTH = 100;

/** Maximum number of bytes of a value that an error message quotes. */
const QUOTED_BYTES = 64;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** U+FEFF in UTF-8. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf] as const;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');
const NAN = Buffer.from('NaN');
const INF = Buffer.from('Inf');
const INFINITY_REST = Buffer.from('inity');

/** The text is not valid JSON, or exceeds a limit of the reader. */
export class JsonSyntaxError extends InferenceError {
  constructor(message: string) {
    super('INVALID_ARGUMENT', message);
  }
}

/**
 * Reads JSON from bytes, token by token, and creates an object only where the caller needs one.
 *
 * The grammar is that of RFC 8259. In addition, strings must be UTF-8 without lone surrogates, and nesting is limited
 * to `MAX_DEPTH`. A byte order mark before the document is ignored. Member names are untrusted: store values by name in a Map, or in an object without a prototype.
 */
export class JsonReader {
  /** Position of the next byte. */
  position = 0;
  /** Whether the last number had neither a decimal point nor an exponent. */
  integral = false;
  private depth = 0;
  private objects = 0;

  constructor(
    readonly bytes: Buffer,
    /** Whether to accept the tokens `NaN`, `Inf` and `Infinity` as numbers, and to read 1e999 as infinite. */
    readonly nonFinite: boolean,
  ) {
    // Some editors and clients write a byte order mark, which RFC 8259 allows parsers to ignore.
    if (bytes[0] === BYTE_ORDER_MARK[0] && bytes[1] === BYTE_ORDER_MARK[1] && bytes[2] === BYTE_ORDER_MARK[2]) {
      this.position = BYTE_ORDER_MARK.length;
    }
  }

  /** Returns the next byte that is not white space without reading it; NaN at the end. */
  peek(): number {
    const { bytes } = this;
    let position = this.position;
    let byte = bytes[position] as number;
    while (byte <= SPACE && (byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB)) {
      byte = bytes[++position] as number;
    }
    this.position = position;
    return byte;
  }

  /** Reads the next `[`. Returns whether the array has an element. */
  openArray(): boolean {
    this.enter();
    if (this.peek() !== CLOSE_ARRAY) return true;
    this.leave();
    return false;
  }

  /** Reads the separator or bracket after an element. Returns whether another element follows. */
  nextElement(): boolean {
    const byte = this.peek();
    if (byte === COMMA) {
      this.position++;
      return true;
    }
    if (byte !== CLOSE_ARRAY) throw this.syntaxError('Missing a comma or ] after an array element.');
    this.leave();
    return false;
  }

  /** Reads the next `{`. Returns whether the object has a member. */
  openObject(): boolean {
    this.enter();
    if (this.peek() !== CLOSE_OBJECT) return true;
    this.leave();
    return false;
  }

  /** Reads the separator or brace after a member. Returns whether another member follows. */
  nextMember(): boolean {
    const byte = this.peek();
    if (byte === COMMA) {
      this.position++;
      return true;
    }
    if (byte !== CLOSE_OBJECT) throw this.syntaxError('Missing a comma or } after an object member.');
    this.leave();
    return false;
  }

  /** Reads the name of a member and the colon. */
  name(): string {
    if (this.peek() !== QUOTE) throw this.syntaxError('Missing a name for object member.');
    const name = this.string();
    if (this.peek() !== COLON) throw this.syntaxError('Missing a colon after a name of object member.');
    this.position++;
    return name;
  }

  /** Reads the next string. */
  string(): string {
    const start = this.position + 1;
    const escaped = this.scanString();
    const end = this.position - 1;
    return escaped ? this.unescape(start, end) : this.bytes.toString('utf8', start, end);
  }

  /** Reads the next string as UTF-8 bytes. They are a view of the body unless the string contains escapes. */
  stringBytes(): Buffer {
    this.countObject();
    const start = this.position + 1;
    const escaped = this.scanString();
    const end = this.position - 1;
    return escaped ? Buffer.from(this.unescape(start, end)) : this.bytes.subarray(start, end);
  }

  /**
   * Counts a value that becomes a separate object.
   *
   * @throws InferenceError `INVALID_ARGUMENT` if there are too many for the size of the document
   */
  countObject(): void {
    checkObjects(++this.objects, this.bytes.length);
  }

  /** Reads `true` or `false`. Returns undefined, without reading it, for any other value. */
  boolean(): boolean | undefined {
    const byte = this.peek();
    if (byte === LOWER_T) {
      this.literal(TRUE);
      return true;
    }
    if (byte === LOWER_F) {
      this.literal(FALSE);
      return false;
    }
    return undefined;
  }

  /** Reads the next value if it is `null`, and returns whether it is. */
  nullToken(): boolean {
    if (this.peek() !== LOWER_N) return false;
    this.literal(NULL);
    return true;
  }

  /** Whether the next value is a number. */
  atNumber(): boolean {
    const byte = this.peek();
    return (byte >= ZERO && byte <= NINE) || byte === MINUS || (this.nonFinite && isNonFinite(byte));
  }

  /**
   * Reads the next number, rounded to the nearest float if `single`, else to the nearest double. The result equals
   * `Math.fround(Number(token))` or `Number(token)`.
   */
  number(single: boolean): number {
    const { bytes } = this;
    const start = this.position;
    let position = start;
    let byte = bytes[position] as number;
    const negative = byte === MINUS;
    if (negative) byte = bytes[++position] as number;

    let digits = 0;
    let exponent = 0;
    let integral = true;
    if (byte === ZERO) {
      byte = bytes[++position] as number;
      if (byte >= ZERO && byte <= NINE) throw this.syntaxError('Invalid value.');
    } else if (byte > ZERO && byte <= NINE) {
      do {
        digits = digits * 10 + (byte - ZERO);
        byte = bytes[++position] as number;
      } while (byte >= ZERO && byte <= NINE);
    } else if (this.nonFinite && isNonFinite(byte)) {
      this.position = position;
      return this.nonFiniteToken(negative);
    } else {
      throw this.syntaxError('Invalid value.');
    }
    if (byte === POINT) {
      integral = false;
      byte = bytes[++position] as number;
      if (!(byte >= ZERO && byte <= NINE)) throw this.syntaxError('Miss fraction part in number.');
      const pointAt = position;
      do {
        digits = digits * 10 + (byte - ZERO);
        byte = bytes[++position] as number;
      } while (byte >= ZERO && byte <= NINE);
      exponent = pointAt - position;
    }
    if (byte === LOWER_E || byte === UPPER_E) {
      integral = false;
      byte = bytes[++position] as number;
      const negativeExponent = byte === MINUS;
      if (negativeExponent || byte === PLUS) byte = bytes[++position] as number;
      if (!(byte >= ZERO && byte <= NINE)) throw this.syntaxError('Miss exponent in number.');
      let written = 0;
      do {
        // A larger exponent always gives 0 or infinity, and further digits must not overflow.
        if (written < 100_000) written = written * 10 + (byte - ZERO);
        byte = bytes[++position] as number;
      } while (byte >= ZERO && byte <= NINE);
      exponent += negativeExponent ? -written : written;
    }
    this.position = position;
    this.integral = integral;

    const value = nearestNumber(digits, exponent, single, bytes, negative ? start + 1 : start, position);
    if (value === Infinity && !this.nonFinite) throw this.tooBig(start, single);
    return negative ? -value : value;
  }

  /** Skips the next value. */
  skip(): void {
    const byte = this.peek();
    if (byte === QUOTE) {
      this.scanString();
    } else if (byte === OPEN_ARRAY) {
      if (this.openArray()) {
        do this.skip();
        while (this.nextElement());
      }
    } else if (byte === OPEN_OBJECT) {
      if (this.openObject()) {
        do {
          this.name();
          this.skip();
        } while (this.nextMember());
      }
    } else if (byte === LOWER_T || byte === LOWER_F) {
      this.boolean();
    } else if (byte === LOWER_N) {
      this.literal(NULL);
    } else if (Number.isNaN(byte) || byte === undefined) {
      throw this.syntaxError(this.depth === 0 ? 'The document is empty.' : 'Invalid value.');
    } else {
      this.number(false);
    }
  }

  /** Reads the next value into plain objects. Suitable for small parts of a request, such as parameters. */
  value(): unknown {
    this.peek();
    const start = this.position;
    this.skip();
    // `skip` has validated the text, except for the tokens that JSON.parse does not support.
    try {
      return JSON.parse(this.bytes.toString('utf8', start, this.position));
    } catch {
      throw invalid(`JSON Value: ${this.quote(start)} must hold finite numbers only`);
    }
  }

  /** Whether only white space is left. */
  atEnd(): boolean {
    return this.peek() === undefined;
  }

  /** Rejects anything after the document. */
  end(): void {
    if (!this.atEnd()) throw this.syntaxError('The document root must not be followed by other values.');
  }

  /** Returns the text of the value at `start`, truncated for an error message. */
  quote(start: number): string {
    const fork = this.fork(true);
    fork.position = start;
    try {
      fork.skip();
    } catch (error) {
      // The value may itself be malformed further on. The quotation ends there.
      if (!(error instanceof InferenceError)) throw error;
    }
    const end = fork.position;
    const text = this.bytes.toString('utf8', start, Math.min(end, start + QUOTED_BYTES));
    return end > start + QUOTED_BYTES ? `${text.replace(/\uFFFD$/, '')}...` : text;
  }

  syntaxError(message: string): JsonSyntaxError {
    return new JsonSyntaxError(`JSON Parse error: ${message} at offset: ${Math.min(this.position, this.bytes.length)}`);
  }

  /** Creates a reader at the same position for lookahead. */
  fork(nonFinite = this.nonFinite): JsonReader {
    const fork = new JsonReader(this.bytes, nonFinite);
    fork.position = this.position;
    fork.depth = this.depth;
    return fork;
  }

  private enter(): void {
    this.position++;
    if (++this.depth > MAX_DEPTH) {
      throw new JsonSyntaxError(`JSON is nested too deeply: at most ${MAX_DEPTH} levels are allowed`);
    }
  }

  private leave(): void {
    this.position++;
    this.depth--;
  }

  private literal(expected: Buffer): void {
    const { bytes, position } = this;
    for (let index = 0; index < expected.length; index++) {
      if (bytes[position + index] !== expected[index]) throw this.syntaxError('Invalid value.');
    }
    this.position = position + expected.length;
  }

  private nonFiniteToken(negative: boolean): number {
    this.integral = false;
    if (this.bytes[this.position] === UPPER_N) {
      this.literal(NAN);
      return Number.NaN;
    }
    this.literal(INF);
    if (this.bytes[this.position] === INFINITY_REST[0]) this.literal(INFINITY_REST);
    return negative ? -Infinity : Infinity;
  }

  private tooBig(start: number, single: boolean): InferenceError {
    return invalid(`JSON Value: ${this.quote(start)} is out of the range of ${single ? 'FP32' : 'FP64'}`);
  }

  /** Skips the next string, and returns whether it contains escapes. */
  private scanString(): boolean {
    const { bytes } = this;
    const start = ++this.position;
    let position = start;
    let escaped = false;
    let ascii = true;
    for (;;) {
      const byte = bytes[position] as number;
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        escaped = true;
        position += 2;
      } else if (byte >= SPACE) {
        if (byte >= 0x80) ascii = false;
        position++;
      } else {
        // A control character, or the end of the input.
        this.position = position;
        throw this.syntaxError(
          byte === undefined ? 'Missing a closing quotation mark in string.' : 'Invalid encoding in string.',
        );
      }
    }
    this.position = position + 1;
    if (!ascii && !isUtf8(bytes.subarray(start, position))) throw this.syntaxError('Invalid encoding in string.');
    if (escaped) this.unescape(start, position);
    return escaped;
  }

  private unescape(start: number, end: number): string {
    let text: string;
    try {
      text = JSON.parse(this.bytes.toString('utf8', start - 1, end + 1));
    } catch {
      throw this.syntaxError('Invalid escape character in string.');
    }
    if (LONE_SURROGATE.test(text)) throw this.syntaxError('The surrogate pair in string is invalid.');
    return text;
  }
}

function isNonFinite(byte: number): boolean {
  return byte === UPPER_N || byte === UPPER_I;
}
