import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineOptions, engineFor, type LoadedModel } from '../../../../runtime/src/engines/index.js';
import { readArrays } from '../../../../runtime/src/engines/recommend/arrays.js';
import { npzFromTensors } from '../../../../runtime/src/tensor/npz.js';
import type { Tensor } from '../../../../runtime/src/tensor/tensor.js';
import { ALL } from '../../../support/share.js';
import { toolPython } from '../../../support/tool-python.js';

const root = join(__dirname, '../../../..');
const folder = mkdtempSync(join(tmpdir(), 'modelship-recommend-'));
// All users take a minute of NumPy.
const USERS = ALL ? 10_000 : 1000;
const LONG = { timeout: 300_000 };

interface Recommendation {
  readonly items: readonly { readonly item: string | number; readonly score: number }[];
  readonly source: string;
}

async function load(path: string, options: EngineOptions = {}): Promise<LoadedModel> {
  return engineFor('npz').load({ path, format: 'npz' }, options);
}

async function recommend(model: LoadedModel, ...queries: readonly (object | string)[]): Promise<Recommendation[]> {
  const texts = queries.map((query) => Buffer.from(typeof query === 'string' ? query : JSON.stringify(query)));
  const [output] = await model.run([{ name: 'query', datatype: 'BYTES', shape: [texts.length], data: texts }]);
  return (output!.data as Buffer[]).map((text) => JSON.parse(text.toString()));
}

const floats = (name: string, shape: number[], data: readonly number[]): Tensor => {
  return { name, datatype: 'FP32', shape, data: Float32Array.from(data) };
};
const texts = (name: string, values: readonly string[]): Tensor => {
  return { name, datatype: 'BYTES', shape: [values.length], data: values.map((value) => Buffer.from(value)) };
};
const integers = (name: string, values: readonly number[]): Tensor => {
  return { name, datatype: 'INT32', shape: [values.length], data: Int32Array.from(values) };
};

async function saved(name: string, ...arrays: readonly Tensor[]): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, await npzFromTensors(arrays));
  return path;
}

describe('recommendations', () => {
  let cases: Readonly<Record<string, readonly (readonly [object, readonly (readonly [number, number])[]])[]>>;

  beforeAll(() => {
    const script = [join(__dirname, 'reference.py'), folder, String(USERS)];
    const { status, stderr } = spawnSync(join(root, '.venv/bin/python'), script, { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
  }, LONG.timeout);
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['implicit', 'implicit', (index: number) => index],
    ['LightFM', 'lightfm', (index: number) => `item ${index}`],
    ['similarities of items', 'similar', (index: number) => index],
  ])('from arrays of %s are those of brute force in NumPy, ties included', LONG, async (_, name, itemOf) => {
    const model = await load(join(folder, `${name}.npz`));
    try {
      expect(cases[name]!.length).toBeGreaterThanOrEqual(USERS);
      for (let start = 0; start < cases[name]!.length; start += 1000) {
        const some = cases[name]!.slice(start, start + 1000);
        const answers = await recommend(model, ...some.map(([query]) => query));
        for (const [index, [query, expected]] of some.entries()) {
          const found = answers[index]!.items;
          expect(
            found.map(({ item }) => item),
            JSON.stringify(query),
          ).toEqual(expected.map(([item]) => itemOf(item)));
          for (const [at, [, score]] of expected.entries()) expect(found[at]!.score).toBeCloseTo(score, 5);
        }
      }
    } finally {
      await model.close();
    }
  });

  // The wheels of implicit are downloaded.
  it.runIf(ALL)('from models that implicit saved are its own', LONG, async () => {
    execFileSync(toolPython('implicit'), [join(__dirname, 'save_implicit.py'), folder], { stdio: 'pipe' });
    for (const name of ['als', 'bpr', 'lmf', 'bm25', 'cosine']) {
      const model = await load(join(folder, `${name}.npz`));
      try {
        const answers = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
        for (const subject of ['user', 'item']) {
          const wanted: [number, number][][] = answers[subject];
          const found = await recommend(model, ...wanted.map((_, index) => ({ [subject]: index })));
          for (const [index, best] of wanted.entries()) {
            const { items } = found[index]!;
            const place = `${name}, ${subject} ${index}`;
            expect(items, place).toHaveLength(Math.min(best.length, 10));
            for (const [at, { item, score }] of items.entries()) {
              expect(score, place).toBeCloseTo(best[at]![1], 4);
              // implicit gives items with equal scores in any order, so that the last ones may be others of the same score.
              const near = 1e-5 * Math.max(1, Math.abs(score));
              const ties = best.filter(([, other]) => Math.abs(other - score) < near).map(([each]) => each);
              if (score - best.at(-1)![1] > near) expect(ties, place).toContain(item);
            }
          }
        }
      } finally {
        await model.close();
      }
    }
  });

  it('are the same alone and in a batch, with equal scores for equal vectors', async () => {
    const vector = [0.1, 0.7, -0.3, 1e-7, 12.3];
    const items = Array.from({ length: 9000 }, () => vector).flat();
    const path = await saved(
      'equal.npz',
      floats('item_factors', [9000, 5], items),
      floats('user_factors', [3, 5], [...[0.3, 0.1, 1.7, 3e5, -0.2], ...[0.1, 0.2, 0.3, 0.4, 0.5], ...[5, 4, 3, 2, 1]]),
    );
    const model = await load(path);
    try {
      const together = await recommend(model, { user: 0 }, { user: 1 }, { user: 2 });
      for (const user of [0, 1, 2]) expect([together[user]]).toEqual(await recommend(model, { user }));
      const first = Array.from({ length: 10 }, (_, index) => index);
      expect(together[0]!.items.map(({ item }) => item)).toEqual(first);
      const [allowed] = await recommend(model, { user: 0, allow: [8999, 3], deny: [4] });
      expect(allowed!.items.map(({ item }) => item)).toEqual([3, 8999]);
      expect(new Set([...together[0]!.items, ...allowed!.items].map(({ score }) => score)).size).toBe(1);
    } finally {
      await model.close();
    }
  });

  it('for unknown users are the most popular items, and say so', async () => {
    const path = await saved(
      'popular.npz',
      ...[floats('item_factors', [3, 1], [1, 2, 3]), floats('user_factors', [2, 1], [1, -1])],
      ...[texts('items', ['a', 'b', 'c']), texts('users', ['ada', 'bob']), integers('popularity', [5, 7, 7])],
    );
    const model = await load(path);
    try {
      const [known, plain, unknown] = await recommend(model, { user: 'ada', k: 1 }, 'bob', { user: 'eve', k: 3 });
      expect(known).toEqual({ items: [{ item: 'c', score: 3 }], source: 'user' });
      expect(plain!.source).toBe('user');
      const popular = [
        { item: 'b', score: 7 },
        { item: 'c', score: 7 },
        { item: 'a', score: 5 },
      ];
      expect(unknown).toEqual({ items: popular, source: 'popularity' });
    } finally {
      await model.close();
    }
  });

  it('need vectors of items for the vector of a query', async () => {
    const similar = [floats('data', [2], [1, 1]), integers('indptr', [0, 1, 2]), integers('shape', [2, 2])];
    const model = await load(await saved('similar-items.npz', ...similar, integers('indices', [1, 0])));
    try {
      await expect(recommend(model, { vector: [1, 0] })).rejects.toThrow(
        'query: `vector` needs a model of vectors, and this one has similarities of items',
      );
    } finally {
      await model.close();
    }
  });

  it('of long searches leave the event loop free', LONG, async () => {
    const path = await saved('large.npz', floats('item_factors', [200_000, 64], new Array(200_000 * 64).fill(1)));
    const model = await load(path);
    try {
      let turns = 0;
      const search = recommend(model, ...Array.from({ length: 64 }, (_, item) => ({ item }))).finally(() => {
        turns = Number.NEGATIVE_INFINITY;
      });
      let most = 0;
      while (turns >= 0) {
        most = ++turns;
        await setTimeout(1);
      }
      await search;
      expect(most).toBeGreaterThan(10);
    } finally {
      await model.close();
    }
  });

  it('end after the timeout, and leave the model to others', LONG, async () => {
    const path = await saved('slow.npz', floats('item_factors', [50_000, 64], new Array(50_000 * 64).fill(1)));
    const model = await load(path, { timeoutSeconds: 0.05 });
    try {
      const many = Array.from({ length: 20_000 }, (_, item) => ({ item }));
      await expect(recommend(model, ...many)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
      expect((await recommend(model, { item: 0, k: 1 }))[0]!.items).toHaveLength(1);
    } finally {
      await model.close();
    }
  });

  it('for an item whose vector is too short for 32-bit floats have finite scores', async () => {
    const model = await load(await saved('short.npz', floats('item_factors', [2, 2], [1e-39, 0, 1, 0])));
    try {
      const [{ items }] = (await recommend(model, { item: 1 })) as [Recommendation];
      expect(items).toEqual([{ item: 0, score: 0 }]);
    } finally {
      await model.close();
    }
  });

  describe('reject with one clear error', () => {
    let model: LoadedModel;
    beforeAll(async () => {
      model = await load(await saved('small.npz', floats('item_factors', [3, 2], [1, 0, 0, 1, 1, 1])));
    });
    afterAll(() => model.close());

    it('a file that the thread cannot load', async () => {
      const path = await saved('other.npz', integers('x', [1]));
      await expect(load(path)).rejects.toMatchObject({
        code: 'ARTIFACT_INVALID',
        message: expect.stringContaining(path),
      });
    });

    it.each([
      ['an unknown item', { item: 3 }, 'query: the item 3 in `item` is unknown'],
      ['an unknown item of a session', { session: [0, 'x'] }, 'query: the item "x" in `session` is unknown'],
      ['an empty session', { session: [] }, 'query: `session` must have at least one item'],
      ['a session that is no list', { session: 1 }, 'query: `session` must be a list of items, got 1'],
      [
        'a vector of another width',
        { vector: [1, 2, 3] },
        'query: `vector` must have 2 numbers, as those of items, got 3',
      ],
      [
        'a vector that is no list',
        { vector: '1' },
        'query: `vector` must be a list of numbers of at most 1000000000000000',
      ],
      ['a vector of texts', { vector: [1, '2'] }, /^query: `vector` must be a list of numbers/],
      ['a vector that is too long for products', { vector: [1, 1e16] }, /^query: `vector` must be a list of numbers/],
      ['an empty list of allowed items', { item: 0, allow: [] }, 'query: `allow` must have at least one item'],
      ['k of 0', { item: 0, k: 0 }, 'query: `k` must be a whole number from 1 to 1000, got 0'],
      ['k that is too large', { item: 0, k: 1001 }, 'query: `k` must be a whole number from 1 to 1000, got 1001'],
      ['k beyond the items', { item: 0, k: 4 }, 'query: `k` must be at most 3, the number of items, got 4'],
      ['a fraction as k', { item: 0, k: 1.5 }, 'query: `k` must be a whole number from 1 to 1000, got 1.5'],
      ['no subject', { k: 1 }, 'query: exactly one of `user`, `session`, `item` and `vector` is required, got none'],
      [
        'two subjects',
        { user: 1, item: 0 },
        'query: exactly one of `user`, `session`, `item` and `vector` is required, got user and item',
      ],
      [
        'unknown members',
        { item: 0, filter: [] },
        'query: `filter` is unknown; user, session, item, vector, k, allow, deny, exclude_seen are allowed',
      ],
      [
        'an identifier of another type',
        { user: {} },
        'query: an identifier in `user` must be a text or a whole number, got {}',
      ],
      ['text that is not JSON', '{"item": 0', /^query: not valid JSON \(/],
      [
        'an unknown user without popularity',
        { user: 'eve', k: 1 },
        /^query: the user is unknown, and the model has no `popularity`/,
      ],
    ])('%s', async (_, query, message) => {
      await expect(recommend(model, query)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: typeof message === 'string' ? message : expect.stringMatching(message),
      });
    });
  });

  describe('are not served from broken arrays', () => {
    const items = floats('item_factors', [2, 2], [1, 2, 3, 4]);
    const sparse = [floats('data', [2], [1, 1]), integers('indptr', [0, 1, 2]), integers('shape', [2, 2])];

    it.each<[string, readonly Tensor[], string]>([
      ['an array twice', [items, items], 'npz: the array item_factors appears twice'],
      ['no vectors', [floats('x', [1], [1])], 'it has the arrays x; either item_factors or item_embeddings, or'],
      [
        'vectors of other widths',
        [items, floats('user_factors', [1, 3], [1, 2, 3])],
        '`user_factors` has vectors of 3 numbers, and `item_factors` of 2',
      ],
      [
        'NaN',
        [floats('item_factors', [2, 2], [1, 2, Number.NaN, 4])],
        '`item_factors` has NaN in row 1; numbers must be finite',
      ],
      [
        'infinite numbers',
        [items, floats('user_factors', [1, 2], [1, Number.POSITIVE_INFINITY])],
        '`user_factors` has Infinity in row 0',
      ],
      [
        'another shape',
        [floats('item_factors', [4], [1, 2, 3, 4])],
        '`item_factors` has the shape [4], and must have a row',
      ],
      ['too few names', [items, texts('items', ['a'])], '`items` has the shape [1], and must have [2]'],
      ['equal names', [items, texts('items', ['a', 'a'])], '`items` has "a" more than once'],
      [
        'two kinds of vectors',
        [items, { ...items, name: 'item_embeddings' }],
        'it has both item_factors and item_embeddings',
      ],
      [
        'vectors and similarities',
        [items, ...sparse, integers('indices', [0, 1])],
        'it has both vectors and similarities',
      ],
      [
        'biases of other items',
        [items, floats('item_biases', [3], [1, 2, 3])],
        '`item_biases` has the shape [3], and must have [2]',
      ],
      [
        'similar items that do not exist',
        [...sparse, integers('indices', [0, 2])],
        '`indices` has the item 2, and there are 2',
      ],
      [
        'an item beyond 32 bits',
        [...sparse, { name: 'indices', datatype: 'FP64', shape: [2], data: Float64Array.from([0, 2 ** 32]) }],
        '`indices` has the item 4294967296, and there are 2',
      ],
      [
        'offsets beyond the end',
        [...sparse, integers('indices', [0])],
        '`indptr` must have 3 ascending offsets from 0 to 1',
      ],
      [
        'a matrix that is not square',
        [...sparse.slice(0, 2), integers('shape', [2, 3]), integers('indices', [0, 1])],
        'the similarities have the shape [2, 3]',
      ],
    ])('with %s', async (name, arrays, message) => {
      const path = `${name}.npz`;
      await expect(readArrays(await npzFromTensors(arrays), path)).rejects.toMatchObject({
        code: 'ARTIFACT_INVALID',
        message: expect.stringContaining(`${path} has no usable recommendation model: ${message}`),
      });
    });
  });
});
