import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { outlinesOf } from '../../../../runtime/src/tasks/images/areas.js';
import { resizeLinear } from '../../../../runtime/src/tasks/images/opencv-resize.js';
import { cutOut } from '../../../../runtime/src/tasks/images/perspective.js';
import {
  type Corners,
  expanded,
  type Point,
  smallestRectangle,
} from '../../../../runtime/src/tasks/images/rectangle.js';
import type { Picture } from '../../../../runtime/src/tasks/images/resample.js';
import { linesOf } from '../../../../runtime/src/tasks/images/text-lines.js';

interface Stored {
  readonly height: number;
  readonly width: number;
  readonly data: string;
}

type Pair = readonly [x: number, y: number];

interface Cases {
  readonly resizes: readonly { from: Stored; to: Stored }[];
  readonly cuts: readonly { from: Stored; corners: readonly Pair[]; to: Stored }[];
  readonly rectangles: readonly {
    corners: readonly Pair[];
    distance: number;
    around: readonly Pair[];
    rectangle: readonly Pair[];
    shortSide: number;
  }[];
  readonly maps: readonly (Stored & { hulls: readonly (readonly Pair[])[]; boxes: readonly (readonly Pair[])[] })[];
}

// Results of OpenCV, Clipper and RapidOCR, which opencv_cases.py wrote.
const LINES = readFileSync(join(__dirname, 'opencv.jsonl'), 'utf8').trim().split('\n');
const CASES: Cases = Object.assign({}, ...LINES.map((line) => JSON.parse(line)));

const bytes = (data: string) => new Uint8Array(Buffer.from(data, 'base64'));
const picture = ({ height, width, data }: Stored): Picture => ({ height, width, channels: 3, data: bytes(data) });
const points = (pairs: readonly Pair[]): Point[] => pairs.map(([x, y]) => ({ x, y }));
const pairs = (all: readonly Point[]) => all.map(({ x, y }) => [x, y] as const);

it('resizes pictures to the pixels of OpenCV', () => {
  for (const { from, to } of CASES.resizes) expect(resizeLinear(picture(from), to)).toEqual(picture(to));
});

it('cuts quadrilaterals out of pictures as OpenCV does, except for rounding', () => {
  for (const { from, corners, to } of CASES.cuts) {
    const cut = cutOut(picture(from), points(corners) as unknown as Corners);
    expect([cut.height, cut.width]).toEqual([to.height, to.width]);
    const wanted = bytes(to.data);
    const differences = cut.data.map((value, index) => Math.abs(value - wanted[index]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(1);
    expect(differences.filter((each) => each > 0).length / wanted.length).toBeLessThan(0.005);
  }
});

it('expands quadrilaterals as Clipper does, and finds the smallest rectangle around points', () => {
  for (const { corners, distance, around, rectangle, shortSide } of CASES.rectangles) {
    const grown = expanded(points(corners), distance);
    const own = new Set(pairs(grown).map(String));
    expect(around.filter((pair) => !own.has(String(pair)))).toEqual([]);
    const found = smallestRectangle(grown)!;
    expect(found.shortSide).toBeCloseTo(shortSide, 2);
    for (const [index, { x, y }] of found.corners.entries()) {
      expect(x).toBeCloseTo(rectangle[index]![0], 2);
      expect(y).toBeCloseTo(rectangle[index]![1], 2);
    }
  }
  expect(
    smallestRectangle(
      points([
        [0, 0],
        [5, 5],
        [9, 9],
      ]),
    ),
  ).toBeUndefined();
});

it('finds the outlines of areas and holes', () => {
  for (const { height, width, data, hulls } of CASES.maps) {
    const map = new Float32Array(bytes(data).buffer);
    const bits = Uint8Array.from(map, (value) => (value > Math.fround(0.3) ? 1 : 0));
    const outlines = outlinesOf({ height, width, data: bits }, 1000);
    expect(outlines.length).toBe(hulls.length);
    // Each corner of a hull is a point of its outline.
    const sets = outlines.map((outline) => new Set(pairs(outline).map(String)));
    for (const hull of hulls) {
      expect(sets.some((set) => hull.every((corner) => set.has(String(corner))))).toBe(true);
    }
    expect(outlinesOf({ height, width, data: bits }, 1).length).toBe(Math.min(1, hulls.length));
  }
});

it('finds the lines that RapidOCR finds, within one pixel', () => {
  const rules = { pixelThreshold: 0.3, threshold: 0.5, dilate: true, expansion: 1.6, maxCandidates: 1000 };
  let count = 0;
  for (const { height, width, data, boxes } of CASES.maps) {
    const map = { height, width, data: new Float32Array(bytes(data).buffer) };
    const size = { height: 2 * height, width: 2 * width };
    const page: Picture = { ...size, channels: 3, data: new Uint8Array(size.height * size.width * 3) };
    const placement = { left: 0, top: 0, scaleX: 1, scaleY: 1 };
    const lines = linesOf(map, rules, { picture: page, placement }, size);
    expect(lines.length).toBe(boxes.length);
    for (const { corners } of lines) {
      const near = (box: readonly Pair[]) =>
        box.every(([x, y], index) => Math.max(Math.abs(x - corners[index]!.x), Math.abs(y - corners[index]!.y)) <= 1);
      expect(boxes.some(near)).toBe(true);
    }
    count += boxes.length;
  }
  expect(count).toBeGreaterThan(15);
});
