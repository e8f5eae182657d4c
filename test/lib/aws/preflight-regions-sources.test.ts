import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CfnResource, type Stack } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { BatchModel, ServerlessModel } from '../../../lib/aws/index.js';
import {
  EC2_REGIONS,
  FAMILY_LACKING,
  FAMILY_ONLY,
  NVIDIA_FAMILIES,
  SOURCES,
  TYPE_LACKING,
} from '../../../lib/aws/private/regions/availability.js';
import {
  checkInstanceType,
  ENDPOINTS,
  GPU_TASKS,
  type InstanceService,
  TRANSFORM_JOBS,
} from '../../../lib/aws/private/regions/check.js';
import { familyRegions, words } from '../../../lib/aws/private/regions/instance-families.js';
import { Validator } from '../../../lib/serving/validation/validator.js';
import { requireTool } from '../../support/tools.js';
import { VARIANTS as BATCHES } from './batch-variants.js';
import { VARIANTS as SERVICES } from './container-variants.js';
import { faultsOf } from './faults.js';
import { VARIANTS as ENDPOINT_VARIANTS, model } from './managed-endpoint-variants.js';
import { container, imageIn, type Make, managed, stackIn, told } from './regions-support.js';
import { VARIANTS as FUNCTIONS } from './serverless-variants.js';

interface Facts {
  readonly sources: { readonly [name: string]: string };
  readonly ec2Regions: string[];
  readonly familyRegions: { readonly [family: string]: string[] };
  readonly typeLacking: { readonly [type: string]: string[] };
  readonly cloudFormationTypes: { readonly [region: string]: string[] };
  readonly ec2Types: { readonly [region: string]: string[] };
  readonly endpointTypes: string[];
  readonly transformTypes: string[];
}

requireTool('moto_server');
requireTool('cfn-lint');
const script = join(__dirname, '../../../scripts/aws_regions.py');
const facts: Facts = JSON.parse(
  execFileSync(requireTool('python3'), [script, '--json'], { encoding: 'utf8', maxBuffer: 2 ** 26 }),
);
const families = [...Object.keys(FAMILY_LACKING), ...Object.keys(FAMILY_ONLY)].sort();

test('nothing is refused that is there by now; else run scripts/aws_regions.py', () => {
  for (const family of families) {
    const refused = words(EC2_REGIONS).filter((region) => !familyRegions(family)!.includes(region));
    const there = refused.filter((region) => facts.familyRegions[family]?.includes(region));
    expect([family, there]).toEqual([family, []]);
  }
  for (const [type, lacking] of Object.entries(TYPE_LACKING)) {
    const there = words(lacking).filter((region) => facts.cloudFormationTypes[region]?.includes(type));
    expect([type, there]).toEqual([type, []]);
  }
});

// Other versions of the packages may know of more.
const sources = Object.entries(facts.sources).map(([name, version]) => `${name} ${version}`);
test.runIf(sources.join(', ') === SOURCES)(`the table is that of ${SOURCES}`, () => {
  expect(words(EC2_REGIONS)).toEqual(facts.ec2Regions);
  expect(Object.fromEntries(families.map((family) => [family, familyRegions(family)]))).toEqual(facts.familyRegions);
  const lacking = Object.entries(TYPE_LACKING).map(([type, regions]) => [type, words(regions)]);
  expect(Object.fromEntries(lacking)).toEqual(facts.typeLacking);
});

const gpuTypes = facts.ec2Types['us-east-1']!.filter((type) => words(NVIDIA_FAMILIES).includes(type.split('.')[0]!));

test.each<[string, InstanceService, readonly string[]]>([
  ['tasks', GPU_TASKS, gpuTypes],
  ['endpoints', ENDPOINTS, facts.endpointTypes],
  ['jobs', TRANSFORM_JOBS, facts.transformTypes],
])('every type that is told to %s instead of another is there, and is taken', (_what, taker, types) => {
  const told = facts.ec2Regions.flatMap((region) =>
    types.flatMap((type) => standInsOf(type, region, taker).map((standIn) => ({ region, type, standIn }))),
  );
  const isTaken = (type: string) => taker === GPU_TASKS || types.includes(type);
  const wrong = told.filter(({ region, standIn }) => {
    const fits = (type: string) => (standIn.endsWith('.*') ? type.startsWith(standIn.slice(0, -1)) : type === standIn);
    return !facts.ec2Types[region]!.map((type) => taker.prefix + type).some((type) => isTaken(type) && fits(type));
  });
  expect(told.length).toBeGreaterThan(50);
  expect(wrong).toEqual([]);
});

test('whatever the constructs make that CloudFormation lacks somewhere is refused there', () => {
  const lacking = everyVariant().flatMap(([name, make]) => {
    const types = typesOf(make);
    const missing = (region: string) => types.filter((type) => !facts.cloudFormationTypes[region]!.includes(type));
    // Regions that lack the same are alike.
    const regions = new Map(Object.keys(facts.cloudFormationTypes).map((region) => [`${missing(region)}`, region]));
    return [...regions].flatMap(([types, region]) => (types === '' ? [] : [{ name, make, region }]));
  });
  const passed = lacking.filter(
    ({ make, region }) =>
      !faultsOf(() => make(stackIn(region))).some((fault) => fault.endsWith('REGION_LACKS_RESOURCE')),
  );
  expect(lacking.length).toBeGreaterThan(30);
  expect(passed.map(({ name, region }) => `${name} in ${region}`)).toEqual([]);
}, 120_000);

/** The types of resources that are made, as far as cfn-lint knows them at all. */
function typesOf(make: Make): string[] {
  const stack = stackIn();
  make(stack);
  const resources = stack.node.findAll().filter(CfnResource.isCfnResource);
  const types = new Set(resources.map(({ cfnResourceType }) => cfnResourceType));
  return [...types].filter((type) => facts.cloudFormationTypes['us-east-1']!.includes(type));
}

/** The types that are told instead of one that the region lacks. */
function standInsOf(type: string, region: string, taker: InstanceService): string[] {
  const validator = new Validator('this', () => false);
  checkInstanceType(validator, region, 'type', { byDefault: type }, taker);
  const [fault = ''] = told(() => validator.throwIfAny());
  return /; take (.+?), or go to /.exec(fault)?.[1]?.split(/, | or /) ?? [];
}

/** Every variant of every construct that the tools check. */
function everyVariant(): [string, Make][] {
  const of = <Props>(
    variants: { [name: string]: (stack: Stack) => Props },
    make: (props: Props) => Make,
  ): [string, Make][] => Object.entries(variants).map(([name, props]) => [name, (stack) => make(props(stack))(stack)]);
  return [
    ...of(SERVICES, container),
    ...of(ENDPOINT_VARIANTS, (props) => managed({ image: imageIn(), ...props })),
    ...of(FUNCTIONS, (props) => (stack) => new ServerlessModel(stack, 'Iris', { model, ...props })),
    ...of(BATCHES, (props) => (stack) => new BatchModel(stack, 'Batch', props)),
  ];
}
