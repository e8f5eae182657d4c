/** A class or function that a pickle imports. */
export interface Import {
  readonly module: string;
  /** Name in the module. Protocol 4 and later allow attributes of it, separated by dots. */
  readonly name: string;
}

/** What is known of a value that a pickle makes, without making it. */
export type Value =
  /** A string, unless it has escape sequences or is very long. */
  | { readonly kind: 'text'; readonly text: string }
  /** Bytes. The content is kept if it may be a file of PyTorch. */
  | { readonly kind: 'bytes'; readonly content?: Buffer }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'tuple'; readonly items: readonly Value[] }
  | DictValue
  | { readonly kind: 'import'; readonly import: Import }
  | CallValue
  /** A value of another kind, which no import, call or array depends on. */
  | { readonly kind: 'other' };

export interface DictValue {
  readonly kind: 'dict';
  /** The first values that have strings as keys. */
  readonly entries: Map<string, Value>;
  /** Whether it has other keys too. */
  isPartial: boolean;
}

/** What a call of a function or class returns. */
export interface CallValue {
  readonly kind: 'call';
  readonly callee: Value;
  readonly args: Value;
  /** State that was last set. */
  state?: Value;
}

export const NONE: Value = { kind: 'none' };
export const OTHER: Value = { kind: 'other' };

/** Maximum number of entries that are kept of a dictionary, which has more than any state that is looked at. */
const MAX_ENTRIES = 32;

export function setEntries(dict: DictValue, pairs: readonly Value[]): void {
  for (let index = 0; index < pairs.length; index += 2) {
    const key = pairs[index]!;
    const isKept = key.kind === 'text' && (dict.entries.size < MAX_ENTRIES || dict.entries.has(key.text));
    if (isKept) dict.entries.set(key.text, pairs[index + 1] ?? OTHER);
    else dict.isPartial = true;
  }
}

/** Returns the import whose call made the value, however often its results were called, or undefined if none did. */
export function originOf(value: Value): Import | undefined {
  let current = value;
  while (current.kind === 'call') current = current.callee;
  return current.kind === 'import' ? current.import : undefined;
}

/** Whether the value is an instance of the class, made as picklers make instances. */
export function isInstance(value: Value, module: string, name: string): value is CallValue {
  if (value.kind !== 'call') return false;
  const { callee, args } = value;
  if (isImport(callee, module, name)) return true;
  // Protocols 0 and 1.
  if (!isImport(callee, 'copyreg', '_reconstructor') && !isImport(callee, 'copy_reg', '_reconstructor')) return false;
  return args.kind === 'tuple' && args.items[0] !== undefined && isImport(args.items[0], module, name);
}

export function isImport(value: Value, module: string, name: string): boolean {
  return value.kind === 'import' && value.import.module === module && value.import.name === name;
}
