import { isUtf8 } from 'node:buffer';
import { invalid } from '../../tensor/errors.js';

/**
 * Fields of a JSON object, each checked when it is read. A field that is `null` counts as absent, as most clients send
 * options that their caller left out.
 */
export class Fields {
  /** Parses the body of a request. @throws InferenceError `INVALID_ARGUMENT` */
  static parse(body: Buffer): Fields {
    if (!isUtf8(body)) throw invalid('the body is not valid UTF-8');
    let value: unknown;
    try {
      value = JSON.parse(body.toString());
    } catch (error) {
      throw invalid(`the body is not valid JSON: ${(error as Error).message}`);
    }
    if (!isObject(value)) throw invalid('the body must be a JSON object');
    return new Fields(value);
  }

  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    /** Text before a field's name in errors, such as `parameters.`. */
    private readonly prefix = '',
  ) {}

  /** Returns these fields with others in place of those of the same names. */
  with(other: Fields | undefined): Fields {
    return other ? new Fields({ ...this.values, ...other.values }, this.prefix) : this;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Returns a field as it is, or undefined if it is absent. */
  get(name: string): unknown {
    return Object.hasOwn(this.values, name) ? (this.values[name] ?? undefined) : undefined;
  }

  string(name: string): string | undefined {
    return this.read(name, 'a string', (value) => typeof value === 'string');
  }

  boolean(name: string): boolean | undefined {
    return this.read(name, 'true or false', (value) => typeof value === 'boolean');
  }

  number(name: string): number | undefined {
    return this.read(name, 'a number', (value) => Number.isFinite(value));
  }

  /** Returns a whole number of at least 1. */
  count(name: string): number | undefined {
    return this.read(
      name,
      'a whole number of at least 1',
      (value) => Number.isSafeInteger(value) && Number(value) >= 1,
    );
  }

  /** Returns one of some words. */
  choice<Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    return this.read(name, words.join(' or '), (value) => words.some((word) => word === value));
  }

  /** Returns a list of strings. */
  strings(name: string): readonly string[] | undefined {
    return this.read(name, 'a list of strings', isStrings);
  }

  /** Returns an object, whose fields are checked when they are read. */
  object(name: string): Fields | undefined {
    const value = this.read<Record<string, unknown>>(name, 'an object', isObject);
    return value && new Fields(value, `${this.prefix}${name}.`);
  }

  /** Returns the name of a field for errors. */
  label(name: string): string {
    return `\`${this.prefix}${name}\``;
  }

  /** Returns a field that must not be absent. */
  required<Value>(name: string, value: Value | undefined): Value {
    if (value === undefined) throw invalid(`${this.label(name)} is missing`);
    return value;
  }

  private read<Value>(name: string, kind: string, isValid: (value: unknown) => boolean): Value | undefined {
    const value = this.get(name);
    if (value === undefined || isValid(value)) return value as Value | undefined;
    throw invalid(`${this.label(name)} must be ${kind}, got ${excerpt(value)}`);
  }
}

/** Whether a value is a list of strings. */
export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const LONGEST_EXCERPT = 60;

/** Returns the start of a value as JSON, for errors. */
export function excerpt(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT)}…` : text;
}
