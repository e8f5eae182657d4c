import type { Prices } from '../cost/prices.js';
import { type CompareOptions, costCurve } from './compare.js';
import type { Candidate, Question } from './target.js';
import { dollars, formulaLines, HEADINGS, rate, row } from './text-report.js';

/** Loads of the curve, in requests per second: seven decades. */
const CURVE = Array.from({ length: 85 }, (_, index) => 10 ** (-3 + index / 12));

const WIDTH = 720;
const HEIGHT = 380;
const MARGIN = { left: 64, right: 32, top: 16, bottom: 40 };

/** Colors that people with color blindness can tell apart: https://jfly.uni-koeln.de/color/ */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#8c6d00', '#444444', '#b2182b', '#5e3c99'];

/** Returns a page with the table, the cost curve and the formulas, without any other file. */
export function htmlReport(
  question: Question,
  candidates: readonly Candidate[],
  options: CompareOptions & { readonly prices: Prices },
  lines: readonly string[],
): string {
  const { facts } = question;
  const fitting = candidates.filter(({ fits }) => fits);
  const others = candidates.filter(({ fits }) => !fits);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(`Targets for ${facts.name}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${html(`Targets for ${facts.name}, version ${facts.version}`)}</h1>
${lines.map((line) => `<p>${html(line)}</p>`).join('\n')}
<h2>Cost</h2>
<div class="wide"><table>
<thead><tr>${HEADINGS.map((each) => `<th>${each}</th>`).join('')}</tr></thead>
<tbody>
${fitting.map((each) => `<tr>${row(each).map(cell).join('')}</tr>`).join('\n')}
</tbody></table></div>
<h2>Cost by load</h2>
<div class="wide">${chart(question, fitting, options)}</div>
<h2>How each cost adds up</h2>
${fitting.map(details).join('\n')}
${others.length > 0 ? `<h2>Targets that do not fit</h2>\n<ul>${others.map(rejected).join('')}</ul>` : ''}
</body>
</html>
`;
}

function cell(text: string, column: number): string {
  return column === 1 || column === 2 ? `<td class="number">${html(text)}</td>` : `<td>${html(text)}</td>`;
}

function details({ target, construct, bill, region, security, coldStart }: Candidate): string {
  const items = [
    ...formulaLines(bill),
    ...(coldStart ? [`cold start: ${coldStart.source} (${coldStart.confidence}), and the start of the model`] : []),
    `security: ${security.join('; ')}`,
  ];
  const list = items.map((item) => `<li>${html(item)}</li>`).join('');
  const summary = html(`${target}: ${construct}, ${region}, ${dollars(bill.monthlyUsd)}`);
  return `<details><summary>${summary}</summary><ul>${list}</ul></details>`;
}

function rejected({ target, construct, obstacles }: Candidate): string {
  return `<li>${html(`${target} (${construct}): ${obstacles.join('; ')}`)}</li>`;
}

/** Draws the cost of a month by load, on logarithmic axes. */
function chart(question: Question, candidates: readonly Candidate[], options: CompareOptions): string {
  const curves = candidates.map((each) => costCurve(each, question, options, CURVE));
  const costs = curves.flat().filter((usd): usd is number => usd !== undefined && usd > 0);
  if (costs.length === 0) return '<p>No target fits.</p>';
  const low = 10 ** Math.floor(Math.log10(Math.max(0.1, Math.min(...costs))));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...costs)));
  const x = scale(CURVE[0]!, CURVE.at(-1)!, MARGIN.left, WIDTH - MARGIN.right);
  const y = scale(low, high, HEIGHT - MARGIN.bottom, MARGIN.top);
  const lines = curves.map((curve, index) => {
    const points = curve.flatMap((usd, step) =>
      usd === undefined ? [] : [`${x(CURVE[step]!).toFixed(1)},${y(Math.max(low, usd)).toFixed(1)}`],
    );
    const dashes = index < COLORS.length ? '' : ' stroke-dasharray="6 3"';
    return `<polyline fill="none" stroke="${color(index)}" stroke-width="2"${dashes} points="${points.join(' ')}"/>`;
  });
  const load = question.load.requestsPerSecond;
  const mark =
    load >= CURVE[0]! && load <= CURVE.at(-1)!
      ? `<line class="load" x1="${x(load)}" x2="${x(load)}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}"/>`
      : '';
  const legend = candidates.map(
    ({ target }, index) =>
      `<span><i style="border-color:${color(index)}"${index < COLORS.length ? '' : ' class="dashed"'}></i>${html(target)}</span>`,
  );
  const label = `Cost per month by requests per second; the given load is ${rate(load)} per second`;
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${html(label)}">
${decades(CURVE[0]!, CURVE.at(-1)!)
  .map((value) => verticalGrid(x(value), `${rate(value)}`))
  .join('')}
${decades(low, high)
  .map((value) => horizontalGrid(y(value), `$${value.toLocaleString('en-US')}`))
  .join('')}
<text x="${WIDTH / 2}" y="${HEIGHT - 6}" text-anchor="middle">requests per second</text>
${lines.join('\n')}
${mark}
</svg>
<p class="legend">${legend.join(' ')}</p>`;
}

function scale(from: number, to: number, start: number, end: number): (value: number) => number {
  const span = Math.log10(to / from) || 1;
  return (value) => start + ((end - start) * Math.log10(value / from)) / span;
}

function decades(from: number, to: number): number[] {
  const found: number[] = [];
  for (let value = from; value <= to * 1.001; value *= 10) found.push(Number(value.toPrecision(6)));
  return found;
}

function verticalGrid(at: number, text: string): string {
  return `<line class="grid" x1="${at}" x2="${at}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}"/><text x="${at}" y="${HEIGHT - 22}" text-anchor="middle">${text}</text>`;
}

function horizontalGrid(at: number, text: string): string {
  return `<line class="grid" x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}"/><text x="${MARGIN.left - 6}" y="${at + 4}" text-anchor="end">${text}</text>`;
}

function color(index: number): string {
  return COLORS[index % COLORS.length]!;
}

/** Escapes text for HTML. */
function html(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; min-width: 100%; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #8885; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
svg { width: 100%; min-width: 34rem; height: auto; }
svg text { font-size: 12px; fill: currentColor; }
.grid { stroke: #8884; } .load { stroke: currentColor; stroke-dasharray: 4 4; }
.legend span { margin-right: 1rem; white-space: nowrap; }
.legend i { display: inline-block; width: 1.5rem; border-top: 3px solid; margin: 0 .3rem .25rem 0; }
.legend .dashed { border-top-style: dashed; }
details { margin: .4rem 0; } summary { cursor: pointer; }
li { overflow-wrap: anywhere; }
`;
