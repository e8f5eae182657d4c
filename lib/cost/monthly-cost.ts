import { allMonth, type Bill, bill, type Running, type Usage } from './bill.js';
import { DEFAULT_PRICES, PRICES_REGIONS, type PricedCloud } from './prices.js';

/** A resource that costs money without requests. */
export type IdlePart = Running;

/**
 * Load of a month that the cost at synthesis is stated for. The requests are evenly spread, so that none overlaps another,
 * and requests and responses have `bytes` each.
 */
export const STATED_LOAD = { requests: 1e6, seconds: 0.1, bytes: 1024 } as const;

/** Requests and responses of the stated load, in GB. */
export const STATED_GIGABYTES = (2 * STATED_LOAD.requests * STATED_LOAD.bytes) / 2 ** 30;

/** Resources with their cost in a month. */
export interface PricedResources {
  /** What runs without requests. */
  readonly idle: readonly IdlePart[];
  /** Usage with the stated load. @default - the same as without requests */
  readonly atLoad?: readonly Usage[] | undefined;
}

/** Cost of a month, without requests and with the stated load. */
export interface MonthlyCost {
  readonly idle: Bill;
  readonly atLoad: Bill;
}

/** Returns the usage of resources that run all month. */
export function runsAllMonth(parts: readonly IdlePart[]): Usage[] {
  return parts.map((part) => allMonth(DEFAULT_PRICES, part));
}

/** Returns the cost of a month without requests. */
export function idleCost(parts: readonly IdlePart[]): Bill {
  return bill(runsAllMonth(parts), { prices: DEFAULT_PRICES });
}

/** Adds up the cost of resources. */
export function monthlyCost(resources: readonly PricedResources[]): MonthlyCost {
  const used = resources.flatMap(({ idle, atLoad }) => atLoad ?? runsAllMonth(idle));
  return { idle: idleCost(resources.flatMap(({ idle }) => idle)), atLoad: bill(used, { prices: DEFAULT_PRICES }) };
}

/** Returns whether a construct costs something that is worth a message. */
export function hasCost({ idle, atLoad }: MonthlyCost): boolean {
  return [idle, atLoad].some(({ monthlyUsd, unpriced }) => monthlyUsd > 0 || unpriced.length > 0);
}

/** Describes the cost for people: the sum without requests, its parts, the sum with the stated load, and the date. */
export function describeMonthlyCost({ idle, atLoad }: MonthlyCost, cloud: PricedCloud): string {
  const unpriced = [...new Set([...idle.unpriced, ...atLoad.unpriced])];
  const unknown = unpriced.length > 0 ? `, and the price of ${unpriced.join(' and ')}, which is not known here` : '';
  const parts = idle.parts.map(({ what, monthlyUsd: usd }) => `${what} ${dollars(usd)}`).join(', ');
  const [without, withLoad] = [dollars(idle.monthlyUsd), dollars(atLoad.monthlyUsd)];
  const { requests, seconds } = STATED_LOAD;
  return (
    `costs about ${without} a month without requests${unknown}${parts === '' ? '' : `: ${parts}`}; ` +
    `${without === withLoad ? 'the same' : `about ${withLoad}`} with ${requests / 1e6} million requests of ` +
    `${seconds * 1000} ms (list prices of ${PRICES_REGIONS[cloud]} as of ${DEFAULT_PRICES.asOf})`
  );
}

function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
