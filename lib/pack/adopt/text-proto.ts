import { readFileSync } from 'node:fs';
import { ModelPackageError } from '@modelship/runtime/manifest';

/** Value of a field: a message, a text, or the word of a number, a boolean or an enumeration. */
export type TextProtoValue = TextProto | string;

/** Largest nesting of messages, which no configuration of a model server comes near. */
const MAX_DEPTH = 64;

const TOKEN =
  /\s+|#[^\n]*|(?<text>"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*')|(?<word>[-+\w.][-+\w./]*)|(?<mark>[{}<>[\]:,;])/y;

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** A message in the text format of Protocol Buffers (protobuf.dev/reference/protobuf/textformat-spec), without its schema. */
export class TextProto {
  private readonly fields = new Map<string, TextProtoValue[]>();

  /** Adds a value. A field may occur several times. */
  add(name: string, value: TextProtoValue): void {
    const values = this.fields.get(name);
    if (values) values.push(value);
    else this.fields.set(name, [value]);
  }

  /** Names of the fields. */
  get names(): readonly string[] {
    return [...this.fields.keys()];
  }

  /** Returns the last text or word of a field, or undefined if it has none. */
  text(name: string): string | undefined {
    return this.texts(name).at(-1);
  }

  /** Returns all texts and words of a field. */
  texts(name: string): readonly string[] {
    return (this.fields.get(name) ?? []).filter((value) => typeof value === 'string');
  }

  /** Returns all messages of a field. */
  messages(name: string): readonly TextProto[] {
    return (this.fields.get(name) ?? []).filter((value) => typeof value !== 'string');
  }

  /** Returns the last message of a field, or undefined if it has none. */
  message(name: string): TextProto | undefined {
    return this.messages(name).at(-1);
  }
}

/**
 * Reads a file in the text format of Protocol Buffers.
 *
 * @throws ModelPackageError `ARTIFACT_INVALID` with the line of an error
 */
export function readTextProto(path: string): TextProto {
  return new Parser(readFileSync(path, 'utf8'), path).message(0);
}

interface Token {
  readonly kind: 'text' | 'word' | 'mark' | 'end';
  readonly value: string;
  readonly line: number;
}

class Parser {
  private readonly tokens: Token[] = [];
  private next = 0;

  constructor(
    text: string,
    private readonly path: string,
  ) {
    let line = 1;
    for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
      TOKEN.lastIndex = at;
      const match = TOKEN.exec(text);
      if (!match) throw this.fault(line, `${JSON.stringify(text[at])} is not expected`);
      for (const kind of ['text', 'word', 'mark'] as const) {
        const value = match.groups![kind];
        if (value !== undefined) this.tokens.push({ kind, value, line });
      }
      line += match[0].split('\n').length - 1;
    }
    this.tokens.push({ kind: 'end', value: 'the end of the file', line });
  }

  /** Reads the fields of a message up to `end`, or up to the end of the file. */
  message(depth: number, end?: string): TextProto {
    if (depth > MAX_DEPTH) throw this.unexpected(`more than ${MAX_DEPTH} nested messages`);
    const message = new TextProto();
    for (;;) {
      const { kind, value } = this.take();
      if (end === undefined ? kind === 'end' : value === end && kind === 'mark') return message;
      if (kind !== 'word') throw this.unexpected(value);
      const hasColon = this.skip(':');
      if (this.skip('[')) {
        while (!this.skip(']')) {
          message.add(value, this.value(depth));
          if (this.peek().value !== ']' && !this.skip(',')) throw this.unexpected(this.take().value);
        }
      } else {
        if (!hasColon && !['{', '<'].includes(this.peek().value)) throw this.unexpected(this.take().value);
        message.add(value, this.value(depth));
      }
      if (!this.skip(',')) this.skip(';');
    }
  }

  private value(depth: number): TextProtoValue {
    if (this.skip('{')) return this.message(depth + 1, '}');
    if (this.skip('<')) return this.message(depth + 1, '>');
    const { kind, value } = this.take();
    if (kind === 'word') return decimal(value);
    if (kind !== 'text') throw this.unexpected(value);
    let text = unquoted(value);
    // Texts in a row are one text.
    while (this.peek().kind === 'text') text += unquoted(this.take().value);
    return text;
  }

  private peek(): Token {
    return this.tokens[this.next]!;
  }

  private take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.next++;
    return token;
  }

  private skip(mark: string): boolean {
    const { kind, value } = this.peek();
    if (kind !== 'mark' || value !== mark) return false;
    this.next++;
    return true;
  }

  private unexpected(what: string): ModelPackageError {
    const last = this.peek().kind === 'end' ? this.next : this.next - 1;
    return this.fault(this.tokens[Math.max(0, last)]!.line, `${what} is not expected`);
  }

  private fault(line: number, what: string): ModelPackageError {
    return new ModelPackageError('ARTIFACT_INVALID', `${this.path}, line ${line}: ${what}. Copy or write it again.`);
  }
}

/** Returns a hexadecimal or octal number in decimal notation, and other words unchanged. */
function decimal(word: string): string {
  const [, sign, digits] = /^(-?)(0x[0-9a-f]+|0[0-7]+)$/i.exec(word) ?? [];
  if (digits === undefined) return word;
  return `${sign}${BigInt(/^0x/i.test(digits) ? digits : `0o${digits.slice(1)}`)}`;
}

/** Matches an escape, or characters without one. */
const PART = /\\(?:x(?<hex>[0-9a-f]{1,2})|(?<octal>[0-7]{1,3})|(?<other>.))|[^\\]+/gi;

/** Returns the content of a quoted text. Numeric escapes are bytes of UTF-8. */
function unquoted(text: string): string {
  if (!text.includes('\\')) return text.slice(1, -1);
  const parts = [...text.slice(1, -1).matchAll(PART)].map(({ 0: part, groups }) => {
    const { hex, octal, other } = groups!;
    if (hex !== undefined) return Buffer.from([Number.parseInt(hex, 16)]);
    if (octal !== undefined) return Buffer.from([Number.parseInt(octal, 8)]);
    return Buffer.from(other === undefined ? part : (ESCAPES[other] ?? other));
  });
  return Buffer.concat(parts).toString();
}
