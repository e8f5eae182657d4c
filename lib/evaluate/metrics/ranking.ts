import { averagePrecisionOf } from './label-sets.js';
import { meanOf, type Weights } from './mean.js';

/** Score of an item that a model did not return. It has no rank. */
export const UNRANKED = -Number.MAX_VALUE;

/** Items of each query with their relevance, and the scores that a model orders them by. */
export interface Rankings {
  /** Relevance of the items of each query: 0, or more for relevant ones. */
  readonly expected: readonly (readonly number[])[];
  /** Scores of the items of each query, or `UNRANKED`. */
  readonly predicted: readonly (readonly number[])[];
  readonly weights: Weights;
}

/** Returns the mean over the queries. A query without a relevant item has 0. */
function meanOfQueries(
  { expected, predicted, weights }: Rankings,
  figureOf: (relevance: readonly number[], scores: readonly number[]) => number,
): number {
  return meanOf(expected.length, weights, (query) => {
    const relevance = expected[query]!;
    return relevance.some((each) => each > 0) ? figureOf(relevance, predicted[query]!) : 0;
  });
}

/** Discounted cumulative gain of the first items as a share of that of the best order. */
export function ndcg(rankings: Rankings, items = Number.POSITIVE_INFINITY): number {
  return meanOfQueries(
    rankings,
    (relevance, scores) => gainOf(relevance, scores, items) / gainOf(relevance, relevance, items),
  );
}

/** Mean precision at the rank of each relevant item. */
export function meanAveragePrecision(rankings: Rankings): number {
  return meanOfQueries(rankings, (relevance, scores) => {
    const relevant = relevantScores(relevance, scores);
    const ranked = relevant.filter((score) => score !== UNRANKED);
    return ranked.length === 0 ? 0 : (averagePrecisionOf(ranked, scores) * ranked.length) / relevant.length;
  });
}

/** Mean of 1 through the rank of the first relevant item. */
export function meanReciprocalRank(rankings: Rankings): number {
  return meanOfQueries(
    rankings,
    (relevance, scores) => 1 / rankOf(Math.max(...relevantScores(relevance, scores)), scores),
  );
}

/** Share of the relevant items that are among the first items. */
export function recallAt(rankings: Rankings, items: number): number {
  return meanOfQueries(rankings, (relevance, scores) => {
    const relevant = relevantScores(relevance, scores);
    return relevant.filter((score) => rankOf(score, scores) <= items).length / relevant.length;
  });
}

function relevantScores(relevance: readonly number[], scores: readonly number[]): number[] {
  return scores.filter((_, index) => relevance[index]! > 0);
}

/** Returns the rank of an item behind all others with the same score, so that a tie is no advantage. */
function rankOf(score: number, scores: readonly number[]): number {
  return score === UNRANKED ? Number.POSITIVE_INFINITY : scores.filter((each) => each >= score).length;
}

/** Returns the discounted gain of the first items. Items with the same score share their places. */
function gainOf(relevance: readonly number[], scores: readonly number[], items: number): number {
  const ranked = scores.flatMap((score, index) => (score === UNRANKED ? [] : [index]));
  const order = ranked.sort((one, other) => scores[other]! - scores[one]!);
  let gain = 0;
  for (let start = 0; start < Math.min(order.length, items); ) {
    let end = start;
    let relevant = 0;
    let discount = 0;
    for (; end < order.length && scores[order[end]!] === scores[order[start]!]; end++) {
      relevant += relevance[order[end]!]!;
      if (end < items) discount += 1 / Math.log2(end + 2);
    }
    gain += (relevant / (end - start)) * discount;
    start = end;
  }
  return gain;
}
