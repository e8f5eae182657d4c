/** A synthesized stack: elements of Terraform's JSON syntax by kind, type and id. */
export interface Synthesized {
  // biome-ignore lint/suspicious/noExplicitAny: a template is whatever JSON was synthesized
  readonly json: Readonly<Record<string, Record<string, Record<string, any>>>>;
}

const NOT_RESOURCES = new Set(['var', 'each', 'count', 'self', 'path']);

/** What each element of a template refers to, by `type.id`, in its attributes and in its `depends_on`. */
function references(template: Synthesized): Map<string, Set<string>> {
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
export function danglingReferences(template: Synthesized): string[] {
  const all = references(template);
  return [...all].flatMap(([from, tos]) => [...tos].filter((to) => !all.has(to)).map((to) => `${from} -> ${to}`));
}

/** A circle of references, which Terraform could not order, or nothing. */
export function circularReference(template: Synthesized): string[] | undefined {
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

/** Everything that `address` (`type.id`) waits for, directly or through others. */
export function dependenciesOf(template: Synthesized, address: string): Set<string> {
  const all = references(template);
  const found = new Set<string>();
  const visit = (name: string): void => {
    for (const next of all.get(name) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(address);
  return found;
}
