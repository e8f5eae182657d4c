import { allMonth, type Bill, bill, type Running } from './bill.js';
import { DEFAULT_PRICES, PRICES_REGIONS, type PricedCloud } from './prices.js';

/** A resource that costs money without requests. */
export type IdlePart = Running;

/** Adds up the monthly cost without requests. */
export function idleCost(parts: readonly IdlePart[]): Bill {
  return bill(
    parts.map((part) => allMonth(DEFAULT_PRICES, part)),
    { prices: DEFAULT_PRICES },
  );
}

/** Describes the cost for people: the sum, its parts, and the date of the prices. */
export function describeIdleCost({ monthlyUsd, parts, unpriced }: Bill, cloud: PricedCloud): string {
  const unknown = unpriced.length > 0 ? `, and the price of ${unpriced.join(' and ')}, which is not known here` : '';
  const list = parts.map(({ what, monthlyUsd: usd }) => `${what} $${usd.toFixed(2)}`).join(', ');
  return (
    `costs about $${monthlyUsd.toFixed(2)} a month without requests${unknown}: ${list} ` +
    `(list prices of ${PRICES_REGIONS[cloud]} as of ${DEFAULT_PRICES.asOf})`
  );
}
