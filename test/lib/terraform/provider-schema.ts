import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Synthesized } from './references.js';

/** A type as Terraform writes it: `string`, or `["list", "string"]`, or `["object", {…}]`. */
type Type = string | readonly [string, Type] | readonly ['object', Readonly<Record<string, Type>>];

interface Attribute {
  readonly type?: Type;
  readonly nested?: Block & { readonly mode: string };
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
}

interface Block {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly blocks?: Readonly<
    Record<string, Block & { readonly mode: string; readonly min?: number; readonly max?: number }>
  >;
}

/** The schema of a provider, with the types that stacks use. */
export interface ProviderSchema {
  readonly version: string;
  readonly provider: Block;
  readonly resources: Readonly<Record<string, Block>>;
  readonly data: Readonly<Record<string, Block>>;
}

/** Reads what `schemas/reduce.mjs` wrote, such as `azurerm-4.55.0`. */
export function readSchema(name: string): ProviderSchema {
  return JSON.parse(gunzipSync(readFileSync(join(__dirname, 'schemas', `${name}.json.gz`))).toString());
}

/** Arguments that Terraform itself takes on every resource. */
const META = new Set(['depends_on', 'lifecycle', 'provider', 'count', 'for_each', 'provisioner', 'connection', '//']);

/** What `schema` refuses of a template's elements of the provider `prefix`, each with its place. */
export function schemaFaults({ json }: Synthesized, prefix: string, schema: ProviderSchema): string[] {
  const faults: string[] = [];
  for (const [kind, known] of [
    ['resource', schema.resources],
    ['data', schema.data],
  ] as const) {
    for (const [type, byId] of Object.entries(json[kind] ?? {})) {
      if (!type.startsWith(`${prefix}_`)) continue;
      for (const [id, element] of Object.entries(byId)) {
        const block = known[type];
        if (block) faults.push(...blockFaults(block, element, `${type}.${id}`, META));
        else faults.push(`${type}.${id}: no such type`);
      }
    }
  }
  for (const provider of [json.provider?.[prefix] ?? []].flat()) {
    faults.push(...blockFaults(schema.provider, provider, `provider.${prefix}`, new Set(['alias'])));
  }
  return faults;
}

function blockFaults(block: Block, value: unknown, path: string, known: ReadonlySet<string> = new Set()): string[] {
  if (typeof value !== 'object' || value === null) return [`${path} is no block`];
  const given = new Map(Object.entries(value).filter(([key, each]) => !known.has(key) && each !== null));
  const faults: string[] = [];
  for (const [name, each] of given) {
    const attribute = block.attributes?.[name];
    const inner = block.blocks?.[name];
    if (attribute) faults.push(...attributeFaults(attribute, each, `${path}.${name}`));
    else if (inner) faults.push(...innerFaults(inner, each, `${path}.${name}`));
    else faults.push(`${path}.${name}: no such argument`);
  }
  for (const [name, { required }] of Object.entries(block.attributes ?? {})) {
    if (required && !given.has(name)) faults.push(`${path}.${name}: required`);
  }
  for (const [name, { min = 0 }] of Object.entries(block.blocks ?? {})) {
    if (min > 0 && !given.has(name)) faults.push(`${path}.${name}: required`);
  }
  return faults;
}

function innerFaults(block: NonNullable<Block['blocks']>[string], value: unknown, path: string): string[] {
  // In JSON a block that may stand once is written as an object or as a list of one.
  const items = Array.isArray(value) ? value : [value];
  const { min = 0, max = Number.POSITIVE_INFINITY } = block;
  const count =
    items.length < min || items.length > max ? [`${path}: ${items.length} blocks, not ${min} to ${max}`] : [];
  return [...count, ...items.flatMap((item, index) => blockFaults(block, item, `${path}[${index}]`))];
}

function attributeFaults({ type, nested, required, optional }: Attribute, value: unknown, path: string): string[] {
  if (!required && !optional) return [`${path}: only the provider sets it`];
  if (nested) {
    if (isExpression(value)) return [];
    const items = nested.mode === 'single' ? [value] : nested.mode === 'map' ? Object.values(value as object) : value;
    if (!Array.isArray(items)) return [`${path} is no list`];
    return items.flatMap((item, index) => blockFaults(nested, item, `${path}[${index}]`));
  }
  return typeFaults(type!, value, path);
}

/** Whether Terraform computes the whole value, whose type only it knows. */
function isExpression(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('${') && value.endsWith('}');
}

function typeFaults(type: Type, value: unknown, path: string): string[] {
  if (isExpression(value) || value === null) return [];
  if (typeof type === 'string')
    return type === 'dynamic' || typeof value === scalarOf(type) ? [] : [`${path} is no ${type}`];
  const [kind, inner] = type;
  if (kind === 'list' || kind === 'set') {
    if (!Array.isArray(value)) return [`${path} is no ${kind}`];
    return value.flatMap((item, index) => typeFaults(inner as Type, item, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path} is no ${kind}`];
  return Object.entries(value!).flatMap(([key, item]) => {
    const of = kind === 'map' ? (inner as Type) : (inner as Readonly<Record<string, Type>>)[key];
    return of === undefined ? [`${path}.${key}: no such attribute`] : typeFaults(of, item, `${path}.${key}`);
  });
}

function scalarOf(type: string): string {
  return type === 'bool' ? 'boolean' : type;
}
