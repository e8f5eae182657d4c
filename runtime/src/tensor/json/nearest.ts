/** Powers of ten that a double represents exactly. */
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Smaller integers are exact in a double. This one may be the result of rounding. */
const MAX_EXACT = 2 ** 53;

// Accumulating nineteen digits in a double takes at most eight roundings. The division adds one.
const MAX_GATHERED = 1e19;
const BELOW = 1 - 2e-15;
const ABOVE = 1 + 2e-15;

/**
 * Returns the number nearest to `digits * 10 ** exponent`, rounded to a float if `single`, else to a double. The result
 * equals `Math.fround(Number(text))` or `Number(text)`.
 *
 * @param digits digits of the text accumulated in a double, which may have rounded them
 * @param bytes buffer with the text, without a sign, from `start` to before `end`; read only if `digits` is not exact
 * enough
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
    // Exact operands are rounded only once, so the result is correct.
    value = exponent < 0 ? digits / POWERS_OF_TEN[-exponent]! : digits * POWERS_OF_TEN[exponent]!;
    if (digits >= MAX_EXACT && Math.fround(value * BELOW) !== Math.fround(value * ABOVE)) {
      value = Number(bytes.toString('latin1', start, end));
    }
  } else {
    value = Number(bytes.toString('latin1', start, end));
  }
  return single ? Math.fround(value) : value;
}
