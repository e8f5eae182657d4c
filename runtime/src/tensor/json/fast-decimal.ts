import { LOWER_E, MINUS, PLUS, POINT, ZERO } from './ascii.js';
import { DOUBLE_DIGITS, FLOAT_DIGITS, SHORT_DIGITS } from './decimal.js';

/** Powers of ten that a double represents exactly. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Bounds within which all required powers of ten are exact. */
const LEAST = 1e-14;
const MOST = 1e15;
const LEAST_DOUBLE_EXPONENT = -6;

/** Splits the 53 bits of a double into halves, so that products of the halves are exact. */
const SPLITTER = 2 ** 27 + 1;

// Digits and exponent of the last result. Only one number is printed at a time, and returning an object would allocate.
const found = new Uint8Array(DOUBLE_DIGITS);
let foundExponent = 0;

/**
 * Computes the digits that `decimalText` would print for a positive number, with arithmetic instead of strings.
 *
 * @returns the number of digits for `placeDigits`; 0 if only the slow path is reliable
 */
export function significantDigits(size: number, single: boolean): number {
  if (!(size >= LEAST && size < MOST)) return 0;
  const exponent = exponentOf(size);
  const places = SHORT_DIGITS - 1 - exponent;
  const six = Math.round(scale(size, places));
  if (six < 1e5 || six > 1e6) return 0;
  foundExponent = exponent;
  const readBack = places >= 0 ? six / POWERS_OF_TEN[places]! : six * POWERS_OF_TEN[-places]!;
  if ((single ? Math.fround(readBack) : readBack) === size) {
    // A number just below a power of ten rounds up to that power.
    if (six === 1e6) foundExponent++;
    store(six === 1e6 ? 1e5 : six, SHORT_DIGITS, 0);
    return SHORT_DIGITS;
  }
  if (!single) return exponent >= LEAST_DOUBLE_EXPONENT ? doubleDigits(size, DOUBLE_DIGITS - 1 - exponent) : 0;
  const scaled = scale(size, FLOAT_DIGITS - 1 - exponent);
  const nine = Math.round(scaled);
  if (nine < 1e8 || nine >= 1e9 || isNearHalf(scaled - Math.floor(scaled))) return 0;
  store(nine, FLOAT_DIGITS, 0);
  return FLOAT_DIGITS;
}

/** Writes the last digits at `position` in the layout of C's `%g`, but with `.0` after whole numbers. */
export function placeDigits(bytes: Uint8Array, position: number, looked: number): number {
  const exponent = foundExponent;
  let at = position;
  let count = looked;
  while (count > 1 && found[count - 1] === 0) count--;
  if (exponent < -4 || exponent >= looked) {
    bytes[at++] = ZERO + found[0]!;
    if (count > 1) bytes[at++] = POINT;
    for (let index = 1; index < count; index++) bytes[at++] = ZERO + found[index]!;
    bytes[at++] = LOWER_E;
    bytes[at++] = exponent < 0 ? MINUS : PLUS;
    const power = Math.abs(exponent);
    bytes[at++] = ZERO + Math.floor(power / 10);
    bytes[at++] = ZERO + (power % 10);
    return at;
  }
  if (exponent < 0) {
    bytes[at++] = ZERO;
    bytes[at++] = POINT;
    for (let index = -1; index > exponent; index--) bytes[at++] = ZERO;
    for (let index = 0; index < count; index++) bytes[at++] = ZERO + found[index]!;
    return at;
  }
  for (let index = 0; index <= exponent; index++) bytes[at++] = ZERO + (index < count ? found[index]! : 0);
  bytes[at++] = POINT;
  if (count <= exponent + 1) bytes[at++] = ZERO;
  for (let index = exponent + 1; index < count; index++) bytes[at++] = ZERO + found[index]!;
  return at;
}

/** Computes seventeen digits from the exact product with a power of ten, represented as the sum of two doubles. */
function doubleDigits(size: number, places: number): number {
  const power = POWERS_OF_TEN[places]!;
  const product = size * power;
  const sizeSplit = SPLITTER * size;
  const sizeHigh = sizeSplit - (sizeSplit - size);
  const sizeLow = size - sizeHigh;
  const powerSplit = SPLITTER * power;
  const powerHigh = powerSplit - (powerSplit - power);
  const powerLow = power - powerHigh;
  const rest = sizeLow * powerLow - (product - sizeHigh * powerHigh - sizeLow * powerHigh - sizeHigh * powerLow);

  const upper = Math.floor(product / 1e8);
  const lower = product - upper * 1e8 + rest;
  const rounded = Math.round(lower);
  if (upper < 1e8 || upper >= 1e9 || rounded < 0 || rounded >= 1e8) return 0;
  if (isNearHalf(lower - Math.floor(lower))) return 0;
  store(upper, 9, 0);
  store(rounded, 8, 9);
  return DOUBLE_DIGITS;
}

/** Whether rounding errors, or the rule for ties, could change how a fraction is rounded. */
function isNearHalf(fraction: number): boolean {
  return fraction > 0.49999 && fraction < 0.50001;
}

function scale(size: number, places: number): number {
  return places >= 0 ? size * POWERS_OF_TEN[places]! : size / POWERS_OF_TEN[-places]!;
}

function store(value: number, count: number, from: number): void {
  let rest = value | 0;
  for (let index = from + count - 1; index >= from; index--) {
    const next = (rest / 10) | 0;
    found[index] = rest - next * 10;
    rest = next;
  }
}

/**
 * Returns the exponent of the first digit. It may be off by one near a power of ten, which the caller detects by the
 * digits.
 */
function exponentOf(size: number): number {
  if (size < 1) {
    if (size >= 0.1) return -1;
    if (size >= 0.01) return -2;
    if (size >= 0.001) return -3;
  } else {
    if (size < 10) return 0;
    if (size < 100) return 1;
    if (size < 1000) return 2;
  }
  return Math.floor(Math.log10(size));
}
