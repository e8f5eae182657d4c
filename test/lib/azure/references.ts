import type { Template } from './support.js';

const NOT_RESOURCES = new Set(['var', 'each', 'count', 'self', 'path']);

/** What each element of a template refers to, by `type.id`, in its attributes and in its `depends_on`. */
function references(template: Template): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [kind, prefix] of [
    ['resource', ''],
    ['data', 'data.'],
  ] as const) {
    for (const [type, byId] of Object.entries(template.json[kind] ?? {})) {
      for (const [id, attributes] of Object.entries(byId)) found.set(`${prefix}${type}.${id}`, targets(attributes));
    }
  }
  for (const [name, value] of Object.entries(template.json.locals ?? {})) found.set(`local.${name}`, targets(value));
  return found;
}

function targets(value: unknown): Set<string> {
  const text = JSON.stringify(value);
  const found = new Set<string>();
  for (const [, expression] of text.matchAll(/\$\{([^}]*)\}/g)) collect(expression!.replaceAll('\\"', '"'), found);
  const { depends_on = [] } = (value ?? {}) as { depends_on?: string[] };
  for (const target of depends_on) found.add(target);
  return found;
}

function collect(expression: string, found: Set<string>): void {
  const withoutTexts = expression.replace(/"[^"]*"/g, '');
  // The first two parts of each path; the rest are attributes.
  for (const [, target] of withoutTexts.matchAll(
    /((?:data\.)?[a-z][a-z0-9_]*\.[A-Za-z_][\w-]*)(?:\.[\w-]+|\[[^\]]*\])*/g,
  )) {
    if (!NOT_RESOURCES.has(target!.split('.')[0]!)) found.add(target!);
  }
}

/** References to what the template does not have, each as `from -> to`. */
export function danglingReferences(template: Template): string[] {
  const all = references(template);
  return [...all].flatMap(([from, tos]) => [...tos].filter((to) => !all.has(to)).map((to) => `${from} -> ${to}`));
}

/** A circle of references, which Terraform could not order, or nothing. */
export function circularReference(template: Template): string[] | undefined {
  const all = references(template);
  const done = new Set<string>();
  const visit = (name: string, path: string[]): string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const next of all.get(name) ?? []) {
      const circle = visit(next, [...path, name]);
      if (circle) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of all.keys()) {
    const circle = visit(name, []);
    if (circle) return circle;
  }
  return undefined;
}
