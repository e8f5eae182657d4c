import { PRICES_AS_OF, PRICES_REGIONS, type PricedCloud, type PriceUnit, priceOf } from './prices.js';

/** Hours in a month, as clouds count them. */
const HOURS = 730;

/** Number of billed units per month, by price unit. */
const TIMES_A_MONTH: Readonly<Record<PriceUnit, number>> = {
  hour: HOURS,
  'vCPU-hour': HOURS,
  'GB-hour': HOURS,
  'vCPU-second': HOURS * 3600,
  'GB-second': HOURS * 3600,
  'GPU-second': HOURS * 3600,
  'GB-month': 1,
  day: HOURS / 24,
  month: 1,
};

/** A resource that costs money without requests. */
export interface IdlePart {
  /** Name of the cost item, such as `load balancer`. Parts with the same name are added up. */
  readonly what: string;
  /** Name of the price, such as `aws.alb.hour`. */
  readonly price: string;
  /** Number of units, such as instances for an hour or GB for a GB-second; NaN if unknown. @default 1 */
  readonly quantity?: number;
}

/** Cost of a deployment without requests. */
export interface IdleCost {
  /** US dollars per month. */
  readonly monthlyUsd: number;
  /** The monthly cost by item, in descending order. */
  readonly parts: readonly (readonly [what: string, monthlyUsd: number])[];
  /** Items that also cost money, but have no known price. */
  readonly unpriced: readonly string[];
}

/** Adds up the monthly cost without requests. */
export function idleCost(parts: readonly IdlePart[]): IdleCost {
  const sums = new Map<string, number>();
  const unpriced = new Set<string>();
  for (const { what, price: id, quantity = 1 } of parts) {
    const price = priceOf(id);
    if (!price || Number.isNaN(quantity)) unpriced.add(what);
    else sums.set(what, (sums.get(what) ?? 0) + price.usd * quantity * TIMES_A_MONTH[price.unit]);
  }
  const sorted = [...sums].filter(([, usd]) => usd > 0).sort(([, a], [, b]) => b - a);
  return { monthlyUsd: sorted.reduce((sum, [, usd]) => sum + usd, 0), parts: sorted, unpriced: [...unpriced] };
}

/** Describes the cost for people: the sum, its parts, and the date of the prices. */
export function describeIdleCost({ monthlyUsd, parts, unpriced }: IdleCost, cloud: PricedCloud): string {
  const unknown = unpriced.length > 0 ? `, and the price of ${unpriced.join(' and ')}, which is not known here` : '';
  const list = parts.map(([what, usd]) => `${what} $${usd.toFixed(2)}`).join(', ');
  return (
    `costs about $${monthlyUsd.toFixed(2)} a month without requests${unknown}: ${list} ` +
    `(list prices of ${PRICES_REGIONS[cloud]} as of ${PRICES_AS_OF})`
  );
}
