import { type ByteStream, UnreadablePickle } from './byte-stream.js';
import { isInstance, type Value } from './values.js';

/**
 * Array that joblib stores behind the state of a placeholder, outside the pickle:
 * https://github.com/joblib/joblib/blob/1.5.0/joblib/numpy_pickle.py
 */
export interface JoblibArray {
  /** Bytes of the elements. Undefined if they are objects, in a pickle of their own. */
  readonly bytes: number | undefined;
  /** Whether a byte with the length of padding, and the padding, precede the elements. Joblib 1.2 and later have it. */
  readonly isPadded: boolean;
}

/** Whether a value is joblib's placeholder of an array. */
export function isJoblibArray(value: Value): boolean {
  return isInstance(value, 'joblib.numpy_pickle', 'NumpyArrayWrapper');
}

/** @throws UnreadablePickle if the state is not one that joblib writes */
export function joblibArray(state: Value | undefined): JoblibArray {
  if (state?.kind !== 'dict' || state.isPartial) throw unreadable('a state');
  const { entries } = state;
  const shape = entries.get('shape');
  const alignment = entries.get('numpy_array_alignment_bytes');
  const element = elementSize(entries.get('dtype'));
  if (alignment && alignment.kind !== 'number' && alignment.kind !== 'none') throw unreadable('an alignment');
  const isPadded = alignment?.kind === 'number';
  if (element === undefined) return { bytes: undefined, isPadded };
  if (shape?.kind !== 'tuple') throw unreadable('a shape');
  const count = shape.items.reduce((product, size) => product * (size.kind === 'number' ? size.number : Number.NaN), 1);
  if (!(count >= 0 && Number.isSafeInteger(count * element))) throw unreadable('a shape');
  return { bytes: count * element, isPadded };
}

/** Skips the elements of an array that are not objects. */
export async function skipElements(stream: ByteStream, { bytes = 0, isPadded }: JoblibArray): Promise<void> {
  if (isPadded) await stream.skip((await stream.take(1))[0]!);
  await stream.skip(bytes);
}

/** Flag of types that contain Python objects: `NPY_ITEM_HASOBJECT` of NumPy. */
const HAS_OBJECT = 1;

/** Returns the bytes of an element, or undefined if elements are objects. */
function elementSize(dtype: Value | undefined): number | undefined {
  if (!dtype || !isInstance(dtype, 'numpy', 'dtype') || dtype.args.kind !== 'tuple') throw unreadable('a type');
  const [kind] = dtype.args.items;
  const [, letter, digits] = (kind?.kind === 'text' && /^([bhiuflcmMSUVO])(\d+)$/.exec(kind.text)) || [];
  if (letter === undefined) throw unreadable('a type');
  if (letter === 'O') return undefined;
  if (!'SUV'.includes(letter)) return Number(digits);
  // State: version, byte order, subarray, names, fields, size, alignment, flags.
  const items = dtype.state?.kind === 'tuple' ? dtype.state.items : [];
  const [size, flags] = [items[5], items[7]];
  if (size?.kind !== 'number' || size.number < 0 || flags?.kind !== 'number') throw unreadable('a type');
  return flags.number & HAS_OBJECT ? undefined : size.number;
}

function unreadable(part: string): UnreadablePickle {
  return new UnreadablePickle(`has an array of joblib with ${part} that joblib does not write`);
}
