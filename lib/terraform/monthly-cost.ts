import { Annotations, TerraformResource, Token } from 'cdktf';
import type { Construct, IConstruct } from 'constructs';
import type { Usage } from '../cost/bill.js';
import {
  describeMonthlyCost,
  hasCost,
  type IdlePart,
  monthlyCost,
  type PricedResources,
} from '../cost/monthly-cost.js';
import type { PricedCloud } from '../cost/prices.js';

/** Attributes of a resource as Terraform reads them, in snake case. */
// biome-ignore lint/suspicious/noExplicitAny: every resource type has other attributes
export type ResourceAttributes = any;

/** Prices of a cloud's resources, by the type of the resource. */
export interface ResourcePrices {
  readonly cloud: PricedCloud;
  /** What resources cost without requests. */
  readonly idle: Readonly<Record<string, (attributes: ResourceAttributes) => readonly IdlePart[]>>;
  /** Usage of resources that cost more with requests. Undefined for a resource whose cost stays the same. */
  readonly atLoad: Readonly<Record<string, (attributes: ResourceAttributes) => readonly Usage[] | undefined>>;
}

/**
 * Reports the cost of a construct at synthesis, without requests and with the stated load.
 *
 * @param running what no resource shows, such as pods
 */
export function annotateMonthlyCost(
  scope: Construct,
  prices: ResourcePrices,
  running: PricedResources = { idle: [] },
): void {
  const cost = monthlyCost([running, ...scope.node.findAll().flatMap((each) => priced(each, prices))]);
  if (hasCost(cost)) {
    Annotations.of(scope).addInfo(`${describeMonthlyCost(cost, prices.cloud)} [modelship:idleCost]`);
  }
}

function priced(resource: IConstruct, { idle, atLoad }: ResourcePrices): PricedResources[] {
  if (!(resource instanceof TerraformResource)) return [];
  const type = resource.terraformResourceType;
  if (!idle[type] && !atLoad[type]) return [];
  const [attributes] = Object.values(resource.toTerraform().resource[type]);
  return [{ idle: idle[type]?.(attributes) ?? [], atLoad: atLoad[type]?.(attributes) }];
}

/** Returns the product of the factors, or NaN if a factor is a token. */
export function product(...factors: readonly number[]): number {
  return factors.some((factor) => Token.isUnresolved(factor)) ? Number.NaN : factors.reduce((all, each) => all * each);
}
