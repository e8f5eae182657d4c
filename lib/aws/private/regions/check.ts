import { Token } from 'aws-cdk-lib';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { ImageSource } from '../../../serving/image-source.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { AwsImage } from '../../image.js';
import {
  AS_OF,
  CLOUDFORMATION_REGIONS,
  EC2_REGIONS,
  ENDPOINT_FAMILIES,
  NVIDIA_FAMILIES,
  TRANSFORM_FAMILIES,
  TYPE_LACKING,
} from './availability.js';
import { familyRegions, similarTypes, words } from './instance-families.js';
import { CONTEXT } from './region-of.js';

export type ResourceType = keyof typeof TYPE_LACKING;

/** Service that runs on instances. */
export interface InstanceService {
  /** Prefix of the service's instance types before the EC2 name. */
  readonly prefix: string;
  /** Instance families that the service supports. */
  readonly families: string;
  /** Resource type that the service requires in the region. @default - none besides EC2 */
  readonly resourceType?: ResourceType;
  /** Alternative if no similar instance type is available, as a clause. @default - only another region helps */
  readonly otherwise?: string;
}

/** GPU tasks on EC2 instances. */
export const GPU_TASKS: InstanceService = {
  prefix: '',
  families: NVIDIA_FAMILIES,
  otherwise: 'use ContainerCapacity.fargate(), without a GPU',
};

// SageMaker uses EC2's instance types: it may lack a type that EC2 has in a region, but not the reverse.

export const ENDPOINTS: InstanceService = {
  prefix: 'ml.',
  families: ENDPOINT_FAMILIES,
  resourceType: 'AWS::SageMaker::Endpoint',
  otherwise: 'use another instance family',
};

export const TRANSFORM_JOBS: InstanceService = {
  prefix: 'ml.',
  families: TRANSFORM_FAMILIES,
  resourceType: 'AWS::SageMaker::Model',
  otherwise: 'use another instance family, or BatchCompute.container()',
};

/** Reports an instance type, given or default, that is known to be unavailable in the region. */
export function checkInstanceType(
  validator: Validator,
  region: string | undefined,
  prop: string,
  { given, byDefault }: { readonly given?: string; readonly byDefault: string },
  { prefix, families, resourceType, otherwise }: InstanceService,
): void {
  const type = given ?? byDefault;
  if (region === undefined || Token.isUnresolved(type) || !words(EC2_REGIONS).includes(region)) return;
  const name = `${type}`.slice(prefix.length);
  const family = name.split('.')[0]!;
  const regions = familyRegions(family);
  // If the service itself is unavailable, no other instance type helps.
  if (!regions || regions.includes(region) || (resourceType && lacks(region, resourceType))) return;
  const near = similarTypes(name, region, words(families)).map((each) => prefix + each);
  validator.check(
    false,
    prop,
    'REGION_LACKS_INSTANCES',
    `${given === undefined ? 'the default is' : 'got'} ${type}, and EC2 has no ${family} in ${region}; ` +
      advice(
        near.length > 0 ? `take ${anyOf(near)}` : otherwise,
        region,
        regions.filter((each) => !resourceType || !lacks(each, resourceType)),
      ),
  );
}

/** Reports a resource that CloudFormation is known to lack in the region. `instead` names an alternative without it. */
export function checkResource(
  validator: Validator,
  region: string | undefined,
  prop: string,
  resourceType: ResourceType,
  instead: string,
): void {
  if (region === undefined || !lacks(region, resourceType)) return;
  const regions = words(CLOUDFORMATION_REGIONS).filter((each) => !lacks(each, resourceType));
  validator.check(
    false,
    prop,
    'REGION_LACKS_RESOURCE',
    `CloudFormation has no ${resourceType} in ${region}; ${advice(instead, region, regions)}`,
  );
}

/** Reports an image whose build service is known to be unavailable in the region. */
export function checkImage(
  validator: Validator,
  region: string | undefined,
  prop: string,
  image: ImageSource | undefined,
): void {
  if (!(image instanceof AwsImage && image.isBuiltByCodeBuild)) return;
  checkResource(validator, region, prop, 'AWS::CodeBuild::Project', 'use AwsImage.fromAsset() or .fromEcr()');
}

function lacks(region: string, resourceType: ResourceType): boolean {
  return words(TYPE_LACKING[resourceType]).includes(region);
}

/** Advice on what to use in the region, which regions to use instead, and what to do if the table is outdated. */
function advice(instead: string | undefined, region: string, regions: readonly string[]): string {
  const there = nearest(region, regions);
  const ways = [...(instead ? [instead] : []), ...(there.length > 0 ? [`go to ${someOf(there)}`] : [])];
  return (
    `${ways.join(', or ')}. This list is as of ${AS_OF}: if AWS offers it there now, set the context ` +
    `${CONTEXT} to false`
  );
}

/** Regions that the same accounts can use, sorted with those in the same part of the world first. */
function nearest(region: string, regions: readonly string[]): string[] {
  const area = region.slice(0, region.indexOf('-') + 1);
  const partition = (name: string) => RegionInfo.get(name).partition;
  const reached = regions.filter((each) => partition(each) === partition(region));
  return [...reached.filter((each) => each.startsWith(area)), ...reached.filter((each) => !each.startsWith(area))];
}

function someOf(names: readonly string[]): string {
  const others = names.length - 4;
  return others > 1 ? `${names.slice(0, 4).join(', ')} or ${others} others` : anyOf(names);
}

function anyOf(names: readonly string[]): string {
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : names.join();
}
