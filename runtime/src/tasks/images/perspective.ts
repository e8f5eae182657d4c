import { type Corners, distance, type Point } from './rectangle.js';
import type { Picture, Size } from './resample.js';

/** Parameter of OpenCV's cubic interpolation. */
const SHARPNESS = -0.75;

/** Writes the weights of the four pixels around a position, a share of the way from the second to the third. */
function weigh(share: number, weights: Float64Array): void {
  const far = (x: number) => SHARPNESS * (((x - 5) * x + 8) * x - 4);
  const near = (x: number) => ((SHARPNESS + 2) * x - (SHARPNESS + 3)) * x * x + 1;
  weights[0] = far(share + 1);
  weights[1] = near(share);
  weights[2] = near(1 - share);
  weights[3] = 1 - weights[0]! - weights[1]! - weights[2]!;
}

/**
 * Cuts a quadrilateral out of a picture, and straightens it to a rectangle. Pixels are interpolated between sixteen, and those
 * beyond the picture are the nearest ones in it. Quadrilaterals at least 1.5 times as high as wide are turned to the left.
 */
export function cutOut(picture: Picture, corners: Corners): Picture {
  const { height, width } = straightSize(corners);
  const straight = warped(picture, transformTo(corners, width, height), width, height);
  return height / width >= 1.5 ? turnedLeft(straight) : straight;
}

/** Returns the size of a quadrilateral after it was straightened to a rectangle. */
export function straightSize([topLeft, topRight, bottomRight, bottomLeft]: Corners): Size {
  return {
    height: Math.trunc(Math.max(distance(topLeft, bottomLeft), distance(topRight, bottomRight))),
    width: Math.trunc(Math.max(distance(topLeft, topRight), distance(bottomRight, bottomLeft))),
  };
}

/** Coefficients of a perspective: `x = (a u + b v + c) / (g u + h v + 1)`, and `y` with `d`, `e` and `f`. */
type Perspective = readonly [a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number];

/** Returns the perspective from a rectangle to a quadrilateral. */
function transformTo(corners: Corners, width: number, height: number): Perspective {
  const sources: readonly Point[] = [
    { x: 0, y: 0 },
    { x: width, y: 0 },
    { x: width, y: height },
    { x: 0, y: height },
  ];
  const rows = sources.flatMap(({ x: u, y: v }, index) => {
    const { x, y } = corners[index]!;
    return [
      [u, v, 1, 0, 0, 0, -u * x, -v * x, x],
      [0, 0, 0, u, v, 1, -u * y, -v * y, y],
    ];
  });
  return solved(rows) as unknown as Perspective;
}

/** Solves linear equations, each with its coefficients and the value on the right side, by Gauss's elimination. */
function solved(rows: number[][]): number[] {
  const { length } = rows;
  for (let column = 0; column < length; column++) {
    let pivot = column;
    for (let row = column + 1; row < length; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const current = rows[column]!;
    for (const [index, row] of rows.entries()) {
      const factor = index === column ? 0 : row[column]! / current[column]!;
      if (factor === 0) continue;
      for (let each = column; each <= length; each++) row[each]! -= factor * current[each]!;
    }
  }
  return rows.map((row, index) => row[length]! / row[index]!);
}

function warped(picture: Picture, perspective: Perspective, width: number, height: number): Picture {
  const [a, b, c, d, e, f, g, h] = perspective;
  const { channels, data } = picture;
  const out = new Uint8ClampedArray(width * height * channels);
  const columns = new Int32Array(4);
  const horizontal = new Float64Array(4);
  const vertical = new Float64Array(4);
  let at = 0;
  for (let v = 0; v < height; v++) {
    for (let u = 0; u < width; u++) {
      const depth = g * u + h * v + 1;
      const x = (a * u + b * v + c) / depth;
      const y = (d * u + e * v + f) / depth;
      const left = Math.floor(x);
      const top = Math.floor(y);
      weigh(x - left, horizontal);
      weigh(y - top, vertical);
      for (let tap = 0; tap < 4; tap++) columns[tap] = limited(left + tap - 1, picture.width) * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0;
        for (let tap = 0; tap < 4; tap++) {
          const line = limited(top + tap - 1, picture.height) * picture.width * channels + channel;
          let row = 0;
          for (let each = 0; each < 4; each++) row += data[line + columns[each]!]! * horizontal[each]!;
          sum += row * vertical[tap]!;
        }
        out[at++] = Math.round(sum);
      }
    }
  }
  return { width, height, channels, data: new Uint8Array(out.buffer) };
}

const limited = (index: number, length: number) => Math.min(Math.max(index, 0), length - 1);

function turnedLeft({ channels, data, height, width }: Picture): Picture {
  const out = new Uint8Array(data.length);
  let at = 0;
  for (let column = width - 1; column >= 0; column--) {
    for (let row = 0; row < height; row++) {
      const from = (row * width + column) * channels;
      for (let channel = 0; channel < channels; channel++) out[at++] = data[from + channel]!;
    }
  }
  return { width: height, height: width, channels, data: out };
}

/** Turns a picture upside down. */
export function upsideDown({ channels, data, ...size }: Picture): Picture {
  const out = new Uint8Array(data.length);
  for (let from = data.length - channels, at = 0; from >= 0; from -= channels) {
    for (let channel = 0; channel < channels; channel++) out[at++] = data[from + channel]!;
  }
  return { ...size, channels, data: out };
}
