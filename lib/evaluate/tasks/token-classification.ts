import type { Entity } from '../metrics/entities.js';
import type { MetricKind } from '../metrics/table.js';
import { FoundParts } from './found-parts.js';

/** Compares the entities of each text. */
export class TokenClassification extends FoundParts<Entity, Entity> {
  readonly kinds: readonly MetricKind[] = ['entities'];
  protected readonly example = '[{"label": "PER", "start": 0, "end": 4}]';

  protected expectedPart({ label, start, end }: Readonly<Record<string, unknown>>): Entity | undefined {
    if (typeof label !== 'string' || !Number.isInteger(start) || !Number.isInteger(end)) return undefined;
    return { label, start: start as number, end: end as number };
  }

  /** Tokens that are not grouped have the member `entity`, as in the pipelines of Transformers. */
  protected predictedPart({ entity_group: group, entity, start, end }: Readonly<Record<string, unknown>>): Entity {
    return { label: String(group ?? entity), start: Number(start), end: Number(end) };
  }
}
