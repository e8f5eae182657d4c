import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Type of a discovery document. */
export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly $ref?: string;
  readonly readOnly?: boolean;
  readonly properties?: Types;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
}

export type Types = { readonly [name: string]: Schema };

/** Method of a REST API. */
export interface Method {
  /** Such as `run.projects.locations.services.create`. */
  readonly id: string;
  readonly http: string;
  /** Path with parameters in braces. */
  readonly path: string;
  /** Names of query parameters. */
  readonly query: readonly string[];
  /** Type of the request body. Null if the method has none. */
  readonly request: string | null;
  readonly response: string | null;
}

/** REST API of Google Cloud. */
export interface Api {
  readonly host: string;
  readonly revision: string;
  readonly methods: readonly Method[];
  readonly types: Types;
}

/** APIs that stacks call, by name and version, such as `run.v2`. Written by `make.py`. */
export const APIS: { readonly [name: string]: Api } = JSON.parse(
  gunzipSync(readFileSync(join(__dirname, 'apis.json.gz'))).toString(),
);

/** Places in `value` that do not have the type `schema`. */
export function mismatches(value: unknown, schema: Schema, types: Types, path = '$'): string[] {
  if (schema.$ref) return mismatches(value, types[schema.$ref]!, types, path);
  const wrong = [`${path}: ${JSON.stringify(value)} is not ${schema.type} ${schema.enum ?? ''}`.trim()];
  switch (schema.type) {
    case 'any':
      return [];
    case 'string':
      return typeof value === 'string' && (!schema.enum || schema.enum.includes(value)) ? [] : wrong;
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong;
    case 'integer':
      return Number.isInteger(value) ? [] : wrong;
    case 'number':
      return typeof value === 'number' ? [] : wrong;
    case 'array':
      if (!Array.isArray(value)) return wrong;
      return value.flatMap((item, index) => mismatches(item, schema.items!, types, `${path}[${index}]`));
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return wrong;
  return Object.entries(value).flatMap(([name, item]) => {
    const type = schema.properties?.[name] ?? schema.additionalProperties;
    return type ? mismatches(item, type, types, `${path}.${name}`) : [`${path}.${name}: no such field`];
  });
}
