/** Alignment in bytes that suits every element type. */
const ALIGNMENT = 8;

/**
 * Returns the padding in bytes from `position` to the next aligned one. Bit operations give a result even if `position`
 * comes from a request and is not a valid number.
 */
export function paddingAfter(position: number): number {
  return -position & (ALIGNMENT - 1);
}
