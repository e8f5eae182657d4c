import type { MethodDefinition, PackageDefinition } from '@grpc/proto-loader';
import { type InferenceError, invalid } from '../tensor/errors.js';

/** Bytes of memory of a decoded message with the defaults of its fields, apart from its contents. */
const MESSAGE_BYTES = 400;

/** Bytes of memory of a string or of a view of bytes, apart from its contents. */
const TEXT_BYTES = 120;

/** Bytes of memory of an integer of 64 bits, which becomes a string. */
const LONG_BYTES = 56;

/** Bytes of memory of another number, in two arrays that have grown. */
const NUMBER_BYTES = 24;

/** Wire types of protocol buffers. https://protobuf.dev/programming-guides/encoding/#structure */
const [VARINT, FIXED_64, LENGTH, FIXED_32] = [0, 1, 2, 5] as const;

/** Maximum bytes of varints of 32 and of 64 bits. Negative numbers of 32 bits take as many as those of 64 bits. */
const [VARINT_32_BYTES, VARINT_64_BYTES] = [5, 10] as const;

/** Part of a `DescriptorProto`. */
interface Descriptor {
  readonly name: string;
  readonly field: readonly {
    readonly number: number;
    readonly type: string;
    readonly typeName: string;
    readonly label: string;
  }[];
  readonly nestedType: readonly Descriptor[];
}

interface NumberField {
  readonly kind: 'number';
  readonly isLong: boolean;
  readonly isRepeated: boolean;
  readonly wireType: number;
}

type Field = { readonly kind: 'message'; readonly type: () => Fields } | { readonly kind: 'text' } | NumberField;

type Fields = ReadonlyMap<number, Field>;

/**
 * Returns an estimate of the memory that a message takes once it is decoded, or a number above `most`.
 *
 * @throws InferenceError `INVALID_ARGUMENT` for a malformed message
 */
export type MessageMemory = (message: Uint8Array, most: number) => number;

/**
 * Returns the estimator of a method's requests. It reads the structure of a message without creating any object.
 * Messages of few bytes may become millions of objects.
 */
export function messageMemory(
  { requestType }: MethodDefinition<object, object>,
  definitions: PackageDefinition,
): MessageMemory {
  const known = new Map<string, Descriptor>();
  for (const { type } of Object.values(definitions) as { readonly type?: unknown }[]) {
    if (type) known.set((type as Descriptor).name, type as Descriptor);
  }
  const fields = fieldsOf(requestType.type as Descriptor, known);
  return (message, most) => new Walk(message, most).message(fields, 0, message.length);
}

function fieldsOf(descriptor: Descriptor, known: ReadonlyMap<string, Descriptor>): Fields {
  return new Map(
    descriptor.field.map(({ number, type, typeName, label }): [number, Field] => {
      if (type === 'TYPE_STRING' || type === 'TYPE_BYTES') return [number, { kind: 'text' }];
      if (type !== 'TYPE_MESSAGE') {
        const isRepeated = label === 'LABEL_REPEATED';
        return [number, { kind: 'number', isLong: type.endsWith('64'), isRepeated, wireType: wireTypeOf(type) }];
      }
      const name = typeName.slice(typeName.lastIndexOf('.') + 1);
      const nested = descriptor.nestedType.find((each) => each.name === name) ?? known.get(name)!;
      let own: Fields | undefined;
      return [
        number,
        {
          kind: 'message',
          type: () => {
            own ??= fieldsOf(nested, known);
            return own;
          },
        },
      ];
    }),
  );
}

function wireTypeOf(type: string): number {
  if (/FIXED64|DOUBLE/.test(type)) return FIXED_64;
  return /FIXED32|FLOAT/.test(type) ? FIXED_32 : VARINT;
}

/**
 * Reads a message, until its memory exceeds `most`.
 *
 * The decoder ignores the wire types of known fields, skips groups, and masks what exceeds 32 bits, so it would read
 * other fields than those counted here. Such messages are rejected, which no encoder writes.
 */
class Walk {
  private memory = 0;
  private position = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly most: number,
  ) {}

  /** Reads the fields from `start` to `end`. @returns the memory of all that was read so far */
  message(fields: Fields, start: number, end: number): number {
    this.memory += MESSAGE_BYTES;
    this.position = start;
    while (this.position < end && this.memory <= this.most) {
      const tag = this.varint(end, VARINT_32_BYTES);
      if (tag >= 2 ** 32) throw this.malformed();
      const field = fields.get(tag >>> 3);
      const wireType = tag & 7;
      if (wireType === LENGTH) {
        const length = this.varint(end, VARINT_32_BYTES);
        const next = this.position + length;
        if (next > end) throw this.malformed();
        this.contents(field, this.position, next);
        this.position = next;
      } else if (field === undefined) this.number(wireType, true, end);
      else if (field.kind === 'number' && wireType === field.wireType) this.knownNumber(field, end);
      else throw this.malformed();
    }
    return this.memory;
  }

  private contents(field: Field | undefined, start: number, end: number): void {
    if (field?.kind === 'message') this.message(field.type(), start, end);
    else if (field?.kind === 'text') this.memory += TEXT_BYTES + end - start;
    else if (field?.isRepeated) while (this.position < end && this.memory <= this.most) this.knownNumber(field, end);
    else if (field) throw this.malformed();
  }

  private knownNumber({ isLong, wireType }: NumberField, end: number): void {
    this.memory += isLong ? LONG_BYTES : NUMBER_BYTES;
    this.number(wireType, isLong, end);
  }

  private number(wireType: number, isLong: boolean, end: number): void {
    const start = this.position;
    if (wireType === VARINT) {
      this.varint(end, VARINT_64_BYTES);
      const length = this.position - start;
      if (!isLong && length > VARINT_32_BYTES && length < VARINT_64_BYTES) throw this.malformed();
    } else if (wireType === FIXED_64) this.position += 8;
    else if (wireType === FIXED_32) this.position += 4;
    else throw this.malformed();
    if (this.position > end) throw this.malformed();
  }

  private varint(end: number, most: number): number {
    const last = Math.min(end, this.position + most);
    let value = 0;
    let factor = 1;
    while (this.position < last) {
      const byte = this.bytes[this.position++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw this.malformed();
  }

  private malformed(): InferenceError {
    return invalid(`the message is malformed at byte ${this.position}`);
  }
}
