/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Whole numbers below are exact in a double; this one may have been rounded to. */
const MAX_EXACT = 2 ** 53;

// Nineteen digits gathered in a double are off by at most eight roundings; the division adds one.
const MAX_GATHERED = 1e19;
const BELOW = 1 - 2e-15;
const ABOVE = 1 + 2e-15;

/**
 * Returns the number nearest to `digits * 10 ** exponent`, rounded to a float if `single` and else to a double: as
 * `Math.fround(Number(text))` and `Number(text)` do.
 *
 * @param digits the digits of the text gathered in a double, which may have rounded them
 * @param bytes what holds the text, without a sign, from `start` to before `end`: read where the digits do not suffice
 */
export function nearestNumber(
  digits: number,
  exponent: number,
  single: boolean,
  bytes: Buffer,
  start: number,
  end: number,
): number {
  let value: number;
  if (exponent >= -22 && exponent <= 22 && (digits < MAX_EXACT || (single && digits < MAX_GATHERED))) {
    // Both operands exact means one rounding: the correct one.
    value = exponent < 0 ? digits / POWERS_OF_TEN[-exponent]! : digits * POWERS_OF_TEN[exponent]!;
    if (digits >= MAX_EXACT && Math.fround(value * BELOW) !== Math.fround(value * ABOVE)) {
      value = Number(bytes.toString('latin1', start, end));
    }
  } else {
    value = Number(bytes.toString('latin1', start, end));
  }
  return single ? Math.fround(value) : value;
}
