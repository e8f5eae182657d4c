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

/** Arrays and objects may be nested this deep, the outermost included. */
export const MAX_DEPTH = 100;

/** Bytes of a value that an error message quotes at most. */
const QUOTED_BYTES = 64;

const LONE_SURROGATE = /\p{Surrogate}/u;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');
const NAN = Buffer.from('NaN');
const INF = Buffer.from('Inf');
const INFINITY_REST = Buffer.from('inity');

/** The text is no JSON, or JSON that is refused whatever it says. */
export class JsonSyntaxError extends InferenceError {
  constructor(message: string) {
    super('INVALID_ARGUMENT', message);
  }
}

/**
 * Reads JSON from bytes, token by token, and makes no object that was not asked for.
 *
 * The grammar is RFC 8259's. Beyond it, strings must be UTF-8 without lone surrogates, and nesting ends at `MAX_DEPTH`.
 * Names are data: whoever keeps values by name uses a Map, or an object without a prototype.
 */
export class JsonReader {
  /** Where the next byte is read. */
  position = 0;
  /** Whether the last number had neither point nor exponent. */
  integral = false;
  private depth = 0;
  private objects = 0;

  constructor(
    readonly bytes: Buffer,
    /** Whether the tokens `NaN`, `Inf` and `Infinity` are numbers, and 1e999 is infinite rather than an error. */
    readonly nonFinite: boolean,
  ) {}

  /** The next byte that is not white space, which stays unread; NaN at the end. */
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

  /** Reads the `[` that comes next. Returns whether the array has an element. */
  openArray(): boolean {
    this.enter();
    if (this.peek() !== CLOSE_ARRAY) return true;
    this.leave();
    return false;
  }

  /** Reads what follows an element. Returns whether another element does. */
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

  /** Reads the `{` that comes next. Returns whether the object has a member. */
  openObject(): boolean {
    this.enter();
    if (this.peek() !== CLOSE_OBJECT) return true;
    this.leave();
    return false;
  }

  /** Reads what follows a member. Returns whether another member does. */
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

  /** Reads a member's name and the colon. */
  name(): string {
    if (this.peek() !== QUOTE) throw this.syntaxError('Missing a name for object member.');
    const name = this.string();
    if (this.peek() !== COLON) throw this.syntaxError('Missing a colon after a name of object member.');
    this.position++;
    return name;
  }

  /** Reads the string that comes next. */
  string(): string {
    const start = this.position + 1;
    const escaped = this.scanString();
    const end = this.position - 1;
    return escaped ? this.unescape(start, end) : this.bytes.toString('utf8', start, end);
  }

  /** Reads the string that comes next as its UTF-8 bytes, which are a view of the body where nothing was escaped. */
  stringBytes(): Buffer {
    this.countObject();
    const start = this.position + 1;
    const escaped = this.scanString();
    const end = this.position - 1;
    return escaped ? Buffer.from(this.unescape(start, end)) : this.bytes.subarray(start, end);
  }

  /**
   * Counts a value that becomes an object of its own.
   *
   * @throws InferenceError `INVALID_ARGUMENT` if there are too many for the size of the document
   */
  countObject(): void {
    checkObjects(++this.objects, this.bytes.length);
  }

  /** Reads `true` or `false`; undefined, with nothing read, if another value comes next. */
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

  /** Whether `null` comes next, which is then read. */
  nullToken(): boolean {
    if (this.peek() !== LOWER_N) return false;
    this.literal(NULL);
    return true;
  }

  /** Whether a number comes next. */
  atNumber(): boolean {
    const byte = this.peek();
    return (byte >= ZERO && byte <= NINE) || byte === MINUS || (this.nonFinite && isNonFinite(byte));
  }

  /**
   * Reads the number that comes next, rounded to a float if `single` and else to a double: to the nearest, as
   * `Math.fround(Number(token))` and `Number(token)` do.
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
        // Beyond this every number is 0 or infinite, and more digits must not overflow.
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

  /** Reads past the value that comes next. */
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

  /** Reads the value that comes next into plain objects. For small parts of a request, such as parameters. */
  value(): unknown {
    this.peek();
    const start = this.position;
    this.skip();
    // `skip` has vetted the text, but for the tokens that JSON.parse does not know.
    try {
      return JSON.parse(this.bytes.toString('utf8', start, this.position));
    } catch {
      throw invalid(`JSON Value: ${this.quote(start)} must hold finite numbers only`);
    }
  }

  /** Whether nothing but white space is left. */
  atEnd(): boolean {
    return this.peek() === undefined;
  }

  /** Refuses what follows the document. */
  end(): void {
    if (!this.atEnd()) throw this.syntaxError('The document root must not be followed by other values.');
  }

  /** The text of the value at `start`, shortened, for an error message. */
  quote(start: number): string {
    const fork = this.fork(true);
    fork.position = start;
    try {
      fork.skip();
    } catch (error) {
      // What is quoted may itself be broken further on; then the quotation ends there.
      if (!(error instanceof InferenceError)) throw error;
    }
    const end = fork.position;
    const text = this.bytes.toString('utf8', start, Math.min(end, start + QUOTED_BYTES));
    return end > start + QUOTED_BYTES ? `${text.replace(/\uFFFD$/, '')}...` : text;
  }

  syntaxError(message: string): JsonSyntaxError {
    return new JsonSyntaxError(`JSON Parse error: ${message} at offset: ${Math.min(this.position, this.bytes.length)}`);
  }

  /** A reader at the same place, to look ahead with. */
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

  /** Moves past the string that comes next, and returns whether something in it is escaped. */
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
        // A control character, or the end of the bytes.
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
