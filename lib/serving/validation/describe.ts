/** Describes a value in an error message so that JavaScript callers recognize it: `"2" (a string)`, `a Topic`. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `${JSON.stringify(value)} (a string)`;
  if (typeof value === 'function') return `a ${value.toString().startsWith('class') ? 'class' : 'function'}`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object' || value === null) return String(value);
  const name = className(value);
  return name === 'Object' ? 'a plain object' : withArticle(name);
}

/** Symbol that jsii uses to store the public name of a class. Bundled AWS CDK classes have names such as `Topic2`. */
const RUNTIME_TYPE = Symbol.for('jsii.rtti');

function className(value: object): string {
  const type: { readonly name?: string; readonly [RUNTIME_TYPE]?: { readonly fqn: string } } | undefined =
    value.constructor;
  return type?.[RUNTIME_TYPE]?.fqn.split('.').at(-1) ?? type?.name ?? 'Object';
}

export function withArticle(noun: string): string {
  return `${/^[AEIOU]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}
