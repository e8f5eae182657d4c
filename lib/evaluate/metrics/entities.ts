import { plainMean, type Weights } from './mean.js';

/** Part of a text with a label. */
export interface Entity {
  readonly label: string;
  /** First character. */
  readonly start: number;
  /** Character after the last. */
  readonly end: number;
}

/** Entities of each text. A predicted entity is right if its label and both ends are. */
export interface Entities {
  readonly expected: readonly (readonly Entity[])[];
  readonly predicted: readonly (readonly Entity[])[];
  readonly weights: Weights;
}

interface EntityCounts {
  hits: number;
  expected: number;
  predicted: number;
}

/** Returns the counts of each label that was expected or predicted. */
function countsOf({ expected, predicted, weights }: Entities): EntityCounts[] {
  const counts = new Map<string, EntityCounts>();
  const add = (label: string, side: keyof EntityCounts, weight: number) => {
    const own = counts.get(label) ?? { hits: 0, expected: 0, predicted: 0 };
    own[side] += weight;
    counts.set(label, own);
  };
  for (const [row, entities] of expected.entries()) {
    const weight = weights?.[row] ?? 1;
    const wanted = byKey(entities);
    for (const { label } of wanted.values()) add(label, 'expected', weight);
    for (const [key, { label }] of byKey(predicted[row]!)) {
      add(label, 'predicted', weight);
      if (wanted.has(key)) add(label, 'hits', weight);
    }
  }
  return [...counts.values()];
}

function byKey(entities: readonly Entity[]): Map<string, Entity> {
  return new Map(entities.map((entity) => [`${entity.start} ${entity.end} ${entity.label}`, entity]));
}

function total(entities: Entities): EntityCounts {
  const all = { hits: 0, expected: 0, predicted: 0 };
  for (const counts of countsOf(entities)) {
    for (const side of ['hits', 'expected', 'predicted'] as const) all[side] += counts[side];
  }
  return all;
}

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
const f1Of = ({ hits, expected, predicted }: EntityCounts) => share(2 * hits, expected + predicted);

/** Share of the predicted entities that are right. 0 without any. */
export function entityPrecision(entities: Entities): number {
  const { hits, predicted } = total(entities);
  return share(hits, predicted);
}

/** Share of the expected entities that are predicted. 0 without any. */
export function entityRecall(entities: Entities): number {
  const { hits, expected } = total(entities);
  return share(hits, expected);
}

export function entityF1(entities: Entities): number {
  return f1Of(total(entities));
}

/** Mean F1 score of the labels that were expected or predicted. */
export function entityF1Macro(entities: Entities): number {
  const counts = countsOf(entities);
  return counts.length === 0 ? 0 : plainMean(counts.map(f1Of));
}
