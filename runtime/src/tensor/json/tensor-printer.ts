import { InferenceError } from '../errors.js';
import { shortFloatOf } from '../float16.js';
import { MISSING_TEXT } from '../missing.js';
import type { Tensor } from '../tensor.js';
import type { JsonWriter } from './writer.js';

/** Style in which a protocol writes the elements of a tensor. */
export interface TensorStyle {
  /** Separator of list elements: `,` with or without white space. */
  readonly separator: string;
  /**
   * Representation of NaN and the infinities. `words` writes bare words, which is not valid JSON. `null` writes NaN as
   * `null`, a missing value, and rejects the infinities. `refused` rejects all of them.
   */
  readonly nonFinite: 'words' | 'null' | 'refused';
  /** Prefix and suffix of a bytes element written as an object, `{"b64": "…"}`. @default - a text string */
  readonly base64?: readonly [string, string];
}

/** Compact JSON without values that the standard cannot represent. */
export const STRICT_JSON: TensorStyle = { separator: ',', nonFinite: 'refused' };

/**
 * Writes the elements of `tensor` from `offset` on as lists nested by `shape`.
 *
 * @throws InferenceError `FAILED_PRECONDITION` for values that this style cannot represent
 */
export function writeNested(
  writer: JsonWriter,
  tensor: Tensor,
  shape: readonly number[],
  offset: number,
  style: TensorStyle,
): void {
  if (shape.length === 0) {
    writeElements(writer, tensor, offset, offset + 1, style);
    return;
  }
  writer.raw('[');
  const [size, ...inner] = shape as [number, ...number[]];
  if (inner.length === 0) {
    writeElements(writer, tensor, offset, offset + size, style);
  } else {
    let step = 1;
    for (const length of inner) step *= length;
    for (let index = 0; index < size; index++) {
      if (index > 0) writer.raw(style.separator);
      writeNested(writer, tensor, inner, offset + index * step, style);
    }
  }
  writer.raw(']');
}

/** Writes the elements from `start` to before `end`, with separators and without brackets. */
export function writeElements(
  writer: JsonWriter,
  tensor: Tensor,
  start: number,
  end: number,
  style: TensorStyle,
): void {
  const { separator, nonFinite } = style;
  switch (tensor.datatype) {
    case 'FP32':
    case 'FP64': {
      const data = tensor.data as Float32Array | Float64Array;
      const single = tensor.datatype === 'FP32';
      for (let index = start; index < end; index++) {
        if (index > start) writer.raw(separator);
        const value = data[index]!;
        if (nonFinite !== 'words' && !Number.isFinite(value)) writeNull(writer, tensor, value, nonFinite);
        else writer.decimal(value, single);
      }
      return;
    }
    case 'FP16':
    case 'BF16': {
      const data = tensor.data as Uint16Array;
      const { toNumber } = shortFloatOf(tensor.datatype)!;
      for (let index = start; index < end; index++) {
        if (index > start) writer.raw(separator);
        const value = toNumber(data[index]!);
        if (nonFinite !== 'words' && !Number.isFinite(value)) writeNull(writer, tensor, value, nonFinite);
        else writer.decimal(value, true);
      }
      return;
    }
    case 'BYTES': {
      const data = tensor.data as Buffer[];
      for (let index = start; index < end; index++) {
        if (index > start) writer.raw(separator);
        writeBytes(writer, tensor, data[index]!, style);
      }
      return;
    }
    case 'BOOL': {
      const data = tensor.data as Uint8Array;
      for (let index = start; index < end; index++) {
        if (index > start) writer.raw(separator);
        writer.raw(data[index] === 0 ? 'false' : 'true');
      }
      return;
    }
    case 'INT64':
    case 'UINT64': {
      const data = tensor.data as BigInt64Array | BigUint64Array;
      for (let index = start; index < end; index++) {
        if (index > start) writer.raw(separator);
        writer.raw(data[index]!.toString());
      }
      return;
    }
    default: {
      const data = tensor.data as Int32Array;
      for (let index = start; index < end; index++) {
        if (index > start) writer.raw(separator);
        writer.integer(data[index]!);
      }
    }
  }
}

function writeBytes(writer: JsonWriter, tensor: Tensor, value: Buffer, style: TensorStyle): void {
  if (value === MISSING_TEXT) {
    writer.raw('null');
  } else if (style.base64) {
    writer.raw(style.base64[0]);
    writer.base64(value);
    writer.raw(style.base64[1]);
  } else if (!writer.stringBytes(value)) {
    throw new InferenceError(
      'FAILED_PRECONDITION',
      `output ${tensor.name} holds bytes that are not UTF-8, which JSON text cannot carry: request it in binary`,
    );
  }
}

function writeNull(writer: JsonWriter, tensor: Tensor, value: number, nonFinite: TensorStyle['nonFinite']): void {
  if (nonFinite === 'refused' || !Number.isNaN(value)) throw nonFiniteOutput(tensor, value);
  writer.raw('null');
}

function nonFiniteOutput(tensor: Tensor, value: number): InferenceError {
  return new InferenceError(
    'FAILED_PRECONDITION',
    `output ${tensor.name} holds ${value}, which JSON has no number for: request it in binary`,
  );
}
