// Assembles the WebAssembly module that multiplies vectors of items by those of queries. It is several times faster than
// JavaScript. Each product adds up its parts in the same order, whatever else is computed with it, so that equal vectors
// have equal scores, alone and in a batch, on every processor.

import {
  add,
  constant,
  end,
  get,
  I32,
  increase,
  instantiated,
  loop,
  set,
  unsigned,
  V128,
  v128Load,
  type WasmMemory,
  whileBelow,
} from '../../wasm.js';

/** Number of floats that one instruction multiplies. Vectors are filled with zeros up to a multiple. */
export const LANES = 4;

/** Number of queries that read the items together, because memory is slower than the processor. */
export const QUERIES = 4;

/** Maximum number of items of a call, whose scores stay in the processor's cache. */
export const BLOCK_ITEMS = 4096;

/**
 * Writes the products of items with queries.
 *
 * @param item address of the first item
 * @param lastItem address behind the last item
 * @param rowBytes bytes of an item
 * @param query address of the queries. The first lanes of all of them come before the next lanes
 * @param out address of the scores of the first query. Those of the next one are `BLOCK_ITEMS` floats behind
 */
type Multiply = (item: number, lastItem: number, rowBytes: number, query: number, out: number) => void;

/** Functions of the module, for one query and for as many as read the items together. */
export interface DotCode {
  readonly memory: WasmMemory;
  readonly multiplyOne: Multiply;
  readonly multiplyAll: Multiply;
}

const FLOAT = 4;
const LANES_BYTES = LANES * FLOAT;

const zeros = [0xfd, 0x0c, ...new Array<number>(LANES_BYTES).fill(0)];
const addFloats = [0xfd, 0xe4, 0x01];
const multiplyFloats = [0xfd, 0xe6, 0x01];
const lane = (index: number) => [0xfd, 0x1f, index];
const addFloat = [0x92];
const storeFloat = (offset: number) => [0x38, 2, ...unsigned(offset)];

function multiplyBody(queries: number): number[] {
  const [item, lastItem, rowBytes, firstQuery, out, rowEnd, query, values] = [0, 1, 2, 3, 4, 5, 6, 7];
  const sums = Array.from({ length: queries }, (_, index) => 8 + index);
  return [
    ...loop,
    ...[...get(item), ...get(rowBytes), ...add, ...set(rowEnd), ...get(firstQuery), ...set(query)],
    ...sums.flatMap((sum) => [...zeros, ...set(sum)]),
    ...loop,
    ...[...get(item), ...v128Load(), ...set(values)],
    ...sums.flatMap((sum, index) => [
      ...[...get(query), ...v128Load(index * LANES_BYTES), ...get(values), ...multiplyFloats],
      ...[...get(sum), ...addFloats, ...set(sum)],
    ]),
    ...increase(item, ...constant(LANES_BYTES)),
    ...increase(query, ...constant(LANES_BYTES * queries)),
    ...whileBelow(item, rowEnd),
    ...sums.flatMap((sum, index) => [
      ...get(out),
      ...[0, 1, 2, 3].flatMap((each) => [...get(sum), ...lane(each), ...(each % 2 === 1 ? addFloat : [])]),
      ...addFloat,
      ...storeFloat(index * BLOCK_ITEMS * FLOAT),
    ]),
    ...increase(out, ...constant(FLOAT)),
    ...whileBelow(item, lastItem),
    ...end,
  ];
}

/** Creates the module. @returns undefined if the processor has no SIMD instructions for it */
export function dotCode(): DotCode | undefined {
  const multiply = (queries: number) => ({
    parameters: 5,
    locals: [
      [2, I32],
      [1 + queries, V128],
    ] as const,
    body: multiplyBody(queries),
  });
  return instantiated<DotCode>({ multiplyOne: multiply(1), multiplyAll: multiply(QUERIES) });
}
