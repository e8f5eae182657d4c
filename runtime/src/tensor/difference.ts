import { shortFloatOf } from './float16.js';
import { maskDifference } from './mask-difference.js';
import type { Tensor } from './tensor.js';

/**
 * Allowed deviation of a response from the golden one: `|got - wanted| <= absolute + relative * |wanted|`. It applies to
 * numbers inside JSON texts too.
 */
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

function agree(got: Element, wanted: Element, tolerance: Tolerance): boolean {
  if (typeof got === 'number' && typeof wanted === 'number') {
    if (Object.is(got, wanted)) return true;
    // A fraction of infinity is infinite, so every number would be within the tolerance.
    return (
      Number.isFinite(wanted) && Math.abs(got - wanted) <= tolerance.absolute + tolerance.relative * Math.abs(wanted)
    );
  }
  if (!Buffer.isBuffer(got) || !Buffer.isBuffer(wanted)) return got === wanted;
  return got.equals(wanted) || jsonAgrees(got, wanted, tolerance);
}

/** Whether two JSON texts differ only by numbers within the tolerance. Tasks report lists of objects as JSON. */
function jsonAgrees(got: Buffer, wanted: Buffer, tolerance: Tolerance): boolean {
  const isJson = (text: Buffer) => text[0] === 0x5b || text[0] === 0x7b;
  if (!isJson(got) || !isJson(wanted)) return false;
  try {
    return valuesAgree(JSON.parse(got.toString()), JSON.parse(wanted.toString()), tolerance);
  } catch {
    return false;
  }
}

/** Members that hold positions in pixels. */
const POSITIONS: readonly (string | undefined)[] = ['box', 'polygon'];

/** Difference of positions, in pixels. They are cut to whole pixels, so the least difference may be one. */
const POSITION_TOLERANCE = 1;

/** Share of the pixels of a mask whose class may differ. On borders two classes have nearly the same score. */
const MASK_TOLERANCE = 0.001;

function valuesAgree(got: unknown, wanted: unknown, tolerance: Tolerance, member?: string): boolean {
  if (typeof got === 'number' && typeof wanted === 'number') return agree(got, wanted, tolerance);
  if (member === 'mask' && typeof got === 'string' && typeof wanted === 'string') {
    return got === wanted || (maskDifference(got, wanted) ?? 1) <= MASK_TOLERANCE;
  }
  if (got === null || wanted === null || typeof got !== 'object' || typeof wanted !== 'object') return got === wanted;
  const names = Object.keys(wanted);
  const own = POSITIONS.includes(member)
    ? { ...tolerance, absolute: Math.max(POSITION_TOLERANCE, tolerance.absolute) }
    : tolerance;
  return (
    Array.isArray(got) === Array.isArray(wanted) &&
    Object.keys(got).length === names.length &&
    names.every((name) =>
      valuesAgree((got as Record<string, unknown>)[name], (wanted as Record<string, unknown>)[name], own, name),
    )
  );
}

function shown(element: Element): string {
  return Buffer.isBuffer(element) ? JSON.stringify(element.toString().slice(0, 80)) : String(element);
}
