import { paddingAfter } from '../../tensor/alignment.js';
import { tensorBytes, tensorFromBytes } from '../../tensor/binary.js';
import { DATATYPES, type Datatype } from '../../tensor/datatype.js';
import type { Tensor } from '../../tensor/tensor.js';

/** Bytes of the prefix of a frame: the lengths of the header and of the body, 32 bits each. */
const LENGTHS_BYTES = 8;

/** A message between the runtime and a worker, in either direction. */
export interface Frame {
  readonly header: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

interface RawTensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Bytes without the trailing padding. */
  readonly size: number;
}

/** Returns the parts of a frame in the order in which they are written. Tensors are not copied. */
export function encodeFrame(header: Readonly<Record<string, unknown>>, tensors: readonly Tensor[] = []): Buffer[] {
  const described: RawTensor[] = [];
  const body: Buffer[] = [];
  let bodyBytes = 0;
  for (const tensor of tensors) {
    const raw = tensorBytes(tensor);
    const { name, datatype, shape } = tensor;
    described.push({ name, datatype, shape, size: raw.length });
    // The padding aligns each tensor, so that arrays can be views of the body.
    const padding = paddingAfter(raw.length);
    body.push(raw, Buffer.alloc(padding));
    bodyBytes += raw.length + padding;
  }
  const text = Buffer.from(JSON.stringify({ ...header, tensors: described }));
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(text.length, 0);
  lengths.writeUInt32LE(bodyBytes, 4);
  return [lengths, text, ...body];
}

/**
 * Returns the tensors of a frame.
 *
 * @throws Error if the header describes no tensors, or does not match the body
 */
export function tensorsOf({ header, body }: Frame): Tensor[] {
  let start = 0;
  return (header.tensors as RawTensor[]).map(({ name, datatype, shape, size }) => {
    if (!DATATYPES.includes(datatype) || ![...shape, size].every((each) => Number.isSafeInteger(each) && each >= 0)) {
      throw new Error(`the frame describes the tensor ${name} wrongly`);
    }
    const raw = body.subarray(start, start + size);
    start += size + paddingAfter(size);
    return tensorFromBytes(name, datatype, shape, raw);
  });
}

/** Assembles frames from the chunks of a stream. */
export class FrameReader {
  private pieces: Buffer[] = [];
  private size = 0;
  private wanted = LENGTHS_BYTES;

  constructor(private readonly onFrame: (frame: Frame) => void) {}

  push(piece: Buffer): void {
    this.pieces.push(piece);
    this.size += piece.length;
    // Chunks are joined only once a frame is complete, because a large frame would otherwise be copied repeatedly.
    while (this.size >= this.wanted) {
      const all = this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces, this.size);
      this.pieces = [all];
      const headerEnd = LENGTHS_BYTES + all.readUInt32LE(0);
      const end = headerEnd + all.readUInt32LE(4);
      if (all.length < end) {
        this.wanted = end;
        return;
      }
      const header = JSON.parse(all.toString('utf8', LENGTHS_BYTES, headerEnd));
      this.keep(all.subarray(end));
      this.onFrame({ header, body: all.subarray(headerEnd, end) });
    }
  }

  private keep(rest: Buffer): void {
    this.pieces = rest.length > 0 ? [rest] : [];
    this.size = rest.length;
    this.wanted = LENGTHS_BYTES;
  }
}
