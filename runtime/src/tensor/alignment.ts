/** Suits every element of a tensor. */
const ALIGNMENT = 8;

/** Bytes from `position` to where a tensor may begin next. In bits, as a position that somebody told may be anything. */
export function paddingAfter(position: number): number {
  return -position & (ALIGNMENT - 1);
}
