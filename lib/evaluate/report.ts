import { figureOrNone } from '../report/figure.js';
import type { Comparison } from './comparison/comparison.js';
import type { ExtractionReport } from './extraction/extraction.js';
import type { CheckedLimit } from './limits.js';
import type { RobustnessReport } from './robustness/robustness.js';
import type { RowEvaluation, RowMetrics, SliceMetrics } from './row-evaluation.js';

/** Result of the evaluation of a model on a data set. */
export interface EvaluationReport {
  /** Folder or URL of the model. */
  readonly target: string;
  /** File or folder of the data set. */
  readonly dataSet: string;
  readonly all: RowMetrics;
  /** What is evaluated. */
  readonly unit: RowEvaluation['unit'];
  /** Column that divides the rows into slices. @default - there are no slices */
  readonly by?: string | undefined;
  readonly slices: readonly SliceMetrics[];
  readonly limits: readonly CheckedLimit[];
  /** @default - there is no baseline */
  readonly comparison?: Comparison | undefined;
  /** @default - the robustness is not measured */
  readonly robustness?: RobustnessReport | undefined;
  /** @default - no copies of the model are made */
  readonly extraction?: ExtractionReport | undefined;
  /** Whether the evaluation ended before the last row. */
  readonly isInterrupted: boolean;
}

/** Metrics that are shown for each slice. */
const SLICE_METRICS = 4;

/** Returns the table of the slices, with its headings. */
export function sliceTable({ by, slices, unit }: EvaluationReport): string[][] {
  const names = Object.keys(slices[0]?.metrics ?? {}).slice(0, SLICE_METRICS);
  return [
    [by!, unit, ...names],
    ...slices.map(({ slice, rows, metrics }) => [
      slice,
      String(rows),
      ...names.map((name) => figureOrNone(metrics[name])),
    ]),
  ];
}
