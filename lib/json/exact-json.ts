import { JsonReader } from '@modelship/runtime/serve';

/**
 * Parses JSON without loss of precision: an integer that a double cannot represent exactly becomes a `bigint`.
 *
 * @param nonFinite whether to accept `NaN`, `Inf` and `Infinity` as numbers, as TensorFlow Serving does
 * @throws InferenceError with the position of the first syntax error
 */
export function parseExact(text: string, nonFinite: boolean): unknown {
  const reader = new JsonReader(Buffer.from(text), nonFinite);
  const value = read(reader);
  reader.end();
  return value;
}

/**
 * Serializes what `parseExact` returns, with every digit.
 *
 * @param nonFinite whether to write `NaN`, `Infinity` and `-Infinity` as TensorFlow Serving does, instead of as strings,
 * which strict parsers accept
 */
export function stringifyExact(value: unknown, nonFinite = false): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return nonFinite ? `${value}` : `"${value}"`;
  if (Object.is(value, -0)) return '-0';
  if (Array.isArray(value)) return `[${value.map((item) => stringifyExact(item, nonFinite)).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${stringifyExact(member, nonFinite)}`).join(',')}}`;
}

/** Returns the unparsed text of each element of an array, or undefined if `text` is not an array. */
export function elementTexts(text: string): string[] | undefined {
  const reader = readerOf(text);
  if (reader.peek() !== OPEN_ARRAY) return undefined;
  const elements: string[] = [];
  if (reader.openArray()) {
    do elements.push(textOf(reader));
    while (reader.nextElement());
  }
  reader.end();
  return elements;
}

/** Returns the member names of an object with the unparsed text of each value, or undefined if `text` is not an object. */
export function memberTexts(text: string): (readonly [name: string, value: string])[] | undefined {
  const reader = readerOf(text);
  if (reader.peek() !== OPEN_OBJECT) return undefined;
  const members: [string, string][] = [];
  if (reader.openObject()) {
    do members.push([reader.name(), textOf(reader)]);
    while (reader.nextMember());
  }
  reader.end();
  return members;
}

const [OPEN_ARRAY, OPEN_OBJECT, QUOTE] = Buffer.from('[{"');

function readerOf(text: string): JsonReader {
  return new JsonReader(Buffer.from(text), true);
}

function textOf(reader: JsonReader): string {
  reader.peek();
  const start = reader.position;
  reader.skip();
  return reader.bytes.toString('utf8', start, reader.position);
}

function read(reader: JsonReader): unknown {
  const byte = reader.peek();
  if (byte === QUOTE) return reader.string();
  if (byte === OPEN_ARRAY) {
    const list: unknown[] = [];
    if (reader.openArray()) {
      do list.push(read(reader));
      while (reader.nextElement());
    }
    return list;
  }
  if (byte === OPEN_OBJECT) {
    const members: [string, unknown][] = [];
    if (reader.openObject()) {
      do {
        const name = reader.name();
        members.push([name, read(reader)]);
      } while (reader.nextMember());
    }
    // Defines every name, where an assignment would set the prototype.
    return Object.fromEntries(members);
  }
  if (reader.atNumber()) {
    const start = reader.position;
    const value = reader.number(false);
    if (!reader.integral || Number.isSafeInteger(value)) return value;
    return BigInt(reader.bytes.toString('latin1', start, reader.position));
  }
  const truth = reader.boolean();
  if (truth !== undefined) return truth;
  // The only remaining literal is `null`.
  reader.skip();
  return null;
}
