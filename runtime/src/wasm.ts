// Assembles small modules of WebAssembly, whose SIMD instructions compute several values at once.

export const I32 = 0x7f;
export const V128 = 0x7b;

/** Memory of a module. Its buffer is another one after it has grown. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Function without results. All its parameters are 32-bit integers. */
export interface WasmFunction {
  readonly parameters: number;
  /** Number and type of the variables after the parameters. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly body: readonly number[];
}

/** Signed integer in the variable-length encoding of WebAssembly. */
function integer(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  return rest === ((low & 0x40) === 0 ? 0 : -1) ? [low] : [low | 0x80, ...integer(rest)];
}

/** Unsigned integer in the variable-length encoding of WebAssembly. */
export function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

const name = (text: string) => [text.length, ...Buffer.from(text)];
/** A part after its size. */
const sized = (...part: readonly number[]) => [...unsigned(part.length), ...part];

export const get = (local: number) => [0x20, local];
export const set = (local: number) => [0x21, local];
export const constant = (value: number) => [0x41, ...integer(value)];
export const add = [0x6a];
const isBelow = [0x49];
export const load = (offset: number) => [0x28, 2, ...unsigned(offset)];
export const increase = (local: number, ...by: number[]) => [...get(local), ...by, ...add, ...set(local)];
export const loop = [0x03, 0x40];
export const end = [0x0b];
/** Continues the innermost loop while one variable is below another. */
export const whileBelow = (one: number, other: number) => [...get(one), ...get(other), ...isBelow, 0x0d, 0, ...end];

/** Loads 16 bytes at an address and an offset. */
export const v128Load = (offset = 0) => [0xfd, 0x00, 0, ...unsigned(offset)];
export const v128Store = () => [0xfd, 0x0b, 0, 0];
export const inAllLanes = [0xfd, 0x11];

/** The part of the interface that is used here, which no library of TypeScript for Node.js has. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/**
 * Creates a module with a memory, of one page at first, and functions.
 *
 * @returns undefined if the processor has no SIMD instructions for it
 */
export function instantiated<Exports>(functions: Readonly<Record<string, WasmFunction>>): Exports | undefined {
  const bytes = assembled(Object.entries(functions));
  if (!WebAssembly.validate(bytes)) return undefined;
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
}

function assembled(functions: readonly (readonly [string, WasmFunction])[]): Uint8Array {
  const list = (parts: readonly (readonly number[])[]) => sized(parts.length, ...parts.flat());
  const code = functions.map(([, { locals, body }]) => sized(locals.length, ...locals.flat(), ...body));
  const sections = [
    [1, ...list(functions.map(([, { parameters }]) => [0x60, parameters, ...new Array(parameters).fill(I32), 0]))],
    [3, ...list(functions.map((_, index) => [index]))],
    [5, ...sized(1, 0, 1)],
    [7, ...list([[...name('memory'), 2, 0], ...functions.map(([key], index) => [...name(key), 0, index])])],
    [10, ...list(code)],
  ];
  return Uint8Array.from([...Buffer.from('\0asm'), 1, 0, 0, 0, ...sections.flat()]);
}
