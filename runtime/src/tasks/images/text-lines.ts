import type { LineInput, ReadTextTask } from '../../manifest/index.js';
import { invalid } from '../../tensor/errors.js';
import { type Bitmap, outlinesOf } from './areas.js';
import { halfEven, resizeLinear } from './opencv-resize.js';
import { cutOut, straightSize } from './perspective.js';
import { type Page, valueTables } from './preprocess.js';
import { type Corners, clockwise, distance, expanded, type Point, smallestRectangle } from './rectangle.js';
import type { Picture, Size } from './resample.js';

/** A line of text in a picture. */
export interface TextLine {
  /** Corners in whole pixels of the original picture. */
  readonly corners: Corners;
  /** The line itself, cut out and straightened. */
  readonly piece: Picture;
}

/** Probability of each pixel to belong to a line of text. */
export interface ProbabilityMap extends Size {
  readonly data: Float32Array;
}

/** Values of lines for a model: `[lines, 3, height, width]`. */
export interface LineTensor {
  readonly shape: readonly [lines: number, channels: number, height: number, width: number];
  readonly data: Float32Array;
}

type Rules = ReadTextTask['lines'];

/** Length of a side in cells of the map below which an area is too small for a line, before and after it was expanded. */
const MIN_SIDE = 3;
const MIN_EXPANDED_SIDE = 5;

/** Length of a side in pixels of the page up to which a line is too small. */
const MIN_LINE_SIDE = 3;

/** Difference of heights in pixels from which one line is below another, not beside it. */
const LINE_DISTANCE = 10;

/** Maximum number of pixels of all lines together, in pages. Lines hardly overlap, unless a picture was made to take memory. */
const MAX_PAGES = 4;

/**
 * Returns the lines of text in a page, from top to bottom and from left to right, as PaddleOCR finds them.
 *
 * @param original size of the original picture
 * @throws InferenceError `INVALID_ARGUMENT` if lines overlap so much that they would take several times the memory of the page
 */
export function linesOf(map: ProbabilityMap, rules: Rules, page: Page, original: Size): TextLine[] {
  const { picture, placement } = page;
  const x = (value: number) => position(value, placement.left, placement.scaleX, original.width);
  const y = (value: number) => position(value, placement.top, placement.scaleY, original.height);
  const boxes = boxesOf(map, rules, picture);
  checkPixels(boxes, picture);
  return inReadingOrder(boxes).map((box) => ({
    corners: box.map((corner) => ({ x: x(corner.x), y: y(corner.y) })) as unknown as Corners,
    piece: cutOut(picture, box),
  }));
}

function checkPixels(boxes: readonly Corners[], page: Size): void {
  const sizes = boxes.map(straightSize);
  const pixels = sizes.reduce((sum, { height, width }) => sum + height * width, 0);
  if (pixels <= MAX_PAGES * page.height * page.width) return;
  throw invalid(
    `the picture has ${boxes.length} areas that look like lines of text, and they overlap: together they have ${pixels} ` +
      `pixels, more than ${MAX_PAGES} times those of the page, ${page.width} x ${page.height}. Send a picture of text.`,
  );
}

function position(value: number, start: number, scale: number, length: number): number {
  return Math.min(Math.max(Math.round((value - start) / scale), 0), length);
}

function boxesOf(map: ProbabilityMap, rules: Rules, page: Size): Corners[] {
  const bitmap = bitmapOf(map, rules);
  const boxes: Corners[] = [];
  for (const outline of outlinesOf(bitmap, rules.maxCandidates)) {
    const area = smallestRectangle(outline);
    if (!area || area.shortSide < MIN_SIDE || meanInside(map, area.corners) < rules.threshold) continue;
    const line = smallestRectangle(grown(area.corners, rules.expansion));
    if (!line || line.shortSide < MIN_EXPANDED_SIDE) continue;
    const scaled = line.corners.map(({ x, y }) => ({
      x: scaledTo(x, map.width, page.width),
      y: scaledTo(y, map.height, page.height),
    }));
    const box = clockwise(scaled);
    const [topLeft, topRight, , bottomLeft] = box;
    const sides = [distance(topLeft, topRight), distance(topLeft, bottomLeft)];
    if (sides.every((side) => Math.trunc(side) > MIN_LINE_SIDE)) boxes.push(box);
  }
  return boxes;
}

/** Returns a position of the map in whole pixels of the page. */
function scaledTo(value: number, from: number, to: number): number {
  return Math.min(Math.max(halfEven(Math.fround(Math.fround(value / from) * to)), 0), to - 1);
}

function bitmapOf({ data, height, width }: ProbabilityMap, { dilate, pixelThreshold }: Rules): Bitmap {
  // The values have 32 bits, and so has the number that they are compared with.
  const limit = Math.fround(pixelThreshold);
  const bits = Uint8Array.from(data, (value) => (value > limit ? 1 : 0));
  if (!dilate) return { height, width, data: bits };
  const dilated = bits.slice();
  for (let at = bits.length - 1; at >= 0; at--) {
    if (bits[at] !== 1) continue;
    const isLast = at % width === width - 1;
    if (!isLast) dilated[at + 1] = 1;
    if (at + width >= bits.length) continue;
    dilated[at + width] = 1;
    if (!isLast) dilated[at + width + 1] = 1;
  }
  return { height, width, data: dilated };
}

function grown(corners: Corners, expansion: number): Point[] {
  let area = 0;
  let perimeter = 0;
  for (const [index, { x, y }] of corners.entries()) {
    const next = corners[(index + 1) % corners.length]!;
    area += (x * next.y - next.x * y) / 2;
    perimeter += distance({ x, y }, next);
  }
  const whole = corners.map(({ x, y }) => ({ x: Math.trunc(x), y: Math.trunc(y) }));
  return expanded(whole, (Math.abs(area) * expansion) / perimeter);
}

/** Returns the mean of the map over the pixels inside a quadrilateral and on its sides. */
function meanInside({ data, height, width }: ProbabilityMap, corners: Corners): number {
  const limited = (value: number, length: number) => Math.min(Math.max(value, 0), length - 1);
  const left = limited(Math.floor(Math.min(...corners.map(({ x }) => x))), width);
  const top = limited(Math.floor(Math.min(...corners.map(({ y }) => y))), height);
  // Corners are cut to whole pixels from the upper left of the area.
  const whole = corners.map(({ x, y }) => ({ x: Math.trunc(x - left) + left, y: Math.trunc(y - top) + top }));
  const bottom = limited(Math.max(...whole.map(({ y }) => y)), height);
  let sum = 0;
  let count = 0;
  for (let y = Math.max(top, Math.min(...whole.map((corner) => corner.y))); y <= bottom; y++) {
    let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [index, one] of whole.entries()) {
      for (const x of crossings(one, whole[(index + 1) % whole.length]!, y)) {
        from = Math.min(from, x);
        to = Math.max(to, x);
      }
    }
    from = Math.max(from, 0);
    to = Math.min(to, width - 1);
    for (let x = from; x <= to; x++) sum += data[y * width + x]!;
    count += Math.max(0, to - from + 1);
  }
  return count === 0 ? 0 : sum / count;
}

/** Returns the first and the last pixel of a row that the line between two points passes. */
function crossings(one: Point, other: Point, row: number): number[] {
  const [upper, lower] = one.y <= other.y ? [one, other] : [other, one];
  if (row < upper.y || row > lower.y) return [];
  if (upper.y === lower.y) return [upper.x, lower.x];
  const slope = (lower.x - upper.x) / (lower.y - upper.y);
  const at = (y: number) => upper.x + slope * (y - upper.y);
  // Lines are drawn from the left, and a position between two pixels counts as the one before.
  if (Math.abs(slope) <= 1) return [Math.ceil(at(row) - 0.5)];
  // A flat line passes several pixels of a row.
  const [left, right] = [at(row - 0.5), at(row + 0.5)].sort((first, second) => first - second) as [number, number];
  const [start, end] = slope > 0 ? [upper.x, lower.x] : [lower.x, upper.x];
  return [Math.max(Math.floor(left) + 1, start), Math.min(Math.floor(right), end)];
}

function inReadingOrder(boxes: readonly Corners[]): Corners[] {
  const byHeight = boxes.toSorted(([one], [other]) => one.y - other.y);
  let row = 0;
  const rows = byHeight.map(([{ y }], index) => {
    if (index > 0 && y - byHeight[index - 1]![0].y >= LINE_DISTANCE) row++;
    return row;
  });
  const order = byHeight.map((box, index) => ({ box, row: rows[index]! }));
  return order.sort((one, other) => one.row - other.row || one.box[0].x - other.box[0].x).map(({ box }) => box);
}

/** Resizes lines to the height of a model, and arranges them in one tensor. What is to their right is 0. */
export async function lineTensor(
  pieces: readonly Picture[],
  input: Pick<LineInput, 'height' | 'preprocessing'>,
  width: number,
): Promise<LineTensor> {
  const { height, preprocessing } = input;
  const channels = 3;
  const tables = valueTables(preprocessing, channels);
  const data = new Float32Array(pieces.length * channels * height * width);
  for (const [index, piece] of pieces.entries()) {
    const line = resizeLinear(piece, {
      height,
      width: Math.min(Math.ceil(height * (piece.width / piece.height)), width),
    });
    for (let channel = 0; channel < channels; channel++) {
      const table = tables[channel]!;
      for (let row = 0; row < height; row++) {
        const target = ((index * channels + channel) * height + row) * width;
        for (let x = 0; x < line.width; x++) {
          data[target + x] = table[line.data[(row * line.width + x) * channels + channel]!]!;
        }
      }
    }
  }
  return { shape: [pieces.length, channels, height, width], data };
}
