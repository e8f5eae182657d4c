import { readFileSync } from 'node:fs';
import DEFAULT from './prices.json';

/** Unit in which a price is billed. A GB is 2^30 bytes where the cloud counts in GiB. */
const UNITS = [
  'hour',
  'vCPU-hour',
  'GB-hour',
  'vCPU-second',
  'GB-second',
  'GPU-second',
  'GB',
  'MiB',
  'GB-month',
  'minute',
  'day',
  'month',
  'operation',
  'fraction',
] as const;

/** Unit in which a price is billed. */
export type PriceUnit = (typeof UNITS)[number];

/** List price of one cloud resource. */
export interface Price {
  readonly id: string;
  /** Regions with this price, or `all`. */
  readonly regions: readonly string[];
  /** US dollars per unit. */
  readonly usd: number;
  readonly unit: PriceUnit;
  /** Number of units per month that are free in every account. @default 0 */
  readonly free?: number;
  /** Prices by monthly usage. The last tier has no limit. @default - one price for every usage */
  readonly tiers?: readonly { readonly upTo?: number; readonly usd: number }[];
  /** Keys of the file's sources. */
  readonly sources: readonly string[];
  /** Price of `memory` has no source that could be verified. */
  readonly confidence: 'two-sources' | 'one-source' | 'derived' | 'memory';
}

/** Published time until a target serves its first request, without the model's own start. */
export interface ColdStart {
  readonly target: string;
  /** Shortest and longest time, in seconds. */
  readonly seconds: readonly [shortest: number, longest: number];
  readonly what: string;
  readonly source: string;
  readonly date?: string;
  readonly confidence: 'measured' | 'vendor' | 'documented' | 'reported' | 'weak';
}

/** Content of `prices.json`. */
interface PriceFile {
  /** Date on which the prices were last verified, such as 2026-10-07. */
  readonly asOf: string;
  readonly sources: Readonly<Record<string, { readonly name: string; readonly date?: string }>>;
  readonly prices: readonly Price[];
  readonly coldStarts: readonly ColdStart[];
}

/** Region of the default prices of each cloud. Other regions cost up to a third more. */
export const PRICES_REGIONS = { aws: 'us-east-1', azure: 'eastus', gcp: 'us-central1' } as const;

/** Cloud with prices. */
export type PricedCloud = keyof typeof PRICES_REGIONS;

/** A price file that cannot be read. */
export class PriceFileError extends Error {
  override readonly name = 'PriceFileError';
}

/** List prices in US dollars, without discounts, and published cold starts. */
export class Prices {
  /** Reads the table from a JSON file with the fields of `prices.json`. @throws PriceFileError */
  static fromFile(path: string): Prices {
    let value: unknown;
    try {
      value = JSON.parse(readFileSync(path, 'utf8'));
    } catch (error) {
      throw new PriceFileError(`${path} cannot be read as JSON: ${(error as Error).message}`);
    }
    const faults = faultsOf(value);
    if (faults.length === 0) return new Prices(value as PriceFile);
    throw new PriceFileError(`${path} is not a price file: ${faults.slice(0, 5).join('; ')}`);
  }

  private readonly byId = new Map<string, Map<string, Price>>();

  constructor(private readonly file: PriceFile) {
    for (const price of file.prices) {
      const regions = this.byId.get(price.id) ?? new Map<string, Price>();
      for (const region of price.regions) regions.set(region, price);
      this.byId.set(price.id, regions);
    }
  }

  /** Date on which the prices were last verified. */
  get asOf(): string {
    return this.file.asOf;
  }

  /** Published cold starts. */
  get coldStarts(): readonly ColdStart[] {
    return this.file.coldStarts;
  }

  /** Regions of a cloud with at least one price of their own, in alphabetical order. */
  regions(cloud: PricedCloud): readonly string[] {
    const own = this.file.prices.filter(({ id }) => id.startsWith(`${cloud}.`)).flatMap(({ regions }) => regions);
    return [...new Set(own)].filter((region) => region !== 'all').sort();
  }

  /**
   * Returns a price by its id, such as `aws.alb.hour`. If the region has no price of its own, returns the one of the
   * cloud's default region. Undefined for an id that is not in the table.
   */
  find(id: string, region?: string): Price | undefined {
    const regions = this.byId.get(id);
    if (!regions) return undefined;
    const fallback = PRICES_REGIONS[id.slice(0, id.indexOf('.')) as PricedCloud];
    return regions.get(region ?? fallback) ?? regions.get('all') ?? regions.get(fallback) ?? [...regions.values()][0];
  }
}

/** Prices that ship with Modelship. */
export const DEFAULT_PRICES = new Prices(DEFAULT as unknown as PriceFile);

/**
 * Surcharge of ECS Managed Instances on the EC2 price, as a fraction. The calculator of its source assumes it for every
 * instance type.
 */
export const MANAGED_INSTANCES_FEE = DEFAULT_PRICES.find('aws.ecs.managedInstances.fee')!.usd;

/** Lists what a price file lacks. Prices of unknown ids are allowed. */
function faultsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return ['it must be an object with `asOf`, `sources` and `prices`'];
  const { asOf, sources, prices, coldStarts } = value as Record<string, unknown>;
  const faults: string[] = [];
  if (typeof asOf !== 'string' || Number.isNaN(Date.parse(asOf)))
    faults.push('`asOf` must be a date such as 2026-10-07');
  if (typeof sources !== 'object' || sources === null) faults.push('`sources` must be an object');
  if (!Array.isArray(prices)) faults.push('`prices` must be an array');
  if (!Array.isArray(coldStarts)) faults.push('`coldStarts` must be an array');
  for (const [index, price] of Array.isArray(prices) ? prices.entries() : []) {
    const { id, regions, usd, unit, tiers = [], sources: keys } = (price ?? {}) as Partial<Price>;
    const name = `prices.${index}${typeof id === 'string' ? ` (${id})` : ''}`;
    if (typeof id !== 'string' || !/^(aws|azure|gcp)\./.test(id)) {
      faults.push(`${name}.id must start with aws., azure. or gcp.`);
    }
    if (!Array.isArray(regions) || regions.length === 0) faults.push(`${name}.regions must name at least one region`);
    if (!isPrice(usd)) faults.push(`${name}.usd must be a number of US dollars`);
    if (!UNITS.includes(unit as PriceUnit)) faults.push(`${name}.unit must be one of ${UNITS.join(', ')}`);
    if (!Array.isArray(keys) || keys.length === 0) faults.push(`${name}.sources must name at least one source`);
    if (!Array.isArray(tiers) || tiers.some((tier) => !isPrice(tier?.usd)))
      faults.push(`${name}.tiers need a price each`);
  }
  return faults;
}

function isPrice(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
