import { loadDecoder } from './decode.js';
import type { Size } from './resample.js';

/** Pixels of one class in a picture. */
export interface Segment {
  readonly label: string;
  /** The model gives no score for the whole class. */
  readonly score: null;
  /** PNG as base64, of the size of the original picture. Pixels of the class are white, others black. */
  readonly mask?: string;
  /**
   * Corners of the areas of the class, in pixels of the original picture. Each area is one polygon, and each hole is one
   * more: what an even number of polygons surrounds is outside.
   */
  readonly polygons?: readonly (readonly (readonly [x: number, y: number])[])[];
}

/** Logits of each class for each cell of a grid: `[classes, height, width]`. */
export interface ClassGrid extends Size {
  readonly classes: number;
  readonly data: Float32Array;
}

/** Returns the segments of a picture, in the order of the labels. Classes without pixels are left out. */
export async function segmentsOf(
  grid: ClassGrid,
  labels: readonly string[],
  size: Size,
  masks: 'png' | 'polygons',
): Promise<Segment[]> {
  const classes = classesOfPixels(grid, size);
  const found = [...new Set(classes)].sort((left, right) => left - right);
  const segments: Segment[] = [];
  for (const index of found) {
    const label = labels[index]!;
    segments.push(
      masks === 'png'
        ? { label, score: null, mask: await maskOf(classes, index, size) }
        : { label, score: null, polygons: polygonsOf(classes, index, size) },
    );
  }
  return segments;
}

/** Position between two cells of a grid, along one axis. */
interface Between {
  readonly low: number;
  readonly high: number;
  /** Weight of `high`, from 0 to 1. */
  readonly share: number;
}

function betweens(cells: number, pixels: number): Between[] {
  const scale = cells / pixels;
  return Array.from({ length: pixels }, (_, pixel) => {
    const position = Math.max(0, (pixel + 0.5) * scale - 0.5);
    const low = Math.min(Math.floor(position), cells - 1);
    return { low, high: Math.min(low + 1, cells - 1), share: position - low };
  });
}

/** Returns the class of each pixel: that of the highest logit, which is interpolated linearly between cells. */
function classesOfPixels({ classes, data, height, width }: ClassGrid, size: Size): Uint16Array {
  const rows = betweens(height, size.height);
  const columns = betweens(width, size.width);
  const out = new Uint16Array(size.height * size.width);
  const best = new Float32Array(size.width);
  const line = new Float32Array(width);
  for (const [y, { low, high, share }] of rows.entries()) {
    best.fill(Number.NEGATIVE_INFINITY);
    const start = y * size.width;
    for (let index = 0; index < classes; index++) {
      const plane = index * height * width;
      for (let x = 0; x < width; x++) {
        line[x] = data[plane + low * width + x]! * (1 - share) + data[plane + high * width + x]! * share;
      }
      for (let x = 0; x < size.width; x++) {
        const column = columns[x]!;
        const value = line[column.low]! * (1 - column.share) + line[column.high]! * column.share;
        if (value > best[x]!) {
          best[x] = value;
          out[start + x] = index;
        }
      }
    }
  }
  return out;
}

async function maskOf(classes: Uint16Array, index: number, { height, width }: Size): Promise<string> {
  const pixels = Uint8Array.from(classes, (value) => (value === index ? 255 : 0));
  const { data } = await loadDecoder()(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer({ resolveWithObject: true });
  return data.toString('base64');
}

/** Follows the borders of a class along the edges of its pixels, with the class on the right. */
function polygonsOf(
  classes: Uint16Array,
  index: number,
  { height, width }: Size,
): (readonly [x: number, y: number])[][] {
  const has = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && classes[y * width + x] === index;
  // Each corner of a pixel is numbered. Borders start at the upper edge of a pixel and turn clockwise.
  const pitch = width + 1;
  const seen = new Set<number>();
  const polygons: (readonly [number, number])[][] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!has(x, y) || has(x, y - 1) || seen.has(y * pitch + x)) continue;
      polygons.push(borderFrom(x, y, has, (edge) => seen.add(edge), pitch));
    }
  }
  return polygons;
}

/** Directions clockwise, starting to the right: step, and the pixels to the right and left of the next edge. */
const STEPS = [
  { x: 1, y: 0, right: [0, 0], left: [0, -1] },
  { x: 0, y: 1, right: [-1, 0], left: [0, 0] },
  { x: -1, y: 0, right: [-1, -1], left: [-1, 0] },
  { x: 0, y: -1, right: [0, -1], left: [-1, -1] },
] as const;

function borderFrom(
  startX: number,
  startY: number,
  has: (x: number, y: number) => boolean,
  visit: (edge: number) => void,
  pitch: number,
): (readonly [number, number])[] {
  const corners: (readonly [number, number])[] = [];
  let [x, y, direction] = [startX, startY, 0];
  do {
    // Edges to the right have their class below, so each border passes through at least one that is searched for.
    if (direction === 0) visit(y * pitch + x);
    const { x: stepX, y: stepY } = STEPS[direction]!;
    x += stepX;
    y += stepY;
    const next = [(direction + 1) % 4, direction, (direction + 3) % 4].find((turn) => {
      const { right, left } = STEPS[turn]!;
      return has(x + right[0], y + right[1]) && !has(x + left[0], y + left[1]);
    })!;
    if (next !== direction) corners.push([x, y]);
    direction = next;
  } while (x !== startX || y !== startY || direction !== 0);
  return corners;
}
