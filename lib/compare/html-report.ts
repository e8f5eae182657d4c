import type { Prices } from '../cost/prices.js';
import { type Chart, drawChart, WIDE } from '../report/chart.js';
import { html, htmlPage, htmlTable, paragraph, section } from '../report/page.js';
import { type CompareOptions, costCurve } from './compare.js';
import type { Candidate, Question } from './target.js';
import { dollars, formulaLines, HEADINGS, rate, row } from './text-report.js';

/** Loads of the curve, in requests per second: seven decades. */
const CURVE = Array.from({ length: 85 }, (_, index) => 10 ** (-3 + index / 12));

/** Columns of the table that have text. */
const TEXT_COLUMNS = HEADINGS.flatMap((heading, index) =>
  heading === 'per month' || heading === 'without requests' ? [] : [index],
);

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
  return htmlPage(`Targets for ${facts.name}, version ${facts.version}`, [
    ...lines.map(paragraph),
    section('Cost', htmlTable(HEADINGS, fitting.map(row), TEXT_COLUMNS)),
    section('Cost by load', costChart(question, fitting, options)),
    section('How each cost adds up', ...fitting.map(details)),
    ...(others.length > 0 ? [section('Targets that do not fit', `<ul>${others.map(rejected).join('')}</ul>`)] : []),
  ]);
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
function costChart(question: Question, candidates: readonly Candidate[], options: CompareOptions): string {
  const curves = candidates.map((each) => costCurve(each, question, options, CURVE));
  const costs = curves.flat().filter((usd): usd is number => usd !== undefined && usd > 0);
  if (costs.length === 0) return paragraph('No target fits.');
  const low = 10 ** Math.floor(Math.log10(Math.max(0.1, Math.min(...costs))));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...costs)));
  const load = question.load.requestsPerSecond;
  const isShown = load >= CURVE[0]! && load <= CURVE.at(-1)!;
  const chart: Chart = {
    kind: 'chart',
    title: 'Cost per month by requests per second',
    x: { label: 'requests per second', range: [CURVE[0]!, CURVE.at(-1)!], isLogarithmic: true, format: rate },
    y: {
      label: 'cost per month',
      range: [low, high],
      isLogarithmic: true,
      format: (usd) => `$${usd.toLocaleString('en-US', { notation: 'compact' })}`,
    },
    series: candidates.map(({ target }, index) => ({
      name: target,
      shape: 'line',
      points: curves[index]!.flatMap((usd, step) => (usd === undefined ? [] : [[CURVE[step]!, usd] as const])),
    })),
    marks: isShown ? [{ at: load, label: `the given load of ${rate(load)} per second` }] : [],
  };
  return `<div class="wide">${drawChart(chart, WIDE)}</div>`;
}
