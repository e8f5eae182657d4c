import { nameList } from './check-inputs.js';
import { invalid } from './errors.js';
import { arrayFromNpy, npyFromTensor, tensorFromNpy } from './npy.js';
import type { Signature, Tensor } from './tensor.js';
import { type ArchiveFile, readArchive, writeArchive } from './zip-archive.js';

/** File extension of the arrays in an archive. */
const ENDING = '.npy';

/**
 * Returns the inputs from arrays that NumPy saved by name, without checking them. If the model has one input, the name
 * of the array may differ.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export async function tensorsFromNpz(signature: Signature, bytes: Buffer): Promise<readonly Tensor[]> {
  const arrays = await filesOfNpz(bytes);
  const only = signature.inputs.length === 1 && arrays.size === 1 ? [...arrays.values()][0] : undefined;
  const extra = [...arrays.keys()].find((name) => !signature.inputs.some((input) => input.name === name));
  if (!only && extra !== undefined) {
    throw invalid(`npz: the model has no input ${extra}: it takes ${nameList(signature)}`);
  }
  return signature.inputs.flatMap((spec) => {
    const array = only ?? arrays.get(spec.name);
    return array ? [tensorFromNpy(spec, array)] : [];
  });
}

/**
 * Returns the arrays that NumPy saved by name, with their own datatypes.
 *
 * @param maximumBytes maximum size of all arrays
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export async function arraysFromNpz(bytes: Buffer, maximumBytes: number): Promise<readonly Tensor[]> {
  return [...(await filesOfNpz(bytes, maximumBytes))].map(([name, array]) => arrayFromNpy(name, array));
}

/**
 * Returns the files of the arrays that NumPy saved by name.
 *
 * @param maximumBytes maximum size of all arrays
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export async function filesOfNpz(bytes: Buffer, maximumBytes?: number): Promise<Map<string, Buffer>> {
  const arrays = new Map<string, Buffer>();
  for (const { name, content } of await readArchive(bytes, maximumBytes)) {
    const array = name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : name;
    if (arrays.has(array)) throw invalid(`npz: the array ${array} appears twice`);
    arrays.set(array, content);
  }
  return arrays;
}

/**
 * Returns tensors in NumPy's archive format. `BF16` becomes float32.
 *
 * @throws InferenceError `INVALID_ARGUMENT` for strings that NumPy cannot hold
 */
export function npzFromTensors(tensors: readonly Tensor[]): Promise<Buffer> {
  return writeArchive(
    tensors.map((tensor): ArchiveFile => ({ name: `${tensor.name}${ENDING}`, content: npyFromTensor(tensor) })),
  );
}
