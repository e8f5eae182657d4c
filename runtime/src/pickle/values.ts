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
  | TupleValue
  | DictValue
  | { readonly kind: 'import'; readonly import: Import }
  | CallValue
  /** A value of another kind, which no import, call or array depends on. */
  | { readonly kind: 'other' };

export interface TupleValue {
  readonly kind: 'tuple';
  readonly items: readonly Value[];
}

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
  readonly args: TupleValue;
  /** Import whose call made the callee, or the callee itself, however often results were called. Undefined if none did. */
  readonly origin: Import | undefined;
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

/** Returns what a call with these arguments returns. */
export function callOf(callee: Value, args: TupleValue): CallValue {
  return { kind: 'call', callee, args, origin: originOf(callee) };
}

/** Returns the import that the value is, or whose call made it, however often its results were called. */
export function originOf(value: Value): Import | undefined {
  if (value.kind === 'call') return value.origin;
  return value.kind === 'import' ? value.import : undefined;
}

/** Whether the value is an instance of the class, made as picklers make instances. */
export function isInstance(value: Value, module: string, name: string): value is CallValue {
  if (value.kind !== 'call') return false;
  const { callee, args } = value;
  if (isImport(callee, module, name)) return true;
  return isReconstructor(callee) && args.items[0] !== undefined && isImport(args.items[0], module, name);
}

/** Whether the value is the function that makes an instance of the class in its first argument, in protocols 0 and 1. */
export function isReconstructor(value: Value): boolean {
  return isImport(value, 'copyreg', '_reconstructor') || isImport(value, 'copy_reg', '_reconstructor');
}

export function isImport(value: Value, module: string, name: string): boolean {
  return value.kind === 'import' && value.import.module === module && value.import.name === name;
}
