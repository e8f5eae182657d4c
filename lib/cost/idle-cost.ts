import { PRICES_AS_OF, PRICES_REGION, type PriceUnit, priceOf } from './prices.js';

/** Hours of a month, as clouds count them. */
const HOURS = 730;

/** How often a price is due in a month. */
const TIMES_A_MONTH: Readonly<Record<PriceUnit, number>> = {
  hour: HOURS,
  'vCPU-hour': HOURS,
  'GB-hour': HOURS,
  'GB-second': HOURS * 3600,
  'GB-month': 1,
  month: 1,
};

/** Something that is paid while there are no requests. */
export interface IdlePart {
  /** Such as `load balancer`. Parts of one name are added up. */
  readonly what: string;
  /** Name of the price, such as `aws.alb.hour`. */
  readonly price: string;
  /** How many units of the price's: instances for an hour, GB for a GB-second; NaN if nobody knows yet. @default 1 */
  readonly quantity?: number;
}

/** What a deployment costs without requests. */
export interface IdleCost {
  /** US dollars a month. */
  readonly monthlyUsd: number;
  /** The same by what is paid, the dearest first. */
  readonly parts: readonly (readonly [what: string, monthlyUsd: number])[];
  /** What is paid too, for which there is no price. */
  readonly unpriced: readonly string[];
}

/** Adds up what is paid in a month without requests. */
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

/** The cost as a person reads it: the sum, its parts, and how old the prices are. */
export function describeIdleCost({ monthlyUsd, parts, unpriced }: IdleCost): string {
  const unknown = unpriced.length > 0 ? `, and the price of ${unpriced.join(' and ')}, which is not known here` : '';
  const list = parts.map(([what, usd]) => `${what} $${usd.toFixed(2)}`).join(', ');
  return (
    `costs about $${monthlyUsd.toFixed(2)} a month without requests${unknown}: ${list} ` +
    `(list prices of ${PRICES_REGION} as of ${PRICES_AS_OF})`
  );
}
