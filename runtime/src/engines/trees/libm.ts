// Exponential and logarithm of 32-bit floats as the C libraries glibc and musl compute them, bit for bit. Their results
// are not always the nearest float, so `Math.exp` and `Math.log` differ in the last bit now and then. The constants are
// those of Arm's optimized routines, which both libraries use (NOTICE).

const EXP_STEPS = 32;
const EXP_C0 = 0.05550361559341535 / EXP_STEPS ** 3;
const EXP_C1 = 0.2402284522445722 / EXP_STEPS ** 2;
const EXP_C2 = 0.6931471806916203 / EXP_STEPS;

/** 2 ** (i / EXP_STEPS). */
const EXP_POWERS = Float64Array.from({ length: EXP_STEPS }, (_, index) => 2 ** (index / EXP_STEPS));

/** Returns e ** x of a 32-bit float. */
export function expf(x: number): number {
  if (Number.isNaN(x)) return x;
  // Beyond these limits the result is 0 or infinite.
  if (x < -110 || x > 90) return x < 0 ? 0 : Number.POSITIVE_INFINITY;
  const steps = x * (Math.LOG2E * EXP_STEPS);
  const whole = Math.round(steps);
  const rest = steps - whole;
  const scale = EXP_POWERS[whole & (EXP_STEPS - 1)]! * 2 ** (whole >> 5);
  return Math.fround(((EXP_C0 * rest + EXP_C1) * (rest * rest) + (EXP_C2 * rest + 1)) * scale);
}

/** Approximate inverses of the centers of 16 intervals, and the logarithms of the centers. */
const LOG_INVERSES = [
  1.398907162146528, 1.3403141896637998, 1.286432210124115, 1.2367150214269895, 1.1906977166711752, 1.1479821020556429,
  1.1082251448272158, 1.0711297413057381, 1.036437278977283, 1, 0.9492859795739057, 0.8951049428609004,
  0.8476821620351103, 0.8050314851692001, 0.7664671008843108, 0.731428603316328,
];
const LOG_CENTERS = LOG_INVERSES.map((inverse) => -Math.log(inverse));
const LOG_A0 = -0.25089342214237154;
const LOG_A1 = 0.333456765744066;
const LOG_A2 = -0.4999997485802103;

/** Bits of the float at which the first interval starts, about 0.7. */
const LOG_START = 0x3f330000;

/** Returns the natural logarithm of a 32-bit float. */
export function logf(x: number): number {
  if (!(x > 0) || x === Number.POSITIVE_INFINITY) return Math.log(x);
  // Floats below the smallest normal one have fewer digits, and are scaled up.
  const shift = x < 2 ** -126 ? 23 : 0;
  const bits = new Int32Array(Float32Array.of(x * 2 ** shift).buffer);
  const offset = bits[0]! - LOG_START;
  const interval = (offset >> 19) & 15;
  bits[0]! -= offset & 0xff800000;
  const rest = new Float32Array(bits.buffer)[0]! * LOG_INVERSES[interval]! - 1;
  const main = LOG_CENTERS[interval]! + ((offset >> 23) - shift) * Math.LN2;
  const square = rest * rest;
  return Math.fround((LOG_A0 * square + (LOG_A1 * rest + LOG_A2)) * square + (main + rest));
}
