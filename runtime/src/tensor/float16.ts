/** The value of the IEEE 754 half whose bits are given. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The value of the bfloat16 whose bits are given: they are the upper half of a float's. */
export function bfloatToNumber(bits: number): number {
  word[0] = bits << 16;
  return float[0]!;
}
