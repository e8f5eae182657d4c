import type { Datatype } from './datatype.js';

/** The two float formats of 16 bits, whose tensors hold raw bits because Node 22 has no array for either. */
interface ShortFloat {
  /** Returns the value of 16 bits. */
  toNumber(bits: number): number;
  /** Returns the bits of the nearest value, ties to even; infinity beyond the largest. */
  fromNumber(value: number): number;
}

/** The value of the IEEE 754 half whose bits are given. */
export function halfToNumber(bits: number): number {
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

/** The value of the bfloat16 whose bits are given: they are the upper half of a float's. */
export function bfloatToNumber(bits: number): number {
  words[0] = bits << 16;
  return float[0]!;
}

const HALF: ShortFloat = { toNumber: halfToNumber, fromNumber: (value) => bitsOf(value, 10, 15) };
const BFLOAT: ShortFloat = { toNumber: bfloatToNumber, fromNumber: (value) => bitsOf(value, 7, 127) };

/** The conversions of a datatype whose tensors hold raw bits; undefined for the others. */
export function shortFloatOf(datatype: Datatype): ShortFloat | undefined {
  if (datatype === 'FP16') return HALF;
  return datatype === 'BF16' ? BFLOAT : undefined;
}

/** Bits of the nearest float with `fractionBits` bits of fraction and the exponent bias `bias`. */
function bitsOf(value: number, fractionBits: number, bias: number): number {
  const infinity = (2 * bias + 1) << fractionBits;
  if (Number.isNaN(value)) return infinity | (1 << (fractionBits - 1));
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  double[0] = size;
  const exponent = ((words[1]! >>> 20) & 0x7ff) - 1023;
  if (exponent > bias) return sign | infinity;
  // Below the least exponent, numbers are spaced as at it.
  const least = 1 - bias;
  const units = roundToEven(size / 2 ** (Math.max(exponent, least) - fractionBits));
  // Units include the leading one of normal numbers, and rounding up may carry into the exponent, which is the right bits.
  return sign | (units + (Math.max(exponent, least) - least) * 2 ** fractionBits);
}

function roundToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
