import { type Chart, drawChart } from '../report/chart.js';
import { figure, figureOrNone } from '../report/figure.js';
import { html, htmlPage, htmlTable, paragraph, section } from '../report/page.js';
import { type Comparison, comparisonLines } from './comparison/comparison.js';
import { type ExtractionReport, extractionChart, extractionLine, extractionTable } from './extraction/extraction.js';
import type { Figure, Matrix } from './figures/figure.js';
import { type CheckedLimit, LIMIT_TEXTS } from './limits.js';
import { type EvaluationReport, sliceTable } from './report.js';
import { type RobustnessReport, robustnessCharts, robustnessLine, robustnessTable } from './robustness/robustness.js';

/** Returns a page with the metrics and their charts, without any other file. */
export function htmlReport(report: EvaluationReport, figures: readonly Figure[]): string {
  const { target, dataSet, all, unit, by, limits, comparison, robustness, extraction, isInterrupted } = report;
  const [headings, ...slices] = by === undefined ? [] : sliceTable(report);
  return htmlPage(`Evaluation of ${target}`, [
    paragraph(`${all.rows} ${unit} of ${dataSet}${isInterrupted ? ', until the interruption' : ''}.`),
    ...(limits.length > 0 ? [section('Limits', limitTable(limits))] : []),
    ...(comparison
      ? [section('Comparison', ...comparisonLines(comparison).map(paragraph), intervalChart(comparison))]
      : []),
    section('Metrics', metricTable(report)),
    ...(headings ? [section('Slices', htmlTable(headings, slices))] : []),
    ...(figures.length > 0 ? [section('Predictions', drawn(figures))] : []),
    ...(robustness ? [robustnessSection(robustness)] : []),
    ...(extraction ? [extractionSection(extraction)] : []),
  ]);
}

function metricTable({ all, comparison }: EvaluationReport): string {
  return htmlTable(
    ['metric', 'value', ...(comparison ? ['earlier version'] : [])],
    Object.entries(all.metrics).map(([name, value]) => [
      name,
      figure(value),
      ...(comparison ? [figureOrNone(comparison.metrics[name])] : []),
    ]),
  );
}

function limitTable(limits: readonly CheckedLimit[]): string {
  const rows = limits.map(({ metric, bound, limit, value, isMet }) => {
    const verdict = isMet ? '<span class="good">met</span>' : '<span class="bad">missed</span>';
    return `<tr><td>${html(metric)}</td><td class="number">${figureOrNone(value)}</td><td>${LIMIT_TEXTS[bound]} ${limit}</td><td>${verdict}</td></tr>`;
  });
  return `<div class="wide"><table><tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** Draws the interval of the gain, beside no gain and the accepted loss. */
function intervalChart({ gain, interval, margin, metric }: Comparison): string {
  const chart: Chart = {
    kind: 'chart',
    title: `Gain of ${metric}`,
    x: { label: `gain of ${metric}` },
    y: { label: '', range: [0, 1], isHidden: true },
    series: [
      { name: '95 % interval', shape: 'line', points: interval.map((value) => [value, 0.5]) },
      { name: 'gain', shape: 'dots', points: [[gain, 0.5]] },
    ],
    marks: [
      { at: 0, label: 'no gain' },
      { at: -margin, label: 'accepted loss' },
    ],
  };
  return `<div class="charts"><figure>${drawChart(chart, { width: 400, height: 130 })}</figure></div>`;
}

function robustnessSection(robustness: RobustnessReport): string {
  const [headings, ...rows] = robustnessTable(robustness);
  return section(
    'Robustness',
    paragraph(robustnessLine(robustness)),
    drawn(robustnessCharts(robustness)),
    htmlTable(headings!, rows, [0, 1, 3]),
  );
}

function extractionSection(extraction: ExtractionReport): string {
  const [headings, ...rows] = extractionTable(extraction);
  return section(
    'Extraction',
    paragraph(extractionLine(extraction)),
    drawn(extraction.levels.length > 0 ? [extractionChart(extraction)] : []),
    htmlTable(headings!, rows),
  );
}

function drawn(figures: readonly Figure[]): string {
  return `<div class="charts">${figures.map(drawnFigure).join('\n')}</div>`;
}

function drawnFigure(each: Figure): string {
  const note = each.note === undefined ? '' : `<figcaption>${html(each.note)}</figcaption>`;
  return `<figure><h3>${html(each.title)}</h3>${contentOf(each)}${note}</figure>`;
}

function contentOf(each: Figure): string {
  if (each.kind === 'chart') return drawChart(each);
  return each.kind === 'matrix' ? matrix(each) : htmlTable(each.headings, each.rows);
}

/** Strongest background of a cell whose number can still be read. */
const STRONGEST = 0.5;

/** Shades each cell by its share of the row. */
function matrix({ axes, rows, columns, counts }: Matrix): string {
  const [rowAxis, columnAxis] = axes.map(html) as [string, string];
  const body = counts.map((row, index) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count) => {
      const strength = total > 0 ? (STRONGEST * count) / total : 0;
      return `<td style="background:rgb(0 114 178/${strength.toFixed(2)})">${figure(count)}</td>`;
    });
    return `<tr><th>${html(rows[index]!)}</th>${cells.join('')}</tr>`;
  });
  return `<div class="wide"><table class="matrix">
<thead><tr><th>${rowAxis} ↓ ${columnAxis} →</th>${columns.map((name) => `<th>${html(name)}</th>`).join('')}</tr></thead>
<tbody>${body.join('\n')}</tbody></table></div>`;
}
