import type { Datatype } from './datatype.js';
import type { Tensor } from './tensor.js';

/**
 * Conversions of a 16-bit float format. Its tensors hold raw bits, because Node 22 has no typed array for either
 * format.
 */
interface ShortFloat {
  /** Returns the value for 16 bits. */
  toNumber(bits: number): number;
  /** Returns the bits of the nearest value, ties to even, or of infinity if the value is too large. */
  fromNumber(value: number): number;
}

/** Returns the value of an IEEE 754 half-precision float from its bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const words = new Uint32Array(2);
const float = new Float32Array(words.buffer, 0, 1);
const double = new Float64Array(words.buffer);

/** Returns the value of a bfloat16 from its bits, which are the upper half of a 32-bit float. */
function bfloatToNumber(bits: number): number {
  words[0] = bits << 16;
  return float[0]!;
}

const HALF: ShortFloat = { toNumber: halfToNumber, fromNumber: (value) => bitsOf(value, 10, 15) };
const BFLOAT: ShortFloat = { toNumber: bfloatToNumber, fromNumber: (value) => bitsOf(value, 7, 127) };

/** Returns the conversions of a datatype whose tensors hold raw bits. Undefined for other datatypes. */
export function shortFloatOf(datatype: Datatype): ShortFloat | undefined {
  if (datatype === 'FP16') return HALF;
  return datatype === 'BF16' ? BFLOAT : undefined;
}

/**
 * Returns the elements of a tensor, with those of FP16 and BF16 converted to 32-bit numbers. Elements of other datatypes are not
 * copied or converted, so those of INT64 and UINT64 are of the type `bigint` whatever the return type declares.
 */
export function floatsOf({ datatype, data }: Pick<Tensor, 'datatype' | 'data'>): Float32Array {
  const short = shortFloatOf(datatype);
  return short ? Float32Array.from(data as Uint16Array, (bits) => short.toNumber(bits)) : (data as Float32Array);
}

/** Returns the bits of the nearest float with `fractionBits` fraction bits and the exponent bias `bias`. */
function bitsOf(value: number, fractionBits: number, bias: number): number {
  const infinity = (2 * bias + 1) << fractionBits;
  if (Number.isNaN(value)) return infinity | (1 << (fractionBits - 1));
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  double[0] = size;
  const exponent = ((words[1]! >>> 20) & 0x7ff) - 1023;
  if (exponent > bias) return sign | infinity;
  // Subnormal numbers have the spacing of the smallest normal exponent.
  const least = 1 - bias;
  const units = roundToEven(size / 2 ** (Math.max(exponent, least) - fractionBits));
  // The units include the implicit leading one of normal numbers. Rounding up may carry into the exponent, which yields
  // the correct bits.
  return sign | (units + (Math.max(exponent, least) - least) * 2 ** fractionBits);
}

function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
