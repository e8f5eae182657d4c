import type { Picture, Size } from './resample.js';

/** Fractional bits of OpenCV's weights for pictures of 8 bits a channel. */
const WEIGHT_BITS = 11;
const ONE = 1 << WEIGHT_BITS;

/** The two source pixels of each output pixel along one axis, and their weights in fixed point. */
interface Neighbours {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly lowWeight: Int32Array;
  readonly highWeight: Int32Array;
}

/**
 * Resizes a picture to the pixels that OpenCV returns from `resize` with its default, `INTER_LINEAR`: each pixel is
 * interpolated between the nearest four, also where a picture becomes smaller.
 */
export function resizeLinear(picture: Picture, { height, width }: Size): Picture {
  const { channels, data } = picture;
  if (picture.width === width && picture.height === height) return picture;
  // OpenCV takes the mean here.
  if (picture.width === 2 * width && picture.height === 2 * height) return halved(picture);
  const columns = neighboursOf(picture.width, width);
  const rows = neighboursOf(picture.height, height);
  const pitch = width * channels;
  const out = new Uint8Array(height * pitch);
  const lines = [new Int32Array(pitch), new Int32Array(pitch)] as const;
  const held = [-1, -1];
  const line = (row: number): Int32Array => {
    const place = row & 1;
    const target = lines[place]!;
    if (held[place] === row) return target;
    held[place] = row;
    const start = row * picture.width * channels;
    let at = 0;
    for (let column = 0; column < width; column++) {
      const low = start + columns.low[column]! * channels;
      const high = start + columns.high[column]! * channels;
      const lowWeight = columns.lowWeight[column]!;
      const highWeight = columns.highWeight[column]!;
      for (let channel = 0; channel < channels; channel++) {
        target[at++] = data[low + channel]! * lowWeight + data[high + channel]! * highWeight;
      }
    }
    return target;
  };
  for (let row = 0; row < height; row++) {
    const above = line(rows.low[row]!);
    const below = rows.high[row] === rows.low[row] ? above : line(rows.high[row]!);
    const aboveWeight = rows.lowWeight[row]!;
    const belowWeight = rows.highWeight[row]!;
    const start = row * pitch;
    for (let at = 0; at < pitch; at++) {
      // The shifts are those of OpenCV: sums of 16 bits keep two fractional bits, which are rounded last.
      const sum = ((aboveWeight * (above[at]! >> 4)) >> 16) + ((belowWeight * (below[at]! >> 4)) >> 16);
      out[start + at] = (sum + 2) >> 2;
    }
  }
  return { width, height, channels, data: out };
}

function neighboursOf(from: number, to: number): Neighbours {
  const scale = from / to;
  const result = {
    low: new Int32Array(to),
    high: new Int32Array(to),
    lowWeight: new Int32Array(to),
    highWeight: new Int32Array(to),
  };
  for (let index = 0; index < to; index++) {
    const position = Math.fround((index + 0.5) * scale - 0.5);
    const floor = Math.floor(position);
    const share = Math.fround(position - floor);
    // Beyond the first and the last pixel both are the same one.
    result.low[index] = Math.min(Math.max(floor, 0), from - 1);
    result.high[index] = Math.min(Math.max(floor + 1, 0), from - 1);
    result.lowWeight[index] = halfEven(Math.fround(1 - share) * ONE);
    result.highWeight[index] = halfEven(share * ONE);
  }
  return result;
}

/** Rounds to the nearest integer, and halves to the even one, as processors and Python do. */
export function halfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Takes the mean of each square of four pixels. */
function halved({ channels, data, height, width }: Picture): Picture {
  const half = { height: height / 2, width: width / 2 };
  const out = new Uint8Array(half.height * half.width * channels);
  const pitch = width * channels;
  let at = 0;
  for (let row = 0; row < half.height; row++) {
    for (let column = 0; column < half.width; column++) {
      const from = 2 * (row * pitch + column * channels);
      for (let channel = from; channel < from + channels; channel++) {
        const sum =
          data[channel]! + data[channel + channels]! + data[channel + pitch]! + data[channel + pitch + channels]!;
        out[at++] = (sum + 2) >> 2;
      }
    }
  }
  return { ...half, channels, data: out };
}
