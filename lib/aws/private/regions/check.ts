import { Token } from 'aws-cdk-lib';
import type { ImageSource } from '../../../serving/image-source.js';
import type { Validator } from '../../../serving/validation/validator.js';
import { AwsImage } from '../../image.js';
import { advice, anyOf } from './advice.js';
import {
  CLOUDFORMATION_REGIONS,
  EC2_REGIONS,
  ENDPOINT_FAMILIES,
  NVIDIA_FAMILIES,
  TRANSFORM_FAMILIES,
  TYPE_LACKING,
} from './availability.js';
import { familyRegions, standIns, words } from './instance-families.js';

export type ResourceType = keyof typeof TYPE_LACKING;

/** What runs on instances. */
export interface InstanceTaker {
  /** What the names of its types begin with, before those of EC2. */
  readonly prefix: string;
  /** The families that it takes. */
  readonly families: string;
  /** Without which no instance helps. @default - EC2 alone is enough */
  readonly resourceType?: ResourceType;
  /** What to use where nothing of the kind is there, as a sentence. @default - only another region helps */
  readonly otherwise?: string;
}

/** Tasks on EC2's instances, which are there for their GPUs. */
export const GPU_TASKS: InstanceTaker = {
  prefix: '',
  families: NVIDIA_FAMILIES,
  otherwise: 'use ContainerCapacity.fargate(), without a GPU',
};

// SageMaker's instances are those of EC2: it may lack what EC2 has in a region, and not the reverse.

export const ENDPOINTS: InstanceTaker = {
  prefix: 'ml.',
  families: ENDPOINT_FAMILIES,
  resourceType: 'AWS::SageMaker::Endpoint',
  otherwise: 'use an instance type of another kind',
};

export const TRANSFORM_JOBS: InstanceTaker = {
  prefix: 'ml.',
  families: TRANSFORM_FAMILIES,
  resourceType: 'AWS::SageMaker::Model',
  otherwise: 'use an instance type of another kind, or BatchCompute.container()',
};

/** Notes a fault if the region is known to lack the instance type that was given, or that is the default. */
export function checkInstanceType(
  validator: Validator,
  region: string | undefined,
  prop: string,
  { given, byDefault }: { readonly given?: string; readonly byDefault: string },
  { prefix, families, resourceType, otherwise }: InstanceTaker,
): void {
  const type = given ?? byDefault;
  if (region === undefined || Token.isUnresolved(type) || !words(EC2_REGIONS).includes(region)) return;
  const name = `${type}`.slice(prefix.length);
  const family = name.split('.')[0]!;
  const regions = familyRegions(family);
  // Where the service itself is missing, no instance helps.
  if (!regions || regions.includes(region) || (resourceType && lacks(region, resourceType))) return;
  const near = standIns(name, region, words(families)).map((each) => prefix + each);
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

/** Notes a fault if CloudFormation is known to lack a resource in the region. `instead` says what does without. */
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

/** Notes a fault if the region is known to lack what builds the image. */
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
