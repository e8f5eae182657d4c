import { Annotations, TerraformResource, Token } from 'cdktf';
import type { Construct, IConstruct } from 'constructs';
import { describeIdleCost, type IdlePart, idleCost } from '../cost/idle-cost.js';
import type { PricedCloud } from '../cost/prices.js';

/** Attributes of a resource as Terraform reads them, in snake case. */
// biome-ignore lint/suspicious/noExplicitAny: every resource type has other attributes
export type ResourceAttributes = any;

/** Cost items of each resource type that costs money without requests. */
export type PriceRules = Readonly<Record<string, (attributes: ResourceAttributes) => readonly IdlePart[]>>;

/**
 * Reports the idle cost of a construct at synthesis: the fixed cost of its resources plus that of its running pods.
 *
 * @param running Cost items that no resource shows, such as pods.
 */
export function annotateIdleCost(
  scope: Construct,
  cloud: PricedCloud,
  rules: PriceRules,
  running: readonly IdlePart[] = [],
): void {
  const cost = idleCost([...running, ...scope.node.findAll().flatMap((each) => partsOf(each, rules))]);
  if (cost.monthlyUsd > 0 || cost.unpriced.length > 0) {
    Annotations.of(scope).addInfo(`${describeIdleCost(cost, cloud)} [modelship:idleCost]`);
  }
}

function partsOf(resource: IConstruct, rules: PriceRules): readonly IdlePart[] {
  if (!(resource instanceof TerraformResource)) return [];
  const rule = rules[resource.terraformResourceType];
  if (!rule) return [];
  const [attributes] = Object.values(resource.toTerraform().resource[resource.terraformResourceType]);
  return rule(attributes);
}

/** Returns the product of the factors, or NaN if a factor is a token. */
export function product(...factors: readonly number[]): number {
  return factors.some((factor) => Token.isUnresolved(factor)) ? Number.NaN : factors.reduce((all, each) => all * each);
}
