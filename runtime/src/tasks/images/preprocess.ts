import type { ImageInput, ImageStep } from '../../manifest/index.js';
import { invalid } from '../../tensor/errors.js';
import { type DecodedPicture, MAX_PIXELS } from './decode.js';
import { halfEven, resizeLinear } from './opencv-resize.js';
import { type Orientation, orient } from './orientation.js';
import { type Picture, resize, type Size } from './resample.js';

/** A picture as the model takes it, and the position of the original picture in it. */
export interface PreparedPicture {
  /** Values in the order of the layout. */
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Size of the original picture after its orientation. */
  readonly original: Size;
  /** Where a pixel of the original is in the prepared picture: `x * scaleX + left`, `y * scaleY + top`. */
  readonly placement: Placement;
  /** The picture that lines of text are cut out of. Absent for tasks that read none. */
  readonly page?: Page;
}

/** A picture between two steps, and the position of the original in it. */
export interface Page {
  readonly picture: Picture;
  readonly placement: Placement;
}

/** Position of the original picture in the prepared one, in pixels of the prepared one. */
export interface Placement {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly left: number;
  readonly top: number;
}

/**
 * Maximum number of pixels in which lines of text are searched. Models for that keep the resolution of the picture in their
 * first layers, so that each pixel takes hundreds of bytes.
 */
const MAX_PAGE_PIXELS = 2 ** 23;

/** State between two steps. */
interface Working {
  readonly picture: Picture;
  readonly original: Size;
  readonly placement: Placement;
}

type GeometryStep = Exclude<ImageStep, { type: 'rescale' | 'normalize' }>;

/** Runs the steps of a model on a decoded picture. @throws InferenceError for a picture that becomes too large */
export function preprocess(
  decoded: DecodedPicture,
  { preprocessing, layout, page: pageSteps }: ImageInput & { readonly page?: readonly ImageStep[] },
): PreparedPicture {
  let working: Working = {
    picture: decoded,
    original: { height: decoded.height, width: decoded.width },
    placement: { scaleX: 1, scaleY: 1, left: 0, top: 0 },
  };
  const maximum = pageSteps ? MAX_PAGE_PIXELS : MAX_PIXELS;
  const run = (steps: readonly ImageStep[]) => {
    for (const step of steps) {
      if (step.type === 'rescale' || step.type === 'normalize') continue;
      working = runStep(step, working, decoded.orientation, maximum);
    }
  };
  run(pageSteps ?? []);
  const page = pageSteps && { picture: working.picture, placement: working.placement };
  run(preprocessing);
  const { picture, original, placement } = working;
  const { height, width, channels } = picture;
  const data = arranged(picture, valueTables(preprocessing, channels), layout);
  return { data, height, width, channels, original, placement, ...(page && { page }) };
}

/** @param maximum maximum number of pixels of a picture that the step makes larger */
function runStep(step: GeometryStep, working: Working, orientation: Orientation, maximum: number): Working {
  const { picture, placement } = working;
  switch (step.type) {
    case 'orient': {
      const oriented = orient(picture, orientation);
      return { ...working, picture: oriented, original: { height: oriented.height, width: oriented.width } };
    }
    case 'convert':
      return { ...working, picture: convert(picture, step.mode) };
    case 'resize': {
      const size = resizedSize(picture, step);
      checkSize(picture, size, maximum);
      const { filter } = step;
      const resized = filter === 'opencv_linear' ? resizeLinear(picture, size) : resize(picture, size, filter);
      const scaleX = resized.width / picture.width;
      const scaleY = resized.height / picture.height;
      return {
        ...working,
        picture: resized,
        placement: {
          scaleX: placement.scaleX * scaleX,
          scaleY: placement.scaleY * scaleY,
          left: placement.left * scaleX,
          top: placement.top * scaleY,
        },
      };
    }
    case 'center_crop': {
      const offset = step.rounding === 'floor' ? Math.floor : halfEven;
      return placed(working, step, {
        left: -offset((picture.width - step.width) / 2),
        top: -offset((picture.height - step.height) / 2),
        value: 0,
      });
    }
    case 'pad': {
      if ('minHeight' in step) return heightened(working, step, maximum);
      const size = { height: Math.max(step.height, picture.height), width: Math.max(step.width, picture.width) };
      const isCentered = step.position === 'center';
      const left = isCentered ? Math.floor((size.width - picture.width) / 2) : 0;
      const top = isCentered ? Math.floor((size.height - picture.height) / 2) : 0;
      return placed(working, size, { left, top, value: step.value });
    }
  }
}

/** Adds rows above and below a picture that is too low or too wide. */
function heightened(
  working: Working,
  { minHeight, maxAspectRatio, value }: { minHeight: number; maxAspectRatio: number; value: number },
  maximum: number,
): Working {
  const { height, width } = working.picture;
  if (height > minHeight && width / height <= maxAspectRatio) return working;
  const wanted = Math.max(Math.trunc(width / maxAspectRatio), minHeight) * 2;
  const top = Math.trunc(Math.abs(wanted - height) / 2);
  const size = { height: height + 2 * top, width };
  checkSize(working.picture, size, maximum);
  return placed(working, size, { left: 0, top, value });
}

/** Returns the size after a resize step, as Transformers, torchvision and PaddleOCR compute it. */
function resizedSize({ height, width }: Size, step: Extract<ImageStep, { type: 'resize' }>): Size {
  if ('height' in step) return { height: step.height, width: step.width };
  const short = Math.min(height, width);
  const long = Math.max(height, width);
  if (!('shortestEdge' in step) && 'multipleOf' in step) return nearestMultiples({ height, width }, step);
  if (!('shortestEdge' in step)) {
    const scale = Math.min(step.maxHeight / height, step.maxWidth / width);
    return {
      height: Math.max(1, Math.trunc(height * scale)),
      width: Math.max(1, Math.trunc(width * scale)),
    };
  }
  const { shortestEdge, longestEdge, multipleOf = 1 } = step;
  const whole = (pixels: number) => Math.max(multipleOf, pixels - (pixels % multipleOf));
  let edge = shortestEdge;
  let exact = shortestEdge;
  if (longestEdge !== undefined && (long / short) * shortestEdge > longestEdge) {
    exact = (longestEdge * short) / long;
    edge = Math.max(1, halfEven(exact));
  }
  if (short === edge) return { height: whole(height), width: whole(width) };
  return width < height
    ? { height: whole(Math.trunc((exact * height) / width)), width: whole(edge) }
    : { height: whole(edge), width: whole(Math.trunc((exact * width) / height)) };
}

function nearestMultiples(
  { height, width }: Size,
  { multipleOf, minEdge, maxEdge }: { multipleOf: number; minEdge?: number | undefined; maxEdge?: number | undefined },
): Size {
  const short = Math.min(height, width);
  const long = Math.max(height, width);
  const edge =
    maxEdge !== undefined && long > maxEdge
      ? { wanted: maxEdge, is: long }
      : minEdge !== undefined && short < minEdge
        ? { wanted: minEdge, is: short }
        : undefined;
  if (!edge && (minEdge !== undefined || maxEdge !== undefined)) return { height, width };
  const scale = edge ? edge.wanted / edge.is : 1;
  const nearest = (side: number) => Math.max(multipleOf, halfEven(Math.trunc(side * scale) / multipleOf) * multipleOf);
  return { height: nearest(height), width: nearest(width) };
}

/** Checks a new size, because the long side of a narrow picture grows with its short side. @throws InferenceError */
function checkSize(from: Size, to: Size, maximum: number): void {
  if (to.width * to.height <= maximum) return;
  throw invalid(
    `the picture has ${from.width} x ${from.height} pixels, which become ${to.width} x ${to.height} for the model; at ` +
      `most ${maximum} pixels are allowed. Send one that is less narrow.`,
  );
}

/** Copies a picture into one of another size. What lies outside is cut off, and the rest is filled with `value`. */
function placed(
  { picture, original, placement }: Working,
  { height, width }: Size,
  { left, top, value }: { left: number; top: number; value: number },
): Working {
  const { channels, data } = picture;
  const out = new Uint8Array(height * width * channels).fill(value);
  const fromX = Math.max(0, -left);
  const toX = Math.min(picture.width, width - left);
  const fromY = Math.max(0, -top);
  const toY = Math.min(picture.height, height - top);
  for (let y = fromY; y < toY; y++) {
    const start = (y * picture.width + fromX) * channels;
    const end = (y * picture.width + toX) * channels;
    out.set(data.subarray(start, end), ((y + top) * width + fromX + left) * channels);
  }
  return {
    picture: { height, width, channels, data: out },
    original,
    placement: { ...placement, left: placement.left + left, top: placement.top + top },
  };
}

/** Converts the channels. Grey is Pillow's luma of ITU-R 601-2, in its fixed-point arithmetic. */
function convert(picture: Picture, mode: 'RGB' | 'BGR' | 'L'): Picture {
  const { channels, data } = picture;
  if (mode === 'RGB' || channels === 1) return picture;
  if (mode === 'BGR') {
    const swapped = new Uint8Array(data.length);
    for (let at = 0; at < data.length; at += 3) {
      swapped[at] = data[at + 2]!;
      swapped[at + 1] = data[at + 1]!;
      swapped[at + 2] = data[at]!;
    }
    return { ...picture, data: swapped };
  }
  const grey = new Uint8Array(data.length / 3);
  for (let at = 0, from = 0; at < grey.length; at++, from += 3) {
    grey[at] = (data[from]! * 19_595 + data[from + 1]! * 38_470 + data[from + 2]! * 7471 + 0x8000) >> 16;
  }
  return { ...picture, channels: 1, data: grey };
}

/** Returns the value of each byte after rescaling and normalizing, for each channel, in 32-bit arithmetic as in NumPy. */
export function valueTables(steps: readonly ImageStep[], channels: number): Float32Array[] {
  return Array.from({ length: channels }, (_, channel) => {
    const table = Float32Array.from({ length: 256 }, (_, byte) => byte);
    for (const step of steps) {
      if (step.type === 'rescale') {
        const { factor, offset = 0 } = step;
        for (let byte = 0; byte < 256; byte++) table[byte] = Math.fround(table[byte]! * factor) + offset;
      } else if (step.type === 'normalize') {
        const mean = Math.fround(step.mean[channel]!);
        const deviation = Math.fround(step.std[channel]!);
        for (let byte = 0; byte < 256; byte++) table[byte] = Math.fround(table[byte]! - mean) / deviation;
      }
    }
    return table;
  });
}

/** Arranges the pixels in the order of the layout, each replaced by its value in the table of its channel. */
function arranged(
  { channels, data }: Picture,
  tables: readonly Float32Array[],
  layout: ImageInput['layout'],
): Float32Array {
  const out = new Float32Array(data.length);
  const pixels = data.length / channels;
  const [step, plane] = layout === 'NCHW' ? [1, pixels] : [channels, 1];
  for (let channel = 0; channel < channels; channel++) {
    const table = tables[channel]!;
    let at = channel * plane;
    for (let from = channel; from < data.length; from += channels, at += step) out[at] = table[data[from]!]!;
  }
  return out;
}
