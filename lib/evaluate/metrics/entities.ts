import { type ClassCounts, f1Of, precisionOf, recallOf, totalOf } from './class-counts.js';
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

/** Returns the counts of each label that was expected or predicted. */
export function countsByLabel({ expected, predicted, weights }: Entities): ReadonlyMap<string, ClassCounts> {
  const counts = new Map<string, { hits: number; expected: number; predicted: number }>();
  const add = (label: string, side: keyof ClassCounts, weight: number) => {
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
  return counts;
}

function countsOf(entities: Entities): ClassCounts[] {
  return [...countsByLabel(entities).values()];
}

function byKey(entities: readonly Entity[]): Map<string, Entity> {
  return new Map(entities.map((entity) => [`${entity.start} ${entity.end} ${entity.label}`, entity]));
}

/** Share of the predicted entities that are right. 0 without any. */
export function entityPrecision(entities: Entities): number {
  return precisionOf(totalOf(countsOf(entities)));
}

/** Share of the expected entities that are predicted. 0 without any. */
export function entityRecall(entities: Entities): number {
  return recallOf(totalOf(countsOf(entities)));
}

export function entityF1(entities: Entities): number {
  return f1Of(totalOf(countsOf(entities)));
}

/** Mean F1 score of the labels that were expected or predicted. */
export function entityF1Macro(entities: Entities): number {
  const counts = countsOf(entities);
  return counts.length === 0 ? 0 : plainMean(counts.map(f1Of));
}
