/** Describes a value in an error so that a caller in plain JavaScript recognizes it: `"2" (a string)`, `a Topic`. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `${JSON.stringify(value)} (a string)`;
  if (typeof value === 'function') return `a ${value.toString().startsWith('class') ? 'class' : 'function'}`;
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object' || value === null) return String(value);
  const name = className(value);
  return name === 'Object' ? 'a plain object' : withArticle(name);
}

/** jsii notes the public name of a class here. At run time, bundled classes of the AWS CDK have names such as `Topic2`. */
const RUNTIME_TYPE = Symbol.for('jsii.rtti');

function className(value: object): string {
  const type: { readonly name?: string; readonly [RUNTIME_TYPE]?: { readonly fqn: string } } | undefined =
    value.constructor;
  return type?.[RUNTIME_TYPE]?.fqn.split('.').at(-1) ?? type?.name ?? 'Object';
}

export function withArticle(noun: string): string {
  return `${/^[AEIOU]/i.test(noun) ? 'an' : 'a'} ${noun}`;
}
