import { bill, total, type Usage } from '../cost/bill.js';
import { PRICES_REGIONS, type PricedCloud, type Prices } from '../cost/prices.js';
import { AWS_TARGETS } from './aws.js';
import { AZURE_TARGETS } from './azure.js';
import { GCP_TARGETS } from './gcp.js';
import { obstaclesOf } from './obstacles.js';
import { mostReplicas, replicaHours } from './replicas.js';
import type { Candidate, ComparedTarget, Question } from './target.js';

/** All targets, in the order of the report for equal costs. */
export const TARGETS: readonly ComparedTarget[] = [...AWS_TARGETS, ...AZURE_TARGETS, ...GCP_TARGETS];

/** Load range in which another target may become cheaper, in requests per second. */
const SEARCHED = { min: 1e-4, max: 1e5 } as const;

/** Number of loads per factor of 10 that are tried before the exact one is found. */
const STEPS_PER_DECADE = 20;

export interface CompareOptions {
  readonly prices: Prices;
  /** Regions of the clouds. @default - the regions of the default prices */
  readonly regions?: Partial<Readonly<Record<PricedCloud, string>>>;
  /** Whether to subtract the usage that is free in every account. @default false */
  readonly freeTier?: boolean;
}

/** Returns all targets with their cost, cheapest fitting one first. Targets that do not fit come last. */
export function compare(question: Question, options: CompareOptions): readonly Candidate[] {
  const candidates = targetsFor(question).map((target) => candidate(target, question, options));
  const sorted = candidates.sort((a, b) => Number(b.fits) - Number(a.fits) || a.bill.monthlyUsd - b.bill.monthlyUsd);
  return sorted.map((each) => ({ ...each, cheaperFrom: each.fits ? cheaperFrom(each, question, options) : undefined }));
}

/** Returns the targets that a load is compared on. */
function targetsFor({ load }: Question): readonly ComparedTarget[] {
  return TARGETS.filter(({ gpuOnly }) => load.gpu || !gpuOnly);
}

/** Returns the cost of a month on a target, in US dollars. */
export function monthlyUsd(target: ComparedTarget, question: Question, options: CompareOptions): number {
  const { prices, regions, freeTier } = options;
  const region = regions?.[target.cloud];
  return total(usagesOf(target, question, prices), { prices, region, freeTier });
}

function usagesOf(target: ComparedTarget, question: Question, prices: Prices): readonly Usage[] {
  const size = target.size(question);
  return target.usages({ ...question, size, replicaHours: replicaHours(target, question), prices });
}

function candidate(target: ComparedTarget, question: Question, options: CompareOptions): Candidate {
  const { load, measured } = question;
  const { prices, regions, freeTier } = options;
  const region = regions?.[target.cloud] ?? PRICES_REGIONS[target.cloud];
  const replica = target.size(question);
  const obstacles = obstaclesOf(target, question);
  const coldStart = prices.coldStarts.find((each) => each.target === target.coldStart);
  return {
    target: target.id,
    cloud: target.cloud,
    construct: target.construct,
    region,
    replica,
    fits: obstacles.length === 0,
    obstacles,
    requestsPerSecondPerVcpu: load.gpu ? undefined : 1 / measured.cpuSeconds,
    maxReplicas: mostReplicas(target, question),
    coldStart: coldStart && {
      seconds: [coldStart.seconds[0] + measured.startSeconds, coldStart.seconds[1] + measured.startSeconds],
      source: coldStart.date ? `${coldStart.source}, ${coldStart.date}` : coldStart.source,
      confidence: coldStart.confidence,
    },
    floorUsd: monthlyUsd(target, at(question, 0), options),
    bill: bill(usagesOf(target, question, prices), { prices, region, freeTier }),
    security: target.security,
  };
}

/** Returns the lowest load above the current one at which another target is cheaper, by the cost alone. */
function cheaperFrom(from: Candidate, question: Question, options: CompareOptions): Candidate['cheaperFrom'] {
  const own = targetOf(from);
  const current = Math.max(SEARCHED.min, question.load.requestsPerSecond);
  const cheapest = (rate: number): ComparedTarget | undefined => {
    const asked = at(question, rate);
    const limit = monthlyUsd(own, asked, options);
    const cheaper = targetsFor(asked)
      .filter((each) => each !== own && obstaclesOf(each, asked).length === 0)
      .map((each) => ({ each, usd: monthlyUsd(each, asked, options) }))
      .filter(({ usd }) => usd < limit)
      .sort((a, b) => a.usd - b.usd);
    return cheaper[0]?.each;
  };
  if (cheapest(current)) return undefined;
  for (let rate = current; rate < SEARCHED.max; ) {
    const next = rate * 10 ** (1 / STEPS_PER_DECADE);
    if (obstaclesOf(own, at(question, next)).length > 0) return undefined;
    if (cheapest(next)) {
      const exact = bisect(rate, next, (each) => cheapest(each) !== undefined);
      return { requestsPerSecond: exact, target: cheapest(exact)!.id };
    }
    rate = next;
  }
  return undefined;
}

/** Returns the lowest value between `low` and `high` that `holds`, to four digits. */
function bisect(low: number, high: number, holds: (value: number) => boolean): number {
  let [below, above] = [low, high];
  while (above / below > 1.0001) {
    const middle = Math.sqrt(below * above);
    if (holds(middle)) above = middle;
    else below = middle;
  }
  return above;
}

/** Returns the cost of a target at several loads, for a curve. */
export function costCurve(
  from: Candidate,
  question: Question,
  options: CompareOptions,
  rates: readonly number[],
): readonly (number | undefined)[] {
  const target = targetOf(from);
  return rates.map((rate) => {
    const asked = at(question, rate);
    return obstaclesOf(target, asked).length > 0 ? undefined : monthlyUsd(target, asked, options);
  });
}

function targetOf({ target }: Candidate): ComparedTarget {
  return TARGETS.find(({ id }) => id === target)!;
}

function at(question: Question, requestsPerSecond: number): Question {
  return { ...question, load: { ...question.load, requestsPerSecond } };
}
