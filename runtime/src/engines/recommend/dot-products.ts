import { BLOCK_ITEMS, type DotCode, dotCode, LANES, QUERIES } from './dot-code.js';

const FLOAT = Float32Array.BYTES_PER_ELEMENT;
const PAGE = 65_536;

/** Maximum bytes of the vectors, which the addresses of WebAssembly reach. */
export const MAX_VECTOR_BYTES = 2 ** 32 - 2 * PAGE - QUERIES * BLOCK_ITEMS * FLOAT;

/** Scores of consecutive items for several queries. They are valid until the next block. */
export interface Block {
  /** Index of the first item. */
  readonly start: number;
  /** Scores by query. */
  readonly scores: readonly Float32Array[];
}

/** Vectors of items, in the memory of a module that multiplies them. */
export class DotProducts {
  private readonly code: DotCode;
  private readonly rowBytes: number;
  private readonly scoresAt: number;
  private readonly itemsAt: number;

  /**
   * @param count number of items
   * @param width length of a vector
   * @throws Error if the processor has no SIMD instructions for it
   */
  constructor(
    private readonly count: number,
    private readonly width: number,
  ) {
    const code = dotCode();
    if (!code) throw new Error('the processor has no SIMD instructions of WebAssembly');
    this.code = code;
    this.rowBytes = Math.ceil(width / LANES) * LANES * FLOAT;
    this.scoresAt = Math.ceil((QUERIES * this.rowBytes) / PAGE) * PAGE;
    this.itemsAt = this.scoresAt + QUERIES * BLOCK_ITEMS * FLOAT;
    code.memory.grow(Math.ceil((this.itemsAt + count * this.rowBytes) / PAGE) - 1);
  }

  /** Returns the vector of an item, which may be changed. */
  vector(index: number): Float32Array {
    return new Float32Array(this.code.memory.buffer, this.itemsAt + index * this.rowBytes, this.width);
  }

  /** Multiplies all items by queries, as many together as the module takes. */
  *blocks(queries: readonly Float32Array[]): Generator<Block, void> {
    this.setQueries(queries);
    for (let start = 0; start < this.count; start += BLOCK_ITEMS) {
      yield { start, scores: this.multiply(queries.length, start, Math.min(this.count, start + BLOCK_ITEMS)) };
    }
  }

  /** Returns the product of each of some items with a query. */
  productsOf(items: readonly number[], query: Float32Array): number[] {
    this.setQueries([query]);
    return items.map((item) => this.multiply(1, item, item + 1)[0]![0]!);
  }

  private setQueries(queries: readonly Float32Array[]): void {
    const together = queries.length === 1 ? 1 : QUERIES;
    const lanes = new Float32Array(this.code.memory.buffer, 0, (together * this.rowBytes) / FLOAT).fill(0);
    for (const [index, query] of queries.entries()) {
      for (let at = 0; at < this.width; at++) {
        lanes[(Math.floor(at / LANES) * together + index) * LANES + (at % LANES)] = query[at]!;
      }
    }
  }

  private multiply(queries: number, start: number, end: number): Float32Array[] {
    const { memory, multiplyOne, multiplyAll } = this.code;
    const address = (item: number) => this.itemsAt + item * this.rowBytes;
    const multiply = queries === 1 ? multiplyOne : multiplyAll;
    multiply(address(start), address(end), this.rowBytes, 0, this.scoresAt);
    return Array.from({ length: queries }, (_, query) => {
      return new Float32Array(memory.buffer, this.scoresAt + query * BLOCK_ITEMS * FLOAT, end - start);
    });
  }
}
