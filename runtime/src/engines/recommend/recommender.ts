import { invalid } from '../../tensor/errors.js';
import type { Factors, RecommendArrays, SparseRows } from './arrays.js';
import { QUERIES } from './dot-code.js';
import type { Id, Ids } from './ids.js';
import { DEFAULT_ITEMS, parseQuery, type Query, type Subject } from './query.js';
import { type ScoredItem, TopItems } from './top-items.js';

/** Query whose users and items are positions in the arrays. */
interface Search {
  readonly k: number;
  readonly source: Subject;
  readonly subjects: readonly number[];
  /** Vector of the query. @default - that of the subjects */
  readonly vector?: Float32Array;
  /** Items that may be recommended, in ascending order. @default - all */
  readonly allowed?: readonly number[];
  readonly excluded: ReadonlySet<number>;
}

/** Vector that all items are multiplied by. */
interface VectorSearch {
  readonly search: Search;
  readonly vector: Float32Array;
  /** Whether the products are divided by the lengths of the vectors of items. */
  readonly isCosine: boolean;
}

/** Finds the items with the highest scores, by comparing all of them. Items with equal scores stay in their order. */
export class Recommender {
  /** Items, the most popular first. */
  private readonly byPopularity?: readonly number[];

  constructor(private readonly arrays: RecommendArrays) {
    const { popularity, items } = arrays;
    if (!popularity) return;
    const order = Array.from({ length: items.count }, (_, index) => index);
    this.byPopularity = order.sort((one, other) => popularity[other]! - popularity[one]! || one - other);
  }

  /** Queries that suit the model. */
  get examples(): readonly string[] {
    const { users, items } = this.arrays;
    const first = items.at(0);
    return [
      ...(users.count > 0 ? [{ user: users.at(0), k: 3 }] : []),
      { item: first, k: 3 },
      { session: [first, items.at(items.count - 1)], k: 3 },
    ].map((query) => JSON.stringify({ ...query, k: Math.min(query.k, items.count) }));
  }

  /**
   * Answers queries with JSON.
   *
   * @throws InferenceError `INVALID_ARGUMENT` for the first invalid one
   */
  recommend(texts: readonly string[]): string[] {
    const answers: string[] = [];
    const vectors: (VectorSearch & { readonly at: number })[] = [];
    for (const [at, text] of texts.entries()) {
      const search = this.searchOf(parseQuery(text));
      const vector = this.vectorSearch(search);
      if (vector) vectors.push({ ...vector, at });
      else {
        const items = this.sparseItems(search);
        answers[at] = items ? this.answer(search.source, items) : this.popular(search);
      }
    }
    for (let start = 0; start < vectors.length; start += QUERIES) {
      const together = vectors.slice(start, start + QUERIES);
      for (const [index, items] of this.topItems(together).entries()) {
        const { at, search } = together[index]!;
        answers[at] = this.answer(search.source, items);
      }
    }
    return answers;
  }

  /** Returns the items of a session or an item, or those that a user has seen. */
  private itemsOf({ source, subjects }: Pick<Search, 'source' | 'subjects'>): readonly number[] {
    if (source !== 'user') return subjects;
    const { seen } = this.arrays;
    const [user] = subjects;
    return user !== undefined && seen ? Array.from(rowOf(seen, user).columns) : [];
  }

  private searchOf({ subject, ids, vector, k: wanted, allow, deny, excludeSeen }: Query): Search {
    const { items, users } = this.arrays;
    const k = wanted ?? Math.min(DEFAULT_ITEMS, items.count);
    if (k > items.count) throw invalid(`query: \`k\` must be at most ${items.count}, the number of items, got ${k}`);
    const user = subject === 'user' ? users.indexOf(ids[0]!) : undefined;
    const subjects = subject === 'user' ? (user === undefined ? [] : [user]) : knownItems(ids, items, subject);
    const excluded = new Set(deny.flatMap((id) => items.indexOf(id) ?? []));
    if (excludeSeen) for (const item of this.itemsOf({ source: subject, subjects })) excluded.add(item);
    const allowed = allow && [...new Set(allow.flatMap((id) => items.indexOf(id) ?? []))].sort((a, b) => a - b);
    const own = vector && this.ownVector(vector);
    return { source: subject, subjects, ...(own && { vector: own }), k, ...(allowed && { allowed }), excluded };
  }

  /** Returns a vector of a query as the model has those of users, without a bias of the user. */
  private ownVector(vector: readonly number[]): Float32Array {
    const { factors } = this.arrays;
    if (!factors) throw invalid('query: `vector` needs a model of vectors, and this one has similarities of items');
    if (vector.length !== factors.factors) {
      throw invalid(`query: \`vector\` must have ${factors.factors} numbers, as those of items, got ${vector.length}`);
    }
    const own = new Float32Array(factors.width);
    own.set(vector);
    if (factors.width > factors.factors) own[factors.width - 1] = 1;
    return own;
  }

  /** Returns the vector of a search, or undefined if the user is unknown or the model has no vectors. */
  private vectorSearch(search: Search): VectorSearch | undefined {
    const { factors } = this.arrays;
    if (search.vector) return { search, vector: search.vector, isCosine: false };
    if (!factors || search.subjects.length === 0) return undefined;
    const { source } = search;
    const [first] = search.subjects as [number];
    if (source === 'user' && factors.users) {
      const vector = factors.users.subarray(first * factors.width, (first + 1) * factors.width);
      return { search, vector, isCosine: false };
    }
    const subjects = this.itemsOf(search);
    if (subjects.length === 0) return undefined;
    const vector = meanOf(factors, subjects);
    if (source !== 'item') return { search, vector, isCosine: false };
    const inverse = factors.inverseNorms[first]!;
    return { search, vector: vector.map((value, at) => (at < factors.factors ? value * inverse : 0)), isCosine: true };
  }

  private topItems(searches: readonly VectorSearch[]): (readonly ScoredItem[])[] {
    const { items, inverseNorms } = this.arrays.factors!;
    const tops = searches.map(({ search }) => new TopItems(search.k));
    const whole: number[] = [];
    for (const [index, { search, vector, isCosine }] of searches.entries()) {
      if (!search.allowed) {
        whole.push(index);
        continue;
      }
      const allowed = search.allowed.filter((item) => !search.excluded.has(item));
      for (const [at, score] of items.productsOf(allowed, vector).entries()) {
        const item = allowed[at]!;
        offer(tops[index]!, item, isCosine ? Math.fround(score * inverseNorms[item]!) : score);
      }
    }
    if (whole.length === 0) return tops.map((top) => top.items());
    for (const { start, scores } of items.blocks(whole.map((index) => searches[index]!.vector))) {
      for (const [at, index] of whole.entries()) {
        const { search, isCosine } = searches[index]!;
        if (isCosine) scale(scores[at]!, inverseNorms, start);
        select(scores[at]!, start, tops[index]!, search.excluded);
      }
    }
    return tops.map((top) => top.items());
  }

  /** Returns items by the sum of their similarities to some items, or undefined for a user without any. */
  private sparseItems(search: Search): readonly ScoredItem[] | undefined {
    const { similarities } = this.arrays;
    const { allowed, excluded, k } = search;
    const own = this.itemsOf(search);
    if (!similarities || own.length === 0) return undefined;
    const sums = new Map<number, number>();
    for (const item of own) {
      const { columns, values } = rowOf(similarities, item);
      for (const [at, other] of columns.entries()) sums.set(other, (sums.get(other) ?? 0) + values![at]!);
    }
    const top = new TopItems(k);
    const mayAdd = allowed && new Set(allowed);
    for (const [item, score] of [...sums].sort(([one], [other]) => one - other)) {
      if (!excluded.has(item) && (mayAdd?.has(item) ?? true)) offer(top, item, score);
    }
    return top.items();
  }

  private popular({ allowed, excluded, k }: Search): string {
    if (!this.byPopularity) {
      throw invalid(
        'query: the user is unknown, and the model has no `popularity` and no seen items to answer by; send a `session`',
      );
    }
    const mayAdd = allowed && new Set(allowed);
    const items: ScoredItem[] = [];
    for (const index of this.byPopularity) {
      if (items.length === k) break;
      if (excluded.has(index) || mayAdd?.has(index) === false) continue;
      items.push({ index, score: this.arrays.popularity![index]! });
    }
    return this.answer('popularity', items);
  }

  private answer(source: Subject | 'popularity', found: readonly ScoredItem[]): string {
    const items = found.map(({ index, score }) => ({ item: this.arrays.items.at(index), score: shortest(score) }));
    return JSON.stringify({ items, source });
  }
}

function knownItems(ids: readonly Id[], items: Ids, subject: Subject): number[] {
  const known = ids.map((id) => {
    const index = items.indexOf(id);
    if (index !== undefined) return index;
    throw invalid(`query: the item ${JSON.stringify(id)} in \`${subject}\` is unknown`);
  });
  return [...new Set(known)];
}

function rowOf({ starts, columns, values }: SparseRows, row: number) {
  const [start, end] = [starts[row]!, starts[row + 1]!];
  return { columns: columns.subarray(start, end), values: values?.subarray(start, end) };
}

/** Returns the mean of the vectors of some items, whose last two numbers are 0 and 1 if vectors have biases. */
function meanOf({ items, width, factors }: Factors, subjects: readonly number[]): Float32Array {
  const mean = new Float32Array(width);
  const vectors = subjects.map((item) => items.vector(item));
  for (let at = 0; at < factors; at++) {
    let sum = 0;
    for (const vector of vectors) sum += vector[at]!;
    mean[at] = sum / subjects.length;
  }
  if (width > factors) mean[width - 1] = 1;
  return mean;
}

function offer(top: TopItems, index: number, score: number): void {
  if (score > top.threshold) top.add(index, score);
}

/** Offers the items of a block. This loop takes the time that the products do not. */
function select(scores: Float32Array, start: number, top: TopItems, excluded: ReadonlySet<number>): void {
  for (let at = 0; at < scores.length; at++) {
    const score = scores[at]!;
    if (score > top.threshold && !excluded.has(start + at)) top.add(start + at, score);
  }
}

function scale(scores: Float32Array, factors: Float32Array, start: number): void {
  for (let at = 0; at < scores.length; at++) scores[at]! *= factors[start + at]!;
}

/** Returns a number with the digits that a 32-bit float has. */
function shortest(score: number): number {
  return Number(score.toPrecision(9));
}
