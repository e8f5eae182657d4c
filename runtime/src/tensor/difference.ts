import { shortFloatOf } from './float16.js';
import type { Tensor } from './tensor.js';

/** Allowed deviation of a response from the golden one: `|got - wanted| <= absolute + relative * |wanted|`. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/**
 * Describes the first difference between a response and the golden one.
 *
 * @returns undefined if they match
 */
export function differenceBetween(got: Tensor, wanted: Tensor, tolerance: Tolerance): string | undefined {
  if (got.datatype !== wanted.datatype) return `${wanted.name} has type ${got.datatype}, expected ${wanted.datatype}`;
  if (got.shape.length !== wanted.shape.length || got.shape.some((size, axis) => size !== wanted.shape[axis])) {
    return `${wanted.name} has shape [${got.shape}], expected [${wanted.shape}]`;
  }
  const shortFloat = shortFloatOf(wanted.datatype);
  const asNumber = (element: Element) => (shortFloat ? shortFloat.toNumber(element as number) : element);
  for (let index = 0; index < wanted.data.length; index++) {
    const left = asNumber(got.data[index]!);
    const right = asNumber(wanted.data[index]!);
    if (agree(left, right, tolerance)) continue;
    return `${wanted.name}[${index}] is ${shown(left)}, expected ${shown(right)}`;
  }
  return undefined;
}

type Element = number | bigint | Buffer;

function agree(got: Element, wanted: Element, { absolute, relative }: Tolerance): boolean {
  if (typeof got === 'number' && typeof wanted === 'number') {
    if (Object.is(got, wanted)) return true;
    // A fraction of infinity is infinite, so every number would be within the tolerance.
    return Number.isFinite(wanted) && Math.abs(got - wanted) <= absolute + relative * Math.abs(wanted);
  }
  return Buffer.isBuffer(got) && Buffer.isBuffer(wanted) ? got.equals(wanted) : got === wanted;
}

function shown(element: Element): string {
  return Buffer.isBuffer(element) ? JSON.stringify(element.toString().slice(0, 80)) : String(element);
}
