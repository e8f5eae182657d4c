import type { ResizeFilter } from '../../manifest/index.js';
import { RECORD_HEADER_WORDS, type ResizeCode, resizeCode } from './resize-code.js';

/** Decoded picture: bytes in row-major order, with the channels of a pixel next to each other. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Number of channels: 1 for grey, 3 for colours. */
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Height and width in pixels. */
export interface Size {
  readonly height: number;
  readonly width: number;
}

/** Weight function of a filter, and the distance in source pixels beyond which it is 0. */
interface Kernel {
  readonly support: number;
  weight(distance: number): number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** Kernels of Pillow's filters. The nearest filter copies pixels and has no kernel. */
const KERNELS: Readonly<Record<Exclude<ResizeFilter, 'nearest'>, Kernel>> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: {
    support: 1,
    weight(x) {
      const distance = Math.abs(x);
      if (distance === 0) return 1;
      if (distance >= 1) return 0;
      const angle = distance * Math.PI;
      return (Math.sin(angle) / angle) * (0.54 + 0.46 * Math.cos(angle));
    },
  },
  bicubic: {
    support: 2,
    weight(x) {
      const distance = Math.abs(x);
      const a = -0.5;
      if (distance < 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
      if (distance < 2) return (((distance - 5) * distance + 8) * distance - 4) * a;
      return 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** Fractional bits of Pillow's weights for pictures of 8 bits a channel. */
const PRECISION = 22;

/** Source pixels of each output pixel along one axis, and their weights in fixed point. */
interface Weights {
  /** Number of weights reserved for each output pixel. */
  readonly stride: number;
  /** First source pixel of each output pixel. */
  readonly first: Int32Array;
  /** Number of source pixels of each output pixel. */
  readonly count: Int32Array;
  readonly values: Int32Array;
}

/** Ratio of height to width above which Pillow shrinks the height first, to save time. */
const VERY_TALL = 100;

/**
 * Resizes a picture to exactly the pixels that Pillow 12 returns from `Image.resize`. The filter is widened by the factor
 * when a picture becomes smaller, weights are fixed-point numbers, and rows are rounded to bytes between both passes.
 */
export function resize(picture: Picture, { height, width }: Size, filter: ResizeFilter): Picture {
  if (picture.width === width && picture.height === height) return picture;
  if (filter === 'nearest') return nearest(picture, { height, width });
  if (picture.height > picture.width * VERY_TALL && height < picture.height && picture.width !== width) {
    return resize(resize(picture, { height, width: picture.width }, filter), { height, width }, filter);
  }
  const kernel = KERNELS[filter];
  const rows = picture.height === height ? undefined : weightsOf(picture.height, height, kernel);
  const columns = picture.width === width ? undefined : weightsOf(picture.width, width, kernel);
  // Only the rows that the vertical pass reads.
  const from = rows ? rows.first[0]! : 0;
  const to = rows ? rows.first[height - 1]! + rows.count[height - 1]! : height;
  const bySimd = resizedBySimd(picture, { height, width }, { rows, columns, from, to });
  if (bySimd) return bySimd;
  const resized = columns ? horizontal(picture, columns, width, from, to) : picture;
  return rows ? vertical(resized, rows, height) : resized;
}

/** What a resize reads: weights of the passes that it needs, and the first source row and the one behind the last. */
interface Passes {
  readonly rows: Weights | undefined;
  readonly columns: Weights | undefined;
  readonly from: number;
  readonly to: number;
}

function weightsOf(from: number, to: number, { support: own, weight }: Kernel): Weights {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = own * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const values = new Int32Array(to * stride);
  const shares = new Float64Array(stride);
  const inverse = 1 / stretch;
  for (let index = 0; index < to; index++) {
    const center = (index + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const length = Math.min(from, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let tap = 0; tap < length; tap++) {
      const share = weight((tap + start - center + 0.5) * inverse);
      shares[tap] = share;
      sum += share;
    }
    for (let tap = 0; tap < length; tap++) {
      const share = sum === 0 ? shares[tap]! : shares[tap]! / sum;
      values[index * stride + tap] = Math.trunc(share * (1 << PRECISION) + (share < 0 ? -0.5 : 0.5));
    }
    first[index] = start;
    count[index] = length;
  }
  return { stride, first, count, values };
}

/** Bytes of a page of WebAssembly's memory. */
const PAGE = 1 << 16;

/** Maximum memory of the code in WebAssembly, in bytes. A thread keeps it. */
const MAX_SIMD_BYTES = 1 << 25;

/** Source pixels that are copied into that memory at once, in bytes. They stay in the cache of a processor. */
const BLOCK_BYTES = 1 << 18;

/** Bytes that the code may read and write behind rows. */
const MARGIN = 16;

/** The code in WebAssembly once it was needed. `null` if the processor cannot run it. */
let code: ResizeCode | null | undefined;

/**
 * Runs both passes by SIMD instructions.
 *
 * @returns undefined for grey pictures, for pictures that take too much memory, and where there are no such instructions
 */
function resizedBySimd(
  picture: Picture,
  { height, width }: Size,
  { rows, columns, from, to }: Passes,
): Picture | undefined {
  const { channels, data } = picture;
  if (channels !== 3) return undefined;
  const sourcePitch = picture.width * channels;
  const pitch = width * channels;
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / sourcePitch));
  const recordWords = RECORD_HEADER_WORDS + (columns?.stride ?? 0);
  // Weights of columns and rows, source pixels, rows of the first pass, and one row of the second.
  const rowWeights = columns ? width * recordWords * 4 : 0;
  const block = rowWeights + (rows?.values.byteLength ?? 0);
  const between = block + (columns ? blockRows * sourcePitch + MARGIN : 0);
  const line = between + (to - from) * pitch + MARGIN;
  const bytes = line + pitch + MARGIN;
  if (bytes > MAX_SIMD_BYTES) return undefined;
  if (code === undefined) code = resizeCode(PRECISION) ?? null;
  if (!code) return undefined;
  const missing = bytes - code.memory.buffer.byteLength;
  if (missing > 0) code.memory.grow(Math.ceil(missing / PAGE));
  const memory = new Uint8Array(code.memory.buffer);

  if (columns) {
    const { first, count, stride, values } = columns;
    const records = new Int32Array(code.memory.buffer, 0, rowWeights / 4);
    for (let column = 0; column < width; column++) {
      const at = column * recordWords;
      records[at] = first[column]! * channels;
      records[at + 1] = count[column]! * 4;
      const start = column * stride;
      records.set(values.subarray(start, start + stride), at + RECORD_HEADER_WORDS);
    }
    for (let row = from; row < to; row++) {
      const place = (row - from) % blockRows;
      if (place === 0) {
        memory.set(data.subarray(row * sourcePitch, Math.min(row + blockRows, to) * sourcePitch), block);
      }
      const out = between + (row - from) * pitch;
      code.resizeRow(block + place * sourcePitch, out, 0, rowWeights, recordWords * 4);
    }
  } else {
    memory.set(data.subarray(from * pitch, to * pitch), between);
  }
  if (!rows) return { width, height, channels, data: memory.slice(between, between + height * pitch) };

  new Int32Array(code.memory.buffer, rowWeights, rows.values.length).set(rows.values);
  const out = new Uint8Array(height * pitch);
  for (let row = 0; row < height; row++) {
    const weight = rowWeights + row * rows.stride * 4;
    const source = between + (rows.first[row]! - from) * pitch;
    code.addRows(source, source + pitch, pitch, line, weight, weight + rows.count[row]! * 4);
    out.set(memory.subarray(line, line + pitch), row * pitch);
  }
  return { width, height, channels, data: out };
}

/** Half of the last bit, so that the shift by `PRECISION` rounds. */
const HALF = 1 << (PRECISION - 1);

// Sums fit in 32 bits, as in Pillow: `Math.imul` and `| 0` give the same integers. A `Uint8ClampedArray` limits stores to 0 to 255.

/** Resizes the rows `from` to `to`. The other rows of the result are zeros, which the vertical pass does not read. */
function horizontal(picture: Picture, weights: Weights, width: number, from: number, to: number): Picture {
  const { channels, data, height } = picture;
  const out = new Uint8ClampedArray(width * height * channels);
  const { stride, first, count, values } = weights;
  const pitch = picture.width * channels;
  for (let row = from; row < to; row++) {
    const line = row * pitch;
    let at = row * width * channels;
    for (let column = 0; column < width; column++) {
      const start = column * stride;
      const end = start + count[column]!;
      let source = line + first[column]! * channels;
      if (channels === 1) {
        let sum = HALF;
        for (let tap = start; tap < end; tap++) sum = (sum + Math.imul(data[source++]!, values[tap]!)) | 0;
        out[at++] = sum >> PRECISION;
        continue;
      }
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let tap = start; tap < end; tap++) {
        const value = values[tap]!;
        red = (red + Math.imul(data[source]!, value)) | 0;
        green = (green + Math.imul(data[source + 1]!, value)) | 0;
        blue = (blue + Math.imul(data[source + 2]!, value)) | 0;
        source += 3;
      }
      out[at] = red >> PRECISION;
      out[at + 1] = green >> PRECISION;
      out[at + 2] = blue >> PRECISION;
      at += 3;
    }
  }
  return { width, height, channels, data: bytesOf(out) };
}

function vertical(picture: Picture, weights: Weights, height: number): Picture {
  const { channels, data, width } = picture;
  const pitch = width * channels;
  const out = new Uint8ClampedArray(height * pitch);
  const { stride, first, count, values } = weights;
  // Whole rows are added, because neighbours in memory are read together.
  const sums = new Int32Array(pitch);
  for (let row = 0; row < height; row++) {
    sums.fill(HALF);
    const start = row * stride;
    for (let tap = 0; tap < count[row]!; tap++) {
      const value = values[start + tap]!;
      const line = (first[row]! + tap) * pitch;
      for (let at = 0; at < pitch; at++) sums[at] = (sums[at]! + Math.imul(data[line + at]!, value)) | 0;
    }
    const line = row * pitch;
    for (let at = 0; at < pitch; at++) out[line + at] = sums[at]! >> PRECISION;
  }
  return { width, height, channels, data: bytesOf(out) };
}

function nearest(picture: Picture, { height, width }: Size): Picture {
  const { channels, data } = picture;
  const out = new Uint8Array(height * width * channels);
  const rows = nearestPixels(picture.height, height);
  const columns = nearestPixels(picture.width, width);
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      const source = (row * picture.width + column) * channels;
      for (let channel = 0; channel < channels; channel++) out[at++] = data[source + channel]!;
    }
  }
  return { width, height, channels, data: out };
}

/** Returns the source pixel of each output pixel. Pillow adds up the positions, whose rounding errors decide ties. */
function nearestPixels(from: number, to: number): Int32Array {
  const scale = from / to;
  const pixels = new Int32Array(to);
  let position = scale * 0.5;
  for (let index = 0; index < to; index++) {
    pixels[index] = Math.min(Math.trunc(position), from - 1);
    position += scale;
  }
  return pixels;
}

function bytesOf({ buffer, byteOffset, length }: Uint8ClampedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}
