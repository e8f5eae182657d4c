import type { Tensor } from '../../tensor/tensor.js';

/** Identifier of a user or an item in JSON. */
export type Id = string | number;

/** Identifiers of users or items by their position in the arrays of a model. */
export class Ids {
  private readonly positions?: Map<string, number>;

  /** @param list identifiers. @default - the positions themselves */
  constructor(
    readonly count: number,
    private readonly list?: readonly Id[],
  ) {
    if (list) this.positions = new Map(list.map((id, index) => [String(id), index]));
  }

  /** Returns identifiers from an array of texts or whole numbers. @throws Error with what is wrong with them */
  static from(array: Tensor, count: number): Ids {
    const { name, data, datatype } = array;
    checkLength(array, count);
    if (datatype !== 'BYTES' && !/^U?INT/.test(datatype)) {
      throw new Error(`\`${name}\` has the datatype ${datatype}, and must have texts or whole numbers`);
    }
    const list = Array.from(data as ArrayLike<unknown>, (id) => (datatype === 'BYTES' ? String(id) : Number(id)));
    if (list.some((id) => typeof id === 'number' && !Number.isSafeInteger(id))) {
      throw new Error(`\`${name}\` has numbers that JSON cannot hold exactly; save them as texts`);
    }
    const ids = new Ids(count, list);
    if (ids.positions!.size === count) return ids;
    const twice = list.find((id, index) => ids.positions!.get(String(id)) !== index);
    throw new Error(`\`${name}\` has ${JSON.stringify(twice)} more than once`);
  }

  /** Returns the identifier at a position. */
  at(index: number): Id {
    return this.list ? this.list[index]! : index;
  }

  /** Returns the position of an identifier, or undefined if it is unknown. */
  indexOf(id: Id): number | undefined {
    if (this.positions) return this.positions.get(String(id));
    const index = typeof id === 'number' ? id : /^(0|[1-9]\d{0,15})$/.test(id) ? Number(id) : -1;
    return Number.isInteger(index) && index >= 0 && index < this.count ? index : undefined;
  }
}

/** @throws Error if an array is not a list of `count` values */
export function checkLength({ name, shape }: Tensor, count: number): void {
  if (shape.length === 1 && shape[0] === count) return;
  throw new Error(`\`${name}\` has the shape [${shape}], and must have [${count}]`);
}
