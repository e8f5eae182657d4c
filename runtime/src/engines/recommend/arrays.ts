import { ModelPackageError } from '../../manifest/index.js';
import { converted } from '../../tensor/convert.js';
import { arrayFromNpy } from '../../tensor/npy.js';
import { filesOfNpz } from '../../tensor/npz.js';
import type { Tensor } from '../../tensor/tensor.js';
import { DotProducts, MAX_VECTOR_BYTES } from './dot-products.js';
import { checkLength, Ids } from './ids.js';

/** Maximum bytes of the arrays of a model, which is the most that Node.js reads at once. */
export const MAX_ARRAY_BYTES = 2 ** 31 - 1;

/** Names of the arrays of vectors and biases: those of implicit, and those of LightFM. */
const VECTORS = { items: ['item_factors', 'item_embeddings'], users: ['user_factors', 'user_embeddings'] } as const;
const BIASES = { items: 'item_biases', users: 'user_biases' } as const;

/** Maximum magnitude of a number in vectors, whose products then stay within 32-bit floats. */
export const MAX_VALUE = 1e15;

/** Rows of a sparse matrix, as SciPy stores them. */
export interface SparseRows {
  readonly starts: Float64Array;
  readonly columns: Int32Array;
  /** Values of the columns. @default - all are 1 */
  readonly values?: Float64Array;
}

/** Vectors of the items and the users. */
export interface Factors {
  /** Vectors of items. With biases, a 1 and the bias of the item follow its factors. */
  readonly items: DotProducts;
  /** Vectors of users, row after row. With biases, the bias of the user and a 1 follow its factors. */
  readonly users?: Float32Array;
  /** Length of a vector, biases included. */
  readonly width: number;
  /** Length of a vector without biases. */
  readonly factors: number;
  /** 1 through the length of the vector of each item, or 0 for a vector of zeros. */
  readonly inverseNorms: Float32Array;
}

/** Arrays of a recommendation model. It has factors, or the similarities of items. */
export interface RecommendArrays {
  readonly items: Ids;
  readonly users: Ids;
  readonly factors?: Factors;
  /** Similar items of each item. */
  readonly similarities?: SparseRows;
  /** Items that each user has. */
  readonly seen?: SparseRows;
  /** How popular each item is. */
  readonly popularity?: Float64Array;
}

/**
 * Reads the arrays of a recommendation model from an archive of NumPy. Arrays of other names are ignored.
 *
 * @param path path of the archive in errors
 * @throws ModelPackageError `ARTIFACT_INVALID` with what is wrong and the fix
 */
export async function readArrays(bytes: Buffer, path: string): Promise<RecommendArrays> {
  try {
    return new ArrayReader(await filesOfNpz(bytes, MAX_ARRAY_BYTES)).read();
  } catch (error) {
    if (error instanceof ModelPackageError) throw error;
    throw new ModelPackageError(
      'ARTIFACT_INVALID',
      `${path} has no usable recommendation model: ${(error as Error).message}. Save the arrays again by \`numpy.savez\`.`,
    );
  }
}

class ArrayReader {
  constructor(private readonly files: ReadonlyMap<string, Buffer>) {}

  read(): RecommendArrays {
    const itemVectors = this.find(VECTORS.items);
    const hasSimilarities = this.files.has('indptr');
    if (!itemVectors && !hasSimilarities) {
      throw new Error(
        `it has the arrays ${[...this.files.keys()].join(', ')}; either ${VECTORS.items.join(' or ')}, or the sparse ` +
          'matrix data, indices, indptr and shape of similar items is required',
      );
    }
    if (itemVectors && hasSimilarities) throw new Error('it has both vectors and similarities of items; save one');
    const similarities = hasSimilarities ? this.similarities() : undefined;
    const factors = itemVectors && this.factors(itemVectors);
    const itemCount = itemVectors?.shape[0] ?? similarities!.starts.length - 1;
    const seenCount = this.files.has('seen_indptr') ? this.array('seen_indptr').shape[0]! - 1 : undefined;
    const users = this.array('users', false);
    const userCount = factors?.users ? factors.users.length / factors.width : (seenCount ?? 0);
    if (users && userCount === 0)
      throw new Error('`users` names users, but there are no vectors of users and no seen items');
    const seen = seenCount === undefined ? undefined : this.sparse('seen_', userCount, itemCount, false);
    const items = this.array('items', false);
    const popularity = this.popularity(itemCount) ?? (seen && popularityOf(seen, itemCount));
    return {
      items: items ? Ids.from(items, itemCount) : new Ids(itemCount),
      users: users ? Ids.from(users, userCount) : new Ids(userCount),
      ...(factors && { factors }),
      ...(similarities && { similarities }),
      ...(seen && { seen }),
      ...(popularity && { popularity }),
    };
  }

  private factors(itemVectors: Tensor): Factors {
    const [count, factors] = matrixShape(itemVectors);
    const userVectors = this.find(VECTORS.users);
    const [userCount, userWidth] = userVectors ? matrixShape(userVectors) : [0, factors];
    if (userVectors && userWidth !== factors) {
      throw new Error(
        `\`${userVectors.name}\` has vectors of ${userWidth} numbers, and \`${itemVectors.name}\` of ${factors}; both must ` +
          'have the same width',
      );
    }
    const itemBiases = this.biases('items', count);
    const userBiases = this.biases('users', userCount);
    const hasBiases = itemBiases !== undefined || userBiases !== undefined;
    const width = factors + (hasBiases ? 2 : 0);
    const needed = count * Math.ceil(width / 4) * 16;
    if (needed > MAX_VECTOR_BYTES) {
      throw new Error(
        `the vectors of ${count} items take ${needed} bytes, and at most ${MAX_VECTOR_BYTES} are possible`,
      );
    }
    const items = new DotProducts(count, width);
    const inverseNorms = new Float32Array(count);
    const values = floats(itemVectors);
    for (let item = 0; item < count; item++) {
      const own = values.subarray(item * factors, (item + 1) * factors);
      const vector = items.vector(item);
      vector.set(own);
      if (hasBiases) vector.set([1, itemBiases?.[item] ?? 0], factors);
      const inverse = Math.fround(1 / Math.hypot(...own));
      inverseNorms[item] = Number.isFinite(inverse) ? inverse : 0;
    }
    const users = userVectors && withBiases(floats(userVectors), factors, width, userBiases);
    return { items, ...(users && { users }), width, factors, inverseNorms };
  }

  private biases(side: keyof typeof BIASES, count: number): Float32Array | undefined {
    const array = this.array(BIASES[side], false);
    if (!array) return undefined;
    checkLength(array, count);
    return floats(array);
  }

  private similarities(): SparseRows {
    const format = this.array('format', false);
    if (format && !String(format.data[0]).startsWith('csr')) {
      throw new Error(`the similarities are a sparse matrix in ${format.data[0]}; save \`matrix.tocsr()\``);
    }
    const [rows, columns] = Array.from(this.array('shape').data as ArrayLike<number | bigint>, Number);
    if (rows === undefined || rows !== columns) {
      throw new Error(
        `the similarities have the shape [${rows}, ${columns}], and must have a row and a column for each item`,
      );
    }
    return this.sparse('', rows, columns, true);
  }

  private sparse(prefix: string, rows: number, columns: number, hasValues: boolean): SparseRows {
    const starts = Float64Array.from(this.array(`${prefix}indptr`).data as ArrayLike<number>, Number);
    const indices = Float64Array.from(this.array(`${prefix}indices`).data as ArrayLike<number>, Number);
    const isOrdered = starts[0] === 0 && starts.every((start, row) => row === 0 || start >= starts[row - 1]!);
    if (starts.length !== rows + 1 || !isOrdered || starts.at(-1) !== indices.length) {
      throw new Error(
        `\`${prefix}indptr\` must have ${rows + 1} ascending offsets from 0 to ${indices.length}, which is the length of ` +
          `\`${prefix}indices\``,
      );
    }
    const outside = indices.find((column) => !(Number.isInteger(column) && column >= 0 && column < columns));
    if (outside !== undefined) {
      throw new Error(`\`${prefix}indices\` has the item ${outside}, and there are ${columns}`);
    }
    const row = { starts, columns: Int32Array.from(indices) };
    if (!hasValues) return row;
    const values = this.array(`${prefix}data`);
    checkLength(values, indices.length);
    return { ...row, values: checked(converted(values, 'FP64')).data as Float64Array };
  }

  private popularity(count: number): Float64Array | undefined {
    const array = this.array('popularity', false);
    if (!array) return undefined;
    checkLength(array, count);
    return checked(converted(array, 'FP64')).data as Float64Array;
  }

  private find(names: readonly string[]): Tensor | undefined {
    const found = names.filter((name) => this.files.has(name));
    if (found.length > 1) throw new Error(`it has both ${found.join(' and ')}; save one of them`);
    return found[0] === undefined ? undefined : this.array(found[0]);
  }

  private array(name: string): Tensor;
  private array(name: string, required: boolean): Tensor | undefined;
  private array(name: string, required = true): Tensor | undefined {
    const bytes = this.files.get(name);
    if (bytes) {
      try {
        return arrayFromNpy(name, bytes);
      } catch (error) {
        throw new Error(`the array \`${name}\` cannot be read (${(error as Error).message})`);
      }
    }
    if (!required) return undefined;
    throw new Error(`the array \`${name}\` is missing`);
  }
}

function matrixShape({ name, shape }: Tensor): readonly [rows: number, width: number] {
  const [rows = 0, width = 0, ...others] = shape;
  if (rows > 0 && width > 0 && others.length === 0) return [rows, width];
  throw new Error(`\`${name}\` has the shape [${shape}], and must have a row of numbers for each user or item`);
}

function floats(tensor: Tensor): Float32Array {
  if (tensor.datatype === 'BYTES') throw new Error(`\`${tensor.name}\` has texts, and must have numbers`);
  return checked(converted(tensor, 'FP32')).data as Float32Array;
}

/** @throws Error if a number is not finite, or too large to be multiplied */
function checked(tensor: Tensor): Tensor {
  const data = tensor.data as Float32Array | Float64Array;
  const at = data.findIndex((value) => !(Math.abs(value) <= MAX_VALUE));
  if (at === -1) return tensor;
  const row = Math.floor(at / (tensor.shape[1] ?? 1));
  throw new Error(`\`${tensor.name}\` has ${data[at]} in row ${row}; numbers must be finite and at most ${MAX_VALUE}`);
}

/** Returns vectors of users, followed by their bias and a 1 if vectors have biases. */
function withBiases(
  values: Float32Array,
  factors: number,
  width: number,
  biases: Float32Array | undefined,
): Float32Array {
  // A view would keep the bytes of the whole file.
  if (width === factors) return values.byteLength < values.buffer.byteLength ? values.slice() : values;
  const count = values.length / factors;
  const vectors = new Float32Array(count * width);
  for (let user = 0; user < count; user++) {
    vectors.set(values.subarray(user * factors, (user + 1) * factors), user * width);
    vectors.set([biases?.[user] ?? 0, 1], user * width + factors);
  }
  return vectors;
}

/** Returns the number of users that have each item. */
function popularityOf({ columns }: SparseRows, count: number): Float64Array {
  const popularity = new Float64Array(count);
  for (const item of columns) popularity[item]!++;
  return popularity;
}
