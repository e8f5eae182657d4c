import { type ByteStream, UnreadablePickle } from './byte-stream.js';
import { type CallValue, isImport, isInstance, type Value } from './values.js';

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

const WRAPPER = ['joblib.numpy_pickle', 'NumpyArrayWrapper'] as const;

/** Whether a value is joblib's placeholder of an array. */
export function isJoblibArray(value: Value): value is CallValue {
  return isInstance(value, ...WRAPPER);
}

/** Whether a value is the class of these placeholders. */
export function isJoblibClass(value: Value): boolean {
  return isImport(value, ...WRAPPER);
}

/** @throws UnreadablePickle if the placeholder is not one that joblib writes */
export function joblibArray({ callee, args, state }: CallValue): JoblibArray {
  // Arguments would set what the state leaves out.
  if (isJoblibClass(callee) && args.items.length > 0) throw unreadable('a placeholder');
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

/** Versions of the state of a type that contain the flags. For others, NumPy derives them from the fields. */
const VERSIONS_WITH_FLAGS = [3, 4];

/** Returns the bytes of an element, or undefined if elements are objects. */
function elementSize(dtype: Value | undefined): number | undefined {
  if (!dtype || !isInstance(dtype, 'numpy', 'dtype')) throw unreadable('a type');
  const [kind] = dtype.args.items;
  const [, letter, digits] = (kind?.kind === 'text' && /^([bhiuflcmMSUVO])(\d+)$/.exec(kind.text)) || [];
  if (letter === undefined) throw unreadable('a type');
  const state = dtype.state && stateOf(dtype.state);
  // A structure may have fields of objects.
  if (state && letter !== 'V' && state.hasObject !== (letter === 'O')) throw unreadable('a type');
  if (letter === 'O') return undefined;
  if (!'SUV'.includes(letter)) return Number(digits);
  if (!state || state.size < 0) throw unreadable('a type');
  return state.hasObject ? undefined : state.size;
}

/** Reads the state of a type: version, byte order, subarray, names, fields, size, alignment, flags. */
function stateOf(state: Value): { readonly size: number; readonly hasObject: boolean } {
  const [version, , , , , size, , flags] = state.kind === 'tuple' ? state.items : [];
  const isRead = version?.kind === 'number' && VERSIONS_WITH_FLAGS.includes(version.number);
  if (!isRead || size?.kind !== 'number' || flags?.kind !== 'number') throw unreadable('a type');
  return { size: size.number, hasObject: (flags.number & HAS_OBJECT) !== 0 };
}

function unreadable(part: string): UnreadablePickle {
  return new UnreadablePickle(`has an array of joblib with ${part} that joblib does not write`);
}
