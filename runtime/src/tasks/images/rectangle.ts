/** Position in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Corners clockwise, starting at the upper left. */
export type Corners = readonly [topLeft: Point, topRight: Point, bottomRight: Point, bottomLeft: Point];

/** Rectangle at any angle. */
export interface Rectangle {
  readonly corners: Corners;
  /** Length of the shorter sides. */
  readonly shortSide: number;
}

/** Returns the distance between two points. */
export function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

/** Smallest relative difference of areas that counts. Smaller ones come from rounding. */
const EQUAL_AREAS = 1e-6;

/**
 * Returns the smallest rectangle around points. Of several equally small ones it is the one that is turned clockwise most, as
 * in OpenCV. Undefined if all points are on one line.
 */
export function smallestRectangle(points: readonly Point[]): Rectangle | undefined {
  const hull = convexHull(points);
  if (hull.length < 3) return undefined;
  // A side of the smallest rectangle lies on a side of the hull.
  const sides = hull.map((from, index) => sideOf(from, hull[(index + 1) % hull.length]!));
  sides.sort((one, other) => other.angle - one.angle);
  let best: { area: number; rectangle: Rectangle } | undefined;
  for (const { from, along } of sides) {
    let [left, right, depth] = [0, 0, 0];
    for (const point of hull) {
      const x = point.x - from.x;
      const y = point.y - from.y;
      const way = x * along.x + y * along.y;
      left = Math.min(left, way);
      right = Math.max(right, way);
      depth = Math.max(depth, y * along.x - x * along.y);
    }
    const area = (right - left) * depth;
    if (best && area >= best.area * (1 - EQUAL_AREAS)) continue;
    const corner = (way: number, away: number): Point => ({
      x: Math.fround(from.x + way * along.x - away * along.y),
      y: Math.fround(from.y + way * along.y + away * along.x),
    });
    const corners = clockwise([corner(left, 0), corner(right, 0), corner(right, depth), corner(left, depth)]);
    best = { area, rectangle: { corners, shortSide: Math.min(right - left, depth) } };
  }
  return best!.rectangle;
}

/** Returns the direction of a side, and its angle to the nearest axis before it: more than 0 to 90 degrees. */
function sideOf(from: Point, to: Point): { from: Point; along: Point; angle: number } {
  const length = distance(from, to);
  const rest = Math.atan2(to.y - from.y, to.x - from.x) % (Math.PI / 2);
  return {
    from,
    along: { x: (to.x - from.x) / length, y: (to.y - from.y) / length },
    angle: rest < 1e-9 ? rest + Math.PI / 2 : rest,
  };
}

/** Orders four corners: the two on the left by their height, then the two on the right. */
export function clockwise(corners: readonly Point[]): Corners {
  const [first, second, third, fourth] = corners.toSorted((one, other) => one.x - other.x) as [
    Point,
    Point,
    Point,
    Point,
  ];
  const [topLeft, bottomLeft] = second.y > first.y ? [first, second] : [second, first];
  const [topRight, bottomRight] = fourth.y > third.y ? [third, fourth] : [fourth, third];
  return [topLeft, topRight, bottomRight, bottomLeft];
}

/** Returns the corners of the convex hull, so that its inside is on the right of each side in a picture. */
function convexHull(points: readonly Point[]): Point[] {
  const sorted = points.toSorted((one, other) => one.x - other.x || one.y - other.y);
  const half = (ordered: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of ordered) {
      while (chain.length >= 2 && turn(chain.at(-2)!, chain.at(-1)!, point) <= 0) chain.pop();
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  return [...half(sorted), ...half(sorted.toReversed())];
}

/** Returns a positive number where the way over three points turns clockwise in a picture. */
function turn(one: Point, two: Point, three: Point): number {
  return (two.x - one.x) * (three.y - one.y) - (two.y - one.y) * (three.x - one.x);
}

/**
 * Returns points around a polygon that is a distance larger on all sides, with round corners. Positions are rounded to whole
 * pixels as by the library Clipper, which PaddleOCR uses.
 *
 * @param corners whole pixels, clockwise
 */
export function expanded(corners: readonly Point[], reach: number): Point[] {
  const polygon = corners.filter(({ x, y }, index) => {
    const before = corners.at(index - 1)!;
    return x !== before.x || y !== before.y;
  });
  if (polygon.length < 3) return [];
  const normals = polygon.map((from, index) => {
    const to = polygon[(index + 1) % polygon.length]!;
    const length = distance(from, to);
    return { x: (to.y - from.y) / length, y: (from.x - to.x) / length };
  });
  const arc = Math.min(Math.PI / Math.acos(1 - ARC_TOLERANCE / reach), reach * Math.PI);
  const step = (2 * Math.PI) / arc;
  return polygon.flatMap((corner, index) => {
    const before = normals.at(index - 1)!;
    const after = normals[index]!;
    const angle = Math.atan2(before.x * after.y - before.y * after.x, before.x * after.x + before.y * after.y);
    const steps = Math.max(1, Math.round(Math.abs(angle) / step));
    const start = Math.atan2(before.y, before.x);
    const angles = Array.from({ length: steps }, (_, each) => start + each * step);
    const directions = [...angles.map((each) => ({ x: Math.cos(each), y: Math.sin(each) })), after];
    return directions.map(({ x, y }) => ({ x: rounded(corner.x + x * reach), y: rounded(corner.y + y * reach) }));
  });
}

/** Distance in pixels between an arc and the lines that stand for it, in Clipper. */
const ARC_TOLERANCE = 0.25;

/** Rounds halves away from zero. */
function rounded(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}
