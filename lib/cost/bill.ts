import { PRICES_REGIONS, type Price, type PricedCloud, type Prices, type PriceUnit } from './prices.js';

/** Hours in a month, as clouds count them. */
export const HOURS_PER_MONTH = 730;

/** Units per month of something that runs all month, by price unit. Units of usage are not in the list. */
const ALL_MONTH: Readonly<Partial<Record<PriceUnit, number>>> = {
  hour: HOURS_PER_MONTH,
  'vCPU-hour': HOURS_PER_MONTH,
  'GB-hour': HOURS_PER_MONTH,
  'vCPU-second': HOURS_PER_MONTH * 3600,
  'GB-second': HOURS_PER_MONTH * 3600,
  'GPU-second': HOURS_PER_MONTH * 3600,
  'GB-month': 1,
  day: HOURS_PER_MONTH / 24,
  month: 1,
};

/** Usage of one price in a month. */
export interface Usage {
  /** Name of the cost item, such as `load balancer`. Items with the same name are added up. */
  readonly what: string;
  /** Id of the price, such as `aws.alb.hour`. */
  readonly price: string;
  /** Number of billed units in a month; NaN if unknown. */
  readonly units: number;
}

/** Something that runs all month, such as two instances. */
export interface Running {
  readonly what: string;
  readonly price: string;
  /** Number of what the price is for, such as instances for an hour or GB for a GB-second; NaN if unknown. @default 1 */
  readonly quantity?: number;
}

/** Cost of a month. */
export interface Bill {
  /** US dollars per month. */
  readonly monthlyUsd: number;
  /** The monthly cost by item, in descending order. */
  readonly parts: readonly BillPart[];
  /** Items that also cost money, but have no known price. */
  readonly unpriced: readonly string[];
  /** Ids of prices that the region does not have, so that those of the cloud's default region are used. */
  readonly otherRegion: readonly string[];
  /** Ids of prices without a source that could be verified. */
  readonly unverified: readonly string[];
}

export interface BillPart {
  readonly what: string;
  readonly monthlyUsd: number;
  /** Terms of the sum, such as `730 hours × $0.0225`. */
  readonly formula: string;
}

export interface BillOptions {
  readonly prices: Prices;
  /** @default - the region of the default prices of each cloud */
  readonly region?: string;
  /** Whether to subtract the usage that is free in every account. @default false */
  readonly freeTier?: boolean;
}

/** Returns the usage of something that runs all month. */
export function allMonth(prices: Prices, { what, price, quantity = 1 }: Running): Usage {
  const unit = prices.find(price)?.unit;
  return { what, price, units: quantity * ((unit && ALL_MONTH[unit]) ?? Number.NaN) };
}

/** Returns the price of a usage in US dollars, by its tiers. */
export function amount(price: Price, units: number, freeTier = false): number {
  let billed = Math.max(0, units - (freeTier ? (price.free ?? 0) : 0));
  if (!price.tiers) return billed * price.usd;
  let sum = 0;
  let from = 0;
  for (const { upTo = Number.POSITIVE_INFINITY, usd } of price.tiers) {
    const inTier = Math.min(billed, upTo - from);
    sum += inTier * usd;
    billed -= inTier;
    from = upTo;
  }
  return sum;
}

/** Returns the cost of a month in US dollars, without what has no known price. */
export function total(usages: readonly Usage[], { prices, region, freeTier }: BillOptions): number {
  return usages.reduce((sum, { price: id, units }) => {
    const price = prices.find(id, region);
    return price && !Number.isNaN(units) ? sum + amount(price, units, freeTier) : sum;
  }, 0);
}

/** Adds up the cost of a month, and states how. */
export function bill(usages: readonly Usage[], { prices, region, freeTier = false }: BillOptions): Bill {
  const parts = new Map<string, { usd: number; terms: string[] }>();
  const unpriced = new Set<string>();
  const otherRegion = new Set<string>();
  const unverified = new Set<string>();
  for (const { what, price: id, units } of usages) {
    const price = prices.find(id, region);
    if (!price || Number.isNaN(units)) {
      unpriced.add(what);
      continue;
    }
    const usd = amount(price, units, freeTier);
    if (usd === 0) continue;
    if (isOtherRegion(price, region)) otherRegion.add(id);
    if (price.confidence === 'memory') unverified.add(id);
    const part = parts.get(what) ?? { usd: 0, terms: [] };
    part.usd += usd;
    part.terms.push(term(price, units, freeTier));
    parts.set(what, part);
  }
  const sorted = [...parts]
    .map(([what, { usd, terms }]) => ({ what, monthlyUsd: usd, formula: terms.join(' + ') }))
    .sort((a, b) => b.monthlyUsd - a.monthlyUsd);
  return {
    monthlyUsd: sorted.reduce((sum, { monthlyUsd }) => sum + monthlyUsd, 0),
    parts: sorted,
    unpriced: [...unpriced],
    otherRegion: [...otherRegion],
    unverified: [...unverified],
  };
}

function isOtherRegion({ id, regions }: Price, region: string | undefined): boolean {
  const wanted = region ?? PRICES_REGIONS[id.slice(0, id.indexOf('.')) as PricedCloud];
  return !regions.includes(wanted) && !regions.includes('all');
}

function term({ usd, unit, tiers, free }: Price, units: number, freeTier: boolean): string {
  const count = units.toLocaleString('en-US', { maximumFractionDigits: 2 });
  const isFree = freeTier && free !== undefined;
  const billed = isFree ? `(${count} − ${free.toLocaleString('en-US')} free)` : count;
  const name = unit === 'operation' ? 'request' : unit;
  return `${billed} ${name}${units === 1 && !isFree ? '' : 's'} × $${decimal(usd)}${tiers ? ' (tiered)' : ''}`;
}

/** Writes a price without an exponent. */
function decimal(usd: number): string {
  return usd.toFixed(12).replace(/\.?0+$/, '');
}
