import { COLOR_COUNT, color, html } from './page.js';

/** Point of a series. */
export type Point = readonly [x: number, y: number];

/** Axis of a chart. */
export interface Axis {
  readonly label: string;
  /** Smallest and largest value of the axis. Values beyond are drawn at its end. @default - from the values */
  readonly range?: readonly [number, number];
  /** Whether equal distances are equal ratios. @default false */
  readonly isLogarithmic?: boolean;
  /** Whether the axis has no meaning and names no values. @default false */
  readonly isHidden?: boolean;
  /** Writes a value. @default - at most four digits */
  readonly format?: (value: number) => string;
}

/** Points that are drawn alike. */
export interface Series {
  readonly name: string;
  readonly shape: 'line' | 'dots' | 'bars';
  readonly points: readonly Point[];
  /** Whether the series is drawn in gray and dashes, as what others are compared with. @default false */
  readonly isReference?: boolean;
}

/** Vertical line at a value. */
export interface Mark {
  readonly at: number;
  readonly label: string;
}

/** Chart of series over two axes. */
export interface Chart {
  readonly kind: 'chart';
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  /** Sentence below the chart. */
  readonly note?: string;
}

/** Width and height in the units of SVG, which are pixels at the chart's full width. */
export interface ChartSize {
  readonly width: number;
  readonly height: number;
}

/** Size that a phone shows without scrolling. */
const NARROW: ChartSize = { width: 400, height: 300 };

/** Size of a chart over the width of the page. */
export const WIDE: ChartSize = { width: 720, height: 380 };

const MARGIN = { left: 60, right: 20, top: 12, bottom: 44 };

/** Approximate number of values that a linear axis names. */
const TICKS = 6;

/** Share of the values' range that is left free at either end of an axis. */
const ROOM = 0.04;

/** Radius of many dots and of few. */
const SMALL_DOT = 2.5;
const LARGE_DOT = 5;
const FEW_DOTS = 20;

interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  readonly label: (value: number) => string;
}

/** Draws a chart as SVG, with its legend. */
export function drawChart(chart: Chart, size: ChartSize = NARROW): string {
  const { width, height } = size;
  const points = chart.series.flatMap((each) => each.points);
  const marks = chart.marks ?? [];
  const x = scaleOf(
    chart.x,
    [...points.map(([at]) => at), ...marks.map(({ at }) => at)],
    [MARGIN.left, width - MARGIN.right],
  );
  const y = scaleOf(
    chart.y,
    points.map(([, at]) => at),
    [height - MARGIN.bottom, MARGIN.top],
  );
  const bottom = height - MARGIN.bottom;
  const parts = [
    ...x.ticks.map(
      (value) =>
        `<line class="grid" x1="${fixed(x.at(value))}" x2="${fixed(x.at(value))}" y1="${MARGIN.top}" y2="${bottom}"/>` +
        `<text x="${fixed(x.at(value))}" y="${bottom + 16}" text-anchor="middle">${html(x.label(value))}</text>`,
    ),
    ...y.ticks.map(
      (value) =>
        `<line class="grid" x1="${MARGIN.left}" x2="${width - MARGIN.right}" y1="${fixed(y.at(value))}" y2="${fixed(y.at(value))}"/>` +
        `<text x="${MARGIN.left - 6}" y="${fixed(y.at(value) + 4)}" text-anchor="end">${html(y.label(value))}</text>`,
    ),
    `<text x="${(MARGIN.left + width - MARGIN.right) / 2}" y="${height - 8}" text-anchor="middle">${html(chart.x.label)}</text>`,
    `<text transform="translate(12 ${(MARGIN.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${html(chart.y.label)}</text>`,
    ...chart.series.map((each, index) => drawSeries(each, index, x, y, bottom)),
    ...marks.map(
      ({ at }) =>
        `<line class="mark" x1="${fixed(x.at(at))}" x2="${fixed(x.at(at))}" y1="${MARGIN.top}" y2="${bottom}"/>`,
    ),
  ];
  const title = [chart.title, ...marks.map(({ label }) => label)].join('; ');
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${html(title)}">
${parts.join('\n')}
</svg>${legend(chart)}`;
}

function drawSeries({ shape, points, isReference }: Series, index: number, x: Scale, y: Scale, bottom: number): string {
  const stroke = isReference ? '#888' : color(index);
  const places = points.map(([across, up]) => [fixed(x.at(across)), fixed(y.at(up))] as const);
  if (shape === 'dots') {
    const radius = points.length > FEW_DOTS ? SMALL_DOT : LARGE_DOT;
    const dots = places.map(([left, top]) => `<circle cx="${left}" cy="${top}" r="${radius}"/>`).join('');
    return `<g style="fill:${stroke}" fill-opacity=".5">${dots}</g>`;
  }
  if (shape === 'bars') {
    const gaps = points.slice(1).map(([across], before) => Math.abs(x.at(across) - x.at(points[before]![0])));
    const wide = Math.max(2, 0.9 * Math.min(40, ...gaps));
    const bars = points.map(([across, up]) => {
      const top = y.at(up);
      return `<rect x="${fixed(x.at(across) - wide / 2)}" y="${fixed(top)}" width="${fixed(wide)}" height="${fixed(Math.max(0, bottom - top))}"/>`;
    });
    return `<g style="fill:${stroke}" fill-opacity=".6">${bars.join('')}</g>`;
  }
  const dashes = isDashed(isReference, index) ? ' stroke-dasharray="6 3"' : '';
  const line = places.map((place) => place.join(',')).join(' ');
  return `<polyline fill="none" style="stroke:${stroke}" stroke-width="2"${dashes} points="${line}"/>`;
}

/** Lines whose color another line has too are dashed. Marks are dotted. */
function isDashed(isReference: boolean | undefined, index: number): boolean {
  return isReference || index >= COLOR_COUNT;
}

function legend({ series, marks = [] }: Chart): string {
  const keys = series.map(({ name, isReference }, index) => {
    const style = `border-color:${isReference ? '#888' : color(index)}`;
    return `<span><i style="${style}"${isDashed(isReference, index) ? ' class="dashed"' : ''}></i>${html(name)}</span>`;
  });
  const lines = marks.map(({ label }) => `<span><i class="dotted"></i>${html(label)}</span>`);
  return series.length + marks.length > 1 ? `\n<p class="legend">${[...keys, ...lines].join(' ')}</p>` : '';
}

function scaleOf(axis: Axis, values: readonly number[], [start, end]: readonly [number, number]): Scale {
  const [from, to] = axis.range ?? rangeOf(values, axis.isLogarithmic);
  const map = axis.isLogarithmic ? Math.log10 : (value: number) => value;
  const span = map(to) - map(from) || 1;
  return {
    at: (value) => start + ((end - start) * (map(Math.min(to, Math.max(from, value))) - map(from))) / span,
    ticks: axis.isHidden ? [] : axis.isLogarithmic ? decades(from, to) : linearTicks(from, to),
    label: axis.format ?? figureOfTick,
  };
}

function rangeOf(values: readonly number[], isLogarithmic = false): [number, number] {
  if (values.length === 0) return isLogarithmic ? [1, 10] : [0, 1];
  let [low, high] = [values[0]!, values[0]!];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (isLogarithmic) return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high))];
  const room = low === high ? 0.5 : ROOM * (high - low);
  return [low - room, high + room];
}

function decades(from: number, to: number): number[] {
  const found: number[] = [];
  for (let value = from; value <= to * 1.001; value *= 10) found.push(Number(value.toPrecision(6)));
  return found;
}

/** Returns round values between two values. */
function linearTicks(from: number, to: number): number[] {
  const rough = (to - from) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough)!;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

function figureOfTick(value: number): string {
  const isLong = Math.abs(value) >= 1e5;
  return isLong ? value.toLocaleString('en-US', { notation: 'compact' }) : String(Number(value.toPrecision(4)));
}

function fixed(value: number): string {
  return value.toFixed(1);
}
