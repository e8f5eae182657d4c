import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { evaluate } from '../../support/terraform.js';
import type { Resource, Template } from './support.js';

interface Reference {
  readonly $ref: string;
}

/** A type in Bicep's format: https://github.com/Azure/bicep-types. Which members it has, `$type` says. */
interface Type {
  readonly $type: string;
  readonly name?: string;
  readonly body?: Reference;
  readonly value?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minValue?: number;
  readonly maxValue?: number;
  readonly itemType?: Reference;
  readonly properties?: Properties;
  readonly additionalProperties?: Reference;
  readonly discriminator?: string;
  readonly baseProperties?: Properties;
  readonly elements?: readonly Reference[] | Readonly<Record<string, Reference>>;
}

type Properties = Readonly<Record<string, { readonly type: Reference; readonly flags: number }>>;

const REQUIRED = 1;
const READ_ONLY = 2;

const LISTS: readonly (readonly Type[])[] = Object.values(
  JSON.parse(
    gunzipSync(readFileSync(join(__dirname, '../terraform/schemas/azure-types.json.gz'))).toString(),
  ) as Record<string, Type[]>,
);

/** The resource types that are known, with the version of their API: `Microsoft.Web/sites@2024-11-01`. */
export const REST_TYPES: readonly string[] = LISTS.flatMap((types) =>
  types.filter(({ $type }) => $type === 'ResourceType').map(({ name }) => name!),
);

/** What Azure refuses of what azapi sends for a template, once Terraform has evaluated it. */
export function sentFaults(template: Template): string[] {
  const sent = template.arm().filter(({ body }) => body);
  if (sent.length === 0) return [];
  const parts = Object.fromEntries(sent.map(({ name, body }, index) => [`sent${index}`, { name, body }]));
  const values = evaluate(template.json, parts);
  return sent.flatMap((each, index) =>
    bodyFaults(each.type, whole({ ...each, ...values[`sent${index}`] }))
      .filter((fault) => !isMerged(each, fault) && !isLost(fault))
      .map((fault) => `${each.type}: ${fault}`),
  );
}

/** The resource that azapi sends, of which it takes parts as attributes of its own and from the path. */
function whole({ type, name, location, tags, identity, body }: Resource): object {
  return {
    type: type.split('@')[0],
    apiVersion: type.split('@')[1],
    name: name ?? 'default',
    ...(location ? { location } : {}),
    ...(tags ? { tags } : {}),
    ...(identity ? { identity: { type: identity.type, userAssignedIdentities: {} } } : {}),
    ...body,
  };
}

/** Whether what is missing is there, because the body is merged with what the resource has, or is part of the path. */
function isMerged({ parent_id, resource_id, method }: Resource, fault: string): boolean {
  const isUpdate = method === undefined && (resource_id !== undefined || parent_id === undefined);
  return isUpdate && fault.endsWith(': required');
}

/** Whether the data is wrong: the properties that are called so were removed from it with the descriptions. */
function isLost(fault: string): boolean {
  return fault.endsWith('.description: no such property') || /^body\.(type|apiVersion|name): read-only$/.test(fault);
}

/** What the published type of a resource refuses of its body, each with its place. */
export function bodyFaults(type: string, body: object): string[] {
  const types = LISTS.find((list) => list.some(({ name, $type }) => $type === 'ResourceType' && name === type));
  if (!types) return [`${type}: no such type`];
  const at = ({ $ref }: Reference) => types[Number($ref.slice('#/'.length))]!;
  const resource = types.find(({ name }) => name === type)!;
  return faults(body, at(resource.body!), 'body', at);
}

function faults(value: unknown, type: Type, path: string, at: (reference: Reference) => Type): string[] {
  const wrong = [`${path}: ${JSON.stringify(value)} is no ${type.value ?? type.$type}`];
  switch (type.$type) {
    case 'AnyType':
      return [];
    case 'BooleanType':
      return typeof value === 'boolean' ? [] : wrong;
    case 'IntegerType': {
      const { minValue = Number.NEGATIVE_INFINITY, maxValue = Number.POSITIVE_INFINITY } = type;
      // The types have fractions, too, as integers.
      return typeof value === 'number' && value >= minValue && value <= maxValue ? [] : wrong;
    }
    case 'StringLiteralType':
      return value === type.value ? [] : wrong;
    case 'StringType': {
      if (typeof value !== 'string') return wrong;
      const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern = '' } = type;
      const fits = value.length >= minLength && value.length <= maxLength && new RegExp(pattern).test(value);
      return fits ? [] : [`${path}: ${JSON.stringify(value)} does not fit ${JSON.stringify(type)}`];
    }
    case 'UnionType': {
      const elements = type.elements as readonly Reference[];
      return elements.some((element) => faults(value, at(element), path, at).length === 0) ? [] : wrong;
    }
    case 'ArrayType':
      if (!Array.isArray(value)) return wrong;
      return value.flatMap((item, index) => faults(item, at(type.itemType!), `${path}[${index}]`, at));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong;
  if (type.$type !== 'DiscriminatedObjectType') return objectFaults(value, type.properties!, type, path, at);
  const kind = (value as Record<string, string>)[type.discriminator!]!;
  const element = (type.elements as Readonly<Record<string, Reference>>)[kind];
  if (!element) return [`${path}.${type.discriminator}: ${kind} is none of ${Object.keys(type.elements!)}`];
  const { properties } = at(element);
  return objectFaults(value, { ...type.baseProperties, ...properties }, type, path, at);
}

function objectFaults(
  value: object,
  properties: Properties,
  { additionalProperties }: Type,
  path: string,
  at: (reference: Reference) => Type,
): string[] {
  const found = Object.entries(value).flatMap(([name, each]) => {
    const property = properties[name];
    if (property && property.flags & READ_ONLY && !(property.flags & REQUIRED)) return [`${path}.${name}: read-only`];
    const type = property?.type ?? additionalProperties;
    return type ? faults(each, at(type), `${path}.${name}`, at) : [`${path}.${name}: no such property`];
  });
  const missing = Object.entries(properties)
    .filter(([name, { flags }]) => flags & REQUIRED && !(name in value))
    .map(([name]) => `${path}.${name}: required`);
  return [...found, ...missing];
}
