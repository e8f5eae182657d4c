import type { MethodDefinition, PackageDefinition } from '@grpc/proto-loader';

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

/** Part of a `DescriptorProto`. */
interface Descriptor {
  readonly name: string;
  readonly field: readonly { readonly number: number; readonly type: string; readonly typeName: string }[];
  readonly nestedType: readonly Descriptor[];
}

type Field =
  | { readonly kind: 'message'; readonly type: () => Fields }
  | { readonly kind: 'text' }
  | { readonly kind: 'number'; readonly bytes: number; readonly wireType: number };

type Fields = ReadonlyMap<number, Field>;

/** Returns an estimate of the memory that a message takes once it is decoded, or a number above `most`. */
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
    descriptor.field.map(({ number, type, typeName }): [number, Field] => {
      if (type === 'TYPE_STRING' || type === 'TYPE_BYTES') return [number, { kind: 'text' }];
      if (type !== 'TYPE_MESSAGE') {
        const bytes = type.endsWith('64') ? LONG_BYTES : NUMBER_BYTES;
        return [number, { kind: 'number', bytes, wireType: wireTypeOf(type) }];
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

/** Reads a message, until its memory exceeds `most` or its bytes are malformed. */
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
      const tag = this.varint();
      const field = fields.get(Math.floor(tag / 8));
      const wireType = tag % 8;
      if (wireType === LENGTH) {
        const length = this.varint();
        const next = this.position + length;
        if (next > end) break;
        this.contents(field, this.position, next);
        this.position = next;
        continue;
      }
      if (field?.kind === 'number') this.memory += field.bytes;
      if (wireType === VARINT) this.varint();
      else if (wireType === FIXED_64) this.position += 8;
      else if (wireType === FIXED_32) this.position += 4;
      else break;
    }
    return this.memory;
  }

  private contents(field: Field | undefined, start: number, end: number): void {
    if (field?.kind === 'message') this.message(field.type(), start, end);
    else if (field?.kind === 'text') this.memory += TEXT_BYTES + end - start;
    else if (field) this.memory += field.bytes * this.packed(field.wireType, start, end);
  }

  /** Returns how many packed numbers there are, at most as many as are too many. */
  private packed(wireType: number, start: number, end: number): number {
    if (wireType === FIXED_64) return (end - start) / 8;
    if (wireType === FIXED_32) return (end - start) / 4;
    const { bytes, most } = this;
    const enough = most / NUMBER_BYTES + 1;
    let count = 0;
    for (let index = start; index < end && count < enough; index++) if (bytes[index]! < 0x80) count++;
    return count;
  }

  private varint(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) return value;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  }
}
