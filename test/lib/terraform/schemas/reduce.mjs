// Reduces schemas of Terraform providers, and Azure's types of REST bodies, to the types that stacks of the tests use.
//
//   node test/lib/terraform/schemas/reduce.mjs FOLDER
//
// FOLDER holds, for each provider and version, either `NAME-VERSION.json`, which `terraform providers schema -json`
// printed in a folder that requires exactly that version, or `NAME-VERSION.json.gz`, as this script writes it; and
// in `azure-types/`, gzipped lists of types in Bicep's format, from https://github.com/Azure/bicep-types-az.
// Add a type to `types.json` first: the tests say which one is missing.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

const [, script, source] = process.argv;
if (!source) throw new Error('usage: node reduce.mjs FOLDER');
const target = join(script, '..');
const types = JSON.parse(readFileSync(join(target, 'types.json'), 'utf8'));

const read = (path) =>
  JSON.parse(path.endsWith('.gz') ? gunzipSync(readFileSync(path)).toString() : readFileSync(path, 'utf8'));
const write = (name, value) => writeFileSync(join(target, name), gzipSync(JSON.stringify(value), { level: 9 }));
const pick = (from, names) =>
  Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));

/** A block without descriptions, and with the names that the checks read. */
function block({ attributes = {}, block_types = {} }) {
  return {
    attributes: Object.fromEntries(Object.entries(attributes).map(([name, each]) => [name, attribute(each)])),
    blocks: Object.fromEntries(
      Object.entries(block_types).map(([name, { nesting_mode, min_items, max_items, block: inner }]) => [
        name,
        { mode: nesting_mode, min: min_items, max: max_items, ...block(inner) },
      ]),
    ),
  };
}

function attribute({ type, nested_type, required, optional, computed }) {
  const nested = nested_type && { mode: nested_type.nesting_mode, ...block({ attributes: nested_type.attributes }) };
  return { type, nested, required, optional, computed };
}

const blocks = (schemas = {}) =>
  Object.fromEntries(Object.entries(schemas).map(([name, { block: each }]) => [name, block(each)]));

function providerSchema(json, version) {
  if (!json.provider_schemas) return json;
  const [schema] = Object.values(json.provider_schemas);
  return {
    version,
    provider: block(schema.provider.block),
    resources: blocks(schema.resource_schemas),
    data: blocks(schema.data_source_schemas),
  };
}

for (const file of readdirSync(source).filter((name) => /^[a-z]+-\d[\d.]*\.json(\.gz)?$/.test(name))) {
  const [, provider, version] = /^([a-z]+)-(.*)\.json/.exec(file);
  const schema = providerSchema(read(join(source, file)), version);
  const { resources = [], data = [] } = types.providers[provider] ?? {};
  write(`${provider}-${version}.json.gz`, {
    version,
    provider: schema.provider,
    resources: pick(schema.resources, resources),
    data: pick(schema.data, data),
  });
}

/** The types of `all` that those named in `names` need, with references to their new places. */
function closure(all, names) {
  const places = new Map();
  const kept = [];
  const copy = (value) => {
    if (Array.isArray(value)) return value.map(copy);
    if (typeof value !== 'object' || value === null) return value;
    if (typeof value.$ref === 'string') return { $ref: `#/${place(Number(value.$ref.slice(2)))}` };
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copy(each)]));
  };
  const place = (index) => {
    if (!places.has(index)) {
      places.set(index, kept.length);
      const at = kept.push(undefined) - 1;
      kept[at] = copy(all[index]);
    }
    return places.get(index);
  };
  for (const [index, { $type, name }] of all.entries()) {
    if ($type === 'ResourceType' && names.includes(name)) place(index);
  }
  return kept;
}

const folder = join(source, 'azure-types');
if (existsSync(folder)) {
  const lists = readdirSync(folder)
    .map((file) => [basename(file, '.json.gz'), closure(read(join(folder, file)), types.azure)])
    .filter(([, kept]) => kept.length > 0);
  write('azure-types.json.gz', Object.fromEntries(lists));
}
