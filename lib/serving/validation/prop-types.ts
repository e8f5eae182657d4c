import { describe, withArticle } from './describe.js';
import type { Validator } from './validator.js';

/** Runtime type of a prop, checked for JavaScript callers. TypeScript checks the same at compile time. */
export interface PropType {
  /** Expected value as a noun phrase: `a Model, such as Model.fromDirectory("models/iris")`. */
  readonly expected: string;
  /** Whether the prop is required. @default false */
  readonly isRequired?: boolean;
  /** Type of the elements, if the prop is an array. @default - not an array */
  readonly element?: PropType;
  matches(value: unknown): boolean;
}

/** Type of each prop of a construct. Every prop of the interface must be listed. */
export type PropTypes<Props> = { readonly [Name in keyof Required<Props>]: PropType };

export const NUMBER: PropType = { expected: 'a number', matches: (value) => typeof value === 'number' };
export const STRING: PropType = { expected: 'a string', matches: (value) => typeof value === 'string' };
export const BOOLEAN: PropType = { expected: 'true or false', matches: (value) => typeof value === 'boolean' };
export const STRINGS = arrayOf(STRING);

/** Object with string values, such as environment variables or tags. */
export const STRING_MAP: PropType = { expected: 'an object such as { NAME: "value" }', matches: isObject };

/** Type of objects with the given members. `expected` describes how to create one. */
export function object(expected: string, ...members: readonly string[]): PropType {
  return { expected, matches: (value) => isObject(value) && members.every((member) => member in value) };
}

/** Type of the instances that static methods of a class create, such as `Access.anonymous()`. */
export function choice(example: string): PropType {
  return object(`${withArticle(example.split('.')[0]!)}, such as ${example}`, 'kind');
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
  for (const name of Object.keys(props)) {
    validator.check(
      Object.hasOwn(types, name),
      name,
      'UNKNOWN_PROP',
      `no such prop; the props are ${names.join(', ')}`,
    );
  }
  const typed = names.map((name) => checkType(validator, name, props[name], types[name]));
  if (typed.includes(false)) validator.throwIfAny();
}

/** Reports a fault and returns false if a required value is missing or a value has the wrong type. */
export function checkType(validator: Validator, prop: string, value: unknown, type: PropType): boolean {
  const { expected, isRequired, element } = type;
  if (value === undefined) {
    validator.check(!isRequired, prop, 'MISSING', `got nothing; pass ${expected}`);
    return !isRequired;
  }
  if (validator.isToken(value)) return true;
  const ok = type.matches(value);
  validator.check(ok, prop, 'WRONG_TYPE', `got ${describe(value)}; pass ${expected}`);
  if (!ok || !element) return ok;
  return (value as unknown[])
    .map((each, index) => checkType(validator, `${prop}.${index}`, each, required(element)))
    .every(Boolean);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
