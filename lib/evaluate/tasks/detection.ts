import type { Box, FoundBox, LabelledBox } from '../metrics/detection.js';
import type { MetricKind } from '../metrics/table.js';
import { FoundParts } from './found-parts.js';

/** Compares the objects of each picture. */
export class Detection extends FoundParts<LabelledBox, FoundBox> {
  readonly kinds: readonly MetricKind[] = ['objects'];
  protected readonly example = '[{"label": "cat", "box": {"xmin": 1, "ymin": 2, "xmax": 30, "ymax": 40}}]';

  protected expectedPart({ label, box }: Readonly<Record<string, unknown>>): LabelledBox | undefined {
    const corners = cornersOf(box);
    return typeof label === 'string' && corners.every(Number.isFinite) ? { label, box: corners } : undefined;
  }

  protected predictedPart({ label, box, score }: Readonly<Record<string, unknown>>): FoundBox {
    return { label: String(label), box: cornersOf(box), score: Number(score) };
  }
}

function cornersOf(box: unknown): Box {
  const { xmin, ymin, xmax, ymax } = (box ?? {}) as Readonly<Record<string, number>>;
  return [xmin, ymin, xmax, ymax].map(Number) as unknown as Box;
}
