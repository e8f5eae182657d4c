import { describe, withArticle } from './describe.js';
import { nearest } from './nearest.js';
import type { Validator } from './validator.js';

/** Runtime type of a prop, checked for JavaScript callers. TypeScript checks the same at compile time. */
export interface PropType {
  /** Expected value as a noun phrase: `a Model, such as Model.fromDirectory("models/iris")`. */
  readonly expected: string;
  /** Whether the prop is required. @default false */
  readonly isRequired?: boolean;
  /** Type of the elements, if the prop is an array. @default - not an array */
  readonly element?: PropType;
  /** Types of the members of an object that may have no others. @default - any members */
  readonly members?: { readonly [name: string]: PropType };
  /** Types of the members that the settings of a choice have besides `kind`, by kind. @default - no members */
  readonly settings?: SettingsTypes;
  matches(value: unknown): boolean;
}

/** Types of the members that the settings of a choice have besides `kind`, by kind. Kinds without members are left out. */
export type SettingsTypes = { readonly [kind: string]: { readonly [member: string]: PropType } };

/** Type of each prop of a construct. Every prop of the interface must be listed. */
export type PropTypes<Props> = { readonly [Name in keyof Required<Props>]: PropType };

export const NUMBER: PropType = { expected: 'a number', matches: (value) => typeof value === 'number' };
export const STRING: PropType = { expected: 'a string', matches: (value) => typeof value === 'string' };
export const BOOLEAN: PropType = { expected: 'true or false', matches: (value) => typeof value === 'boolean' };
export const STRINGS = arrayOf(STRING);

/** Object with string values, such as environment variables or tags. */
export const STRING_MAP: PropType = { expected: 'an object such as { NAME: "value" }', matches: isObject };

/** Object with numbers, such as limits of metrics. */
export const NUMBERS: PropType = {
  expected: 'an object of numbers such as { accuracy: 0.9 }',
  matches: (value) => isObject(value) && Object.values(value).every((each) => typeof each === 'number'),
};

/** Type of objects with the given members. `expected` describes how to create one. */
export function object(expected: string, ...members: readonly string[]): PropType {
  return { expected, matches: (value) => isObject(value) && members.every((member) => member in value) };
}

/** Type of an object with the given members and no others. `expected` describes an example. */
export function options<Options extends object>(expected: string, members: PropTypes<Options>): PropType {
  return { expected, members, matches: isObject };
}

/**
 * Type of the instances that static methods of a class create, such as `Access.anonymous()`.
 *
 * @param settings types of the arguments that the methods take, which the settings of the instance hold
 */
export function choice(example: string, settings: SettingsTypes): PropType {
  return {
    expected: `${withArticle(example.split('.')[0]!)}, such as ${example}`,
    settings,
    matches: (value) => isObject(value) && 'settings' in value,
  };
}

export function arrayOf(element: PropType): PropType {
  return { expected: `an array with ${element.expected} for each element`, element, matches: Array.isArray };
}

export function required(type: PropType): PropType {
  return { ...type, isRequired: true };
}

/**
 * Reports unknown props, missing props and props of the wrong type.
 *
 * @throws ValidationError immediately if `props` or a prop has the wrong type, because later checks need correct types
 */
export function checkProps<Props extends object>(validator: Validator, props: Props, types: PropTypes<Props>): void {
  const names = Object.keys(types) as (keyof Props & string)[];
  if (!isObject(props)) {
    const needed = names.filter((name) => types[name].isRequired).map((name) => `\`${name}\``);
    const message = `got ${describe(props)}; pass an object with ${needed.join(' and ') || 'the props'}`;
    validator.check(false, 'props', 'WRONG_TYPE', message);
    validator.throwIfAny();
  }
  if (!checkMembers(validator, '', props, types)) validator.throwIfAny();
}

/** Reports unknown members and members of the wrong type. Returns whether the types of the known ones are right. */
function checkMembers(
  validator: Validator,
  path: string,
  value: object,
  types: { readonly [name: string]: PropType },
): boolean {
  const names = Object.keys(types);
  // Instances of a class may have members of their own.
  for (const name of isPlain(value) ? Object.keys(value) : []) {
    if (Object.hasOwn(types, name)) continue;
    const known = nearest(name, names);
    const hint = known ? `did you mean \`${known}\`?` : `the props are ${names.join(', ')}`;
    validator.check(false, `${path}${name}`, 'UNKNOWN_PROP', `no such prop; ${hint}`);
  }
  const given = value as { readonly [name: string]: unknown };
  return names.map((name) => checkType(validator, `${path}${name}`, given[name], types[name]!)).every(Boolean);
}

/** Reports a fault and returns false if a required value is missing or a value has the wrong type. */
export function checkType(validator: Validator, prop: string, value: unknown, type: PropType): boolean {
  const { expected, isRequired, element, members, settings } = type;
  if (value === undefined) {
    validator.check(!isRequired, prop, 'MISSING', `got nothing; pass ${expected}`);
    return !isRequired;
  }
  if (validator.isToken(value)) return true;
  const ok = type.matches(value);
  validator.check(ok, prop, 'WRONG_TYPE', `got ${describe(value)}; pass ${expected}`);
  if (!ok) return false;
  const given = value as { readonly [field: string]: unknown };
  return [
    ...(element
      ? (value as unknown[]).map((each, index) => checkType(validator, `${prop}.${index}`, each, required(element)))
      : []),
    ...(members ? [checkMembers(validator, `${prop}.`, given, members)] : []),
    ...(settings ? [checkSettings(validator, prop, given.settings as Settings, settings)] : []),
  ].every(Boolean);
}

type Settings = { readonly kind: string; readonly [member: string]: unknown };

function checkSettings(validator: Validator, prop: string, settings: Settings, types: SettingsTypes): boolean {
  return Object.entries(types[settings.kind] ?? {})
    .map(([name, type]) =>
      // Users pass options to a static method, so their paths do not contain the name of the parameter.
      checkType(validator, type.members ? prop : `${prop}.${name}`, settings[name], type),
    )
    .every(Boolean);
}

function isPlain(value: object): boolean {
  return [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
