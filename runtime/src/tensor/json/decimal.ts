/** Number of digits that is tried first. */
export const SHORT_DIGITS = 6;

/** Number of digits that makes every float, and every double, read back as itself. */
export const FLOAT_DIGITS = 9;
export const DOUBLE_DIGITS = 17;

/**
 * Formats a finite number as TensorFlow Serving does. It uses six significant digits if they read back as the same
 * number, else all digits that are needed. The text equals C's `%.6g`, and `%.9g` or `%.17g`, with `.0` after whole
 * numbers.
 */
export function decimalText(value: number, single: boolean): string {
  const short = formatGeneral(value, SHORT_DIGITS);
  const readBack = single ? Math.fround(Number(short)) : Number(short);
  const text = readBack === value ? short : formatGeneral(value, single ? FLOAT_DIGITS : DOUBLE_DIGITS);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Formats a number like C's `%.{digits}g`. */
function formatGeneral(value: number, digits: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa, exponentText] = exponential(Math.abs(value), digits).split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= digits) {
    const power = Math.abs(exponent).toString().padStart(2, '0');
    return `${sign}${trimZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  const all = mantissa.replace('.', '');
  if (exponent < 0) return `${sign}${trimZeros(`0.${'0'.repeat(-exponent - 1)}${all}`)}`;
  return `${sign}${trimZeros(`${all.slice(0, exponent + 1)}.${all.slice(exponent + 1)}`)}`;
}

/** Formats like `toExponential`, but rounds ties to even as C does, not up. */
function exponential(value: number, digits: number): string {
  const rounded = value.toExponential(digits - 1);
  const exponent = Number(rounded.slice(rounded.indexOf('e') + 1));
  // A tie has exactly one more digit, a 5. Multiplying it by this power of two yields an integer.
  if (value === 0 || !Number.isInteger(value * 2 ** (digits - exponent))) return rounded;
  const exact = value.toExponential(Math.min(100, digits + 60));
  const cut = digits + 1;
  const isHalfway = /^50*$/.test(exact.slice(cut, exact.indexOf('e')));
  const isEven = Number(exact[digits === 1 ? 0 : digits]) % 2 === 0;
  return isHalfway && isEven ? exact.slice(0, cut) + exact.slice(exact.indexOf('e')) : rounded;
}

function trimZeros(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0*$/, '') : decimal;
}
