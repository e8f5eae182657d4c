import type { Tensor } from '@modelship/runtime';
import { stringifyExact } from '../../json/exact-json.js';
import { EvaluationDataError } from '../metrics/compute.js';
import { type Columns, type ExpectedRow, RowEvaluation, valuesOf } from '../row-evaluation.js';

/** Compares lists that a model returns as JSON, such as the entities of a text or the objects of a picture. */
export abstract class FoundParts<Expected, Predicted extends Expected> extends RowEvaluation {
  private readonly expected: (readonly Expected[])[] = [];
  private readonly predicted: (readonly Predicted[])[] = [];

  /** @param output name of the output with a list for each row */
  constructor(private readonly output: string) {
    super();
  }

  /** Returns an expected part. @returns undefined if a value is missing */
  protected abstract expectedPart(part: Readonly<Record<string, unknown>>): Expected | undefined;

  protected abstract predictedPart(part: Readonly<Record<string, unknown>>): Predicted;

  /** Example of a label, for errors. */
  protected abstract readonly example: string;

  protected addPredictions(rows: readonly ExpectedRow[], outputs: readonly Tensor[]) {
    const lists = valuesOf(outputs, this.output);
    for (const [index, row] of rows.entries()) {
      this.expected.push(this.expectedParts(row));
      const found = JSON.parse(String(lists[index])) as Readonly<Record<string, unknown>>[];
      this.predicted.push(found.map((part) => this.predictedPart(part)));
    }
    return rows;
  }

  protected columnsOf(_kind: unknown, rows: readonly number[]): Columns {
    return { expected: rows.map((row) => this.expected[row]!), predicted: rows.map((row) => this.predicted[row]!) };
  }

  private expectedParts({ label, place }: ExpectedRow): Expected[] {
    const list = typeof label === 'string' ? parsed(label) : label;
    const parts = Array.isArray(list)
      ? list.map((part) => (part !== null && typeof part === 'object' ? this.expectedPart(part) : undefined))
      : [undefined];
    if (!parts.includes(undefined)) return parts as Expected[];
    throw new EvaluationDataError(
      `${place} has the label ${stringifyExact(label)}, and must have a list such as ${this.example}.`,
    );
  }
}

/** Returns the value of a JSON text. @returns undefined if the text is not JSON */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
