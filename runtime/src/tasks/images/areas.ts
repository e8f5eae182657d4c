import type { Point } from './rectangle.js';

/** Which pixels of a picture are set. */
export interface Bitmap {
  readonly height: number;
  readonly width: number;
  /** 1 for each pixel that is set, otherwise 0. */
  readonly data: Uint8Array;
}

/** Pixels of one row with the same value: from `start` to before `end`. */
interface Run {
  readonly row: number;
  readonly start: number;
  readonly end: number;
  readonly isSet: boolean;
}

/**
 * Returns points around each area of set pixels, which touch at sides or corners, and around each hole in such an area.
 * They include all corners of the convex hull of the contour that OpenCV's `findContours` returns: the outer pixels of an
 * area, or the set pixels beside a hole. Areas and holes are in the order of their first rows.
 *
 * @param maximum number of areas and holes after which the others are left out
 */
export function outlinesOf(bitmap: Bitmap, maximum: number): Point[][] {
  const runs: Run[] = [];
  // Runs are joined to trees whose root is the first run of an area.
  const parents: number[] = [];
  const rootOf = (index: number): number => {
    let root = index;
    while (parents[root] !== root) {
      parents[root] = parents[parents[root]!]!;
      root = parents[root]!;
    }
    return root;
  };
  const join = (one: number, other: number) => {
    const [first, second] = [rootOf(one), rootOf(other)];
    parents[Math.max(first, second)] = Math.min(first, second);
  };
  let above = 0;
  for (let row = 0; row < bitmap.height; row++) {
    const firstOfRow = runs.length;
    appendRuns(bitmap, row, runs);
    for (let index = firstOfRow, upper = above; index < runs.length; index++) {
      parents.push(index);
      const run = runs[index]!;
      // Set pixels touch at corners, too.
      const reach = run.isSet ? 1 : 0;
      while (upper < firstOfRow && runs[upper]!.end + 1 <= run.start) upper++;
      for (let each = upper; each < firstOfRow && runs[each]!.start < run.end + reach; each++) {
        const other = runs[each]!;
        if (other.isSet === run.isSet && other.end + reach > run.start) join(index, each);
      }
    }
    above = firstOfRow;
  }

  const outlines = new Map<number, Point[]>();
  const outside = new Set<number>();
  for (const [index, { row, start, end, isSet }] of runs.entries()) {
    const isAtEdge = row === 0 || row === bitmap.height - 1 || start === 0 || end === bitmap.width;
    if (!isSet && isAtEdge) outside.add(rootOf(index));
  }
  for (const [index, run] of runs.entries()) {
    const root = rootOf(index);
    if (outside.has(root)) continue;
    let points = outlines.get(root);
    if (!points) {
      if (outlines.size === maximum) continue;
      points = [];
      outlines.set(root, points);
    }
    const { row, start, end, isSet } = run;
    if (isSet) points.push({ x: start, y: row }, { x: end - 1, y: row });
    else points.push({ x: start - 1, y: row }, { x: end, y: row }, ...setBeside(bitmap, run));
  }
  return [...outlines.values()];
}

function appendRuns({ data, width }: Bitmap, row: number, runs: Run[]): void {
  const line = row * width;
  for (let start = 0; start < width; ) {
    const value = data[line + start];
    let end = start + 1;
    while (end < width && data[line + end] === value) end++;
    runs.push({ row, start, end, isSet: value === 1 });
    start = end;
  }
}

/** Returns the first and the last set pixel above, and below, a part of a hole. */
function setBeside({ data, width }: Bitmap, { row, start, end }: Run): Point[] {
  const points: Point[] = [];
  for (const y of [row - 1, row + 1]) {
    const line = y * width;
    let left = start;
    while (left < end && data[line + left] !== 1) left++;
    if (left === end) continue;
    let right = end - 1;
    while (data[line + right] !== 1) right--;
    points.push({ x: left, y }, { x: right, y });
  }
  return points;
}
