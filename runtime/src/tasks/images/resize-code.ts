// Assembles the WebAssembly module that resizes pictures. Its SIMD instructions compute several values at once, which is
// several times faster than JavaScript, and the integers are the same. The code is short enough to be written here.

import {
  add,
  constant,
  end,
  get,
  I32,
  inAllLanes,
  increase,
  instantiated,
  load,
  loop,
  set,
  V128,
  v128Load,
  v128Store,
  type WasmMemory,
  whileBelow,
} from '../../wasm.js';

/** Functions of the module. Arguments are addresses and sizes in its memory. */
export interface ResizeCode {
  readonly memory: WasmMemory;
  /**
   * Resizes one row of pixels of three channels. Reads and writes one byte more than the pixels have.
   *
   * @param record first of the records of the output pixels. A record has the offset of the first source pixel, the bytes
   * of the weights, and the weights
   * @param lastRecord address behind the last record
   */
  resizeRow(source: number, out: number, record: number, lastRecord: number, recordBytes: number): void;
  /**
   * Adds up rows by their weights. Reads and writes up to 15 bytes more than a row has.
   *
   * @param source first of the rows
   * @param lastSource address behind the first row
   * @param pitch bytes of a row
   * @param lastWeight address behind the last weight
   */
  addRows(source: number, lastSource: number, pitch: number, out: number, weight: number, lastWeight: number): void;
}

/** Number of 32-bit words in a record before the weights. */
export const RECORD_HEADER_WORDS = 2;

const load4Bytes = [0xfd, 0x5c, 0, 0];
const store4Bytes = [0xfd, 0x5a, 0, 0, 0];
const loadInAllLanes = [0xfd, 0x09, 2, 0];
const lowBytesToShorts = [0xfd, 0x89, 0x01];
const highBytesToShorts = [0xfd, 0x8a, 0x01];
const lowShortsToIntegers = [0xfd, 0xa9, 0x01];
const highShortsToIntegers = [0xfd, 0xaa, 0x01];
const integersToShorts = [0xfd, 0x85, 0x01];
/** Limits the values to 0 to 255. */
const shortsToBytes = [0xfd, 0x66];
const shiftRight = [0xfd, 0xac, 0x01];
const addIntegers = [0xfd, 0xae, 0x01];
const multiplyIntegers = [0xfd, 0xb5, 0x01];

const CHANNELS = 3;
const WORD = 4;
const LANES = 16;

function resizeRowBody(precision: number): number[] {
  const [source, out, record, lastRecord, recordBytes, pixel, weight, lastWeight, sums] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  return [
    ...loop,
    ...[...get(source), ...get(record), ...load(0), ...add, ...set(pixel)],
    ...[...get(record), ...constant(RECORD_HEADER_WORDS * WORD), ...add, ...set(weight)],
    ...[...get(weight), ...get(record), ...load(WORD), ...add, ...set(lastWeight)],
    ...[...half(precision), ...set(sums)],
    ...loop,
    ...[...get(pixel), ...load4Bytes, ...lowBytesToShorts, ...lowShortsToIntegers],
    ...[...get(weight), ...loadInAllLanes, ...multiplyIntegers],
    ...[...get(sums), ...addIntegers, ...set(sums)],
    ...increase(pixel, ...constant(CHANNELS)),
    ...increase(weight, ...constant(WORD)),
    ...whileBelow(weight, lastWeight),
    // The second operands of the conversions fill lanes that are not stored.
    ...[...get(out), ...get(sums), ...constant(precision), ...shiftRight],
    ...[...get(sums), ...integersToShorts, ...get(sums), ...shortsToBytes, ...store4Bytes],
    ...increase(out, ...constant(CHANNELS)),
    ...increase(record, ...get(recordBytes)),
    ...whileBelow(record, lastRecord),
    ...end,
  ];
}

function addRowsBody(precision: number): number[] {
  const [source, lastSource, pitch, out, firstWeight, lastWeight, pixel, weight] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [factor, bytes, ...sums] = [8, 9, 10, 11, 12, 13];
  const [first, second, third, fourth] = sums as [number, number, number, number];
  const addPart = (sum: number, ...conversion: number[]) => [
    ...[...get(bytes), ...conversion, ...get(factor), ...multiplyIntegers],
    ...[...get(sum), ...addIntegers, ...set(sum)],
  ];
  const rounded = (sum: number) => [...get(sum), ...constant(precision), ...shiftRight];
  return [
    ...loop,
    ...[...get(source), ...set(pixel), ...get(firstWeight), ...set(weight)],
    ...sums.flatMap((sum) => [...half(precision), ...set(sum)]),
    ...loop,
    ...[...get(weight), ...loadInAllLanes, ...set(factor), ...get(pixel), ...v128Load(), ...set(bytes)],
    ...addPart(first, ...lowBytesToShorts, ...lowShortsToIntegers),
    ...addPart(second, ...lowBytesToShorts, ...highShortsToIntegers),
    ...addPart(third, ...highBytesToShorts, ...lowShortsToIntegers),
    ...addPart(fourth, ...highBytesToShorts, ...highShortsToIntegers),
    ...increase(pixel, ...get(pitch)),
    ...increase(weight, ...constant(WORD)),
    ...whileBelow(weight, lastWeight),
    ...get(out),
    ...[...rounded(first), ...rounded(second), ...integersToShorts],
    ...[...rounded(third), ...rounded(fourth), ...integersToShorts],
    ...[...shortsToBytes, ...v128Store()],
    ...increase(out, ...constant(LANES)),
    ...increase(source, ...constant(LANES)),
    ...whileBelow(source, lastSource),
    ...end,
  ];
}

/** Half of the last bit in all lanes, so that the shift rounds. */
const half = (precision: number) => [...constant(1 << (precision - 1)), ...inAllLanes];

/**
 * Creates the module.
 *
 * @param precision number of fractional bits of the weights
 * @returns undefined if the processor has no SIMD instructions for it
 */
export function resizeCode(precision: number): ResizeCode | undefined {
  return instantiated<ResizeCode>({
    resizeRow: {
      parameters: 5,
      locals: [
        [3, I32],
        [1, V128],
      ],
      body: resizeRowBody(precision),
    },
    addRows: {
      parameters: 6,
      locals: [
        [2, I32],
        [6, V128],
      ],
      body: addRowsBody(precision),
    },
  });
}
