import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DataRow } from '../../../lib/evaluate/data-set.js';
import type { ExpectedRow } from '../../../lib/evaluate/row-evaluation.js';
import { evaluationOf } from '../../../lib/evaluate/tasks/index.js';
import { retrievalRows } from '../../../lib/requests/retrieval-rows.js';

type Vectors = Readonly<Record<string, readonly number[]>>;

/** Written by reference_retrieval.py. */
interface Case {
  readonly documents: Vectors;
  readonly queries: Vectors;
  /** Relevant documents of each query. */
  readonly relevant: Readonly<Record<string, readonly string[]>>;
  readonly values: Readonly<Record<string, number>>;
}

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, 'reference-retrieval.json'), 'utf8')) as {
  readonly cases: readonly Case[];
};

function evaluated(vectors: Vectors, judgments: (text: string) => ReadonlyMap<number, number> | undefined) {
  const width = Object.values(vectors)[0]!.length;
  const spec = { name: 'embedding', datatype: 'FP32', shape: [-1, width] } as const;
  const evaluation = evaluationOf([spec], 'retrieval');
  const entries = Object.entries(vectors);
  // Requests end anywhere.
  for (let first = 0; first < entries.length; first += 7) {
    const some = entries.slice(first, first + 7);
    const rows = some.map(([text]): ExpectedRow => ({ place: text, label: undefined, judgments: judgments(text) }));
    const data = Float32Array.from(some.flatMap(([, vector]) => vector));
    evaluation.add(rows, [{ ...spec, shape: [rows.length, width], data }]);
  }
  return evaluation.all();
}

test('metrics are those of sentence-transformers', () => {
  for (const { documents, queries, relevant, values } of cases) {
    const positions = Object.keys(documents);
    const { rows, metrics } = evaluated({ ...documents, ...queries }, (text) => {
      return relevant[text] && new Map(relevant[text].map((document) => [positions.indexOf(document), 1]));
    });
    expect(rows).toBe(Object.keys(queries).length);
    expect(Object.keys(metrics).sort()).toEqual(Object.keys(values).sort());
    for (const [name, value] of Object.entries(values)) expect(metrics[name], name).toBeCloseTo(value, 12);
  }
});

test('a document behind the first thousand has no rank', () => {
  const at = (angle: number) => [Math.cos(angle), Math.sin(angle)];
  const vectors: Vectors = {
    ...Object.fromEntries(Array.from({ length: 1200 }, (_, index) => [`d${index}`, at(index / 1000)])),
    near: at(0),
    far: at(0),
  };
  const judgments: Readonly<Record<string, ReadonlyMap<number, number>>> = {
    near: new Map([[999, 1]]),
    far: new Map([[1000, 1]]),
  };
  const { metrics } = evaluated(vectors, (text) => judgments[text]);
  expect(metrics.mean_reciprocal_rank).toBeCloseTo(1 / 1000 / 2, 12);
});

test('a vector without a direction is an error', () => {
  for (const wrong of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => evaluated({ d1: [1, 0], d2: [wrong, 0] }, () => undefined)).toThrow(/d2 a vector whose length is/);
  }
});

const SIGNATURE = { inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }], outputs: [] } as const;
const COLUMNS = { rows: 'rows.csv', label: 'relevance', query: 'query', task: 'retrieval' } as const;

async function rowsOf(rows: readonly Readonly<Record<string, unknown>>[]): Promise<DataRow[]> {
  async function* read(): AsyncGenerator<DataRow> {
    for (const [index, values] of rows.entries()) yield { place: `row ${index + 1}`, values };
  }
  const yielded: DataRow[] = [];
  for await (const row of retrievalRows(read(), SIGNATURE, COLUMNS)) yielded.push(row);
  return yielded;
}

test('documents come once, and then queries once with their judgments', async () => {
  const rows = await rowsOf([
    { query: 'good?', text: 'one', relevance: '2' },
    { query: 'bad?', text: 'two', relevance: '1' },
    { query: '', text: 'three', relevance: '' },
    { query: 'good?', text: 'two', relevance: '0' },
    { query: null, text: 'one', relevance: null },
  ]);
  expect(rows.map(({ values, judgments }) => [values.text, judgments && [...judgments]])).toEqual([
    ['one', undefined],
    ['two', undefined],
    ['three', undefined],
    [
      'good?',
      [
        [0, 2],
        [1, 0],
      ],
    ],
    ['bad?', [[1, 1]]],
  ]);
});

test('the only other column has the documents', async () => {
  const rows = await rowsOf([{ query: 'good?', answer: 'one', relevance: 1 }]);
  expect(rows.map(({ values }) => values.answer)).toEqual(['one', 'good?']);
});

test.each([
  [[{ query: '', text: 'one', relevance: '' }], /rows.csv has no query in the column query/],
  [[{ query: 'a', text: 'one', relevance: -1 }], /row 1 has the relevance -1/],
  [[{ query: 'a', text: 'one', relevance: '' }], /row 1 has the relevance ""/],
  [[{ query: 'a', text: 7, relevance: 1 }], /row 1 has 7 in the column text/],
  [[{ query: 'a', one: 'x', two: 'y', relevance: 1 }], /columns one, two .*Name one of them text/],
  [[{ text: 'one', relevance: 1 }], /row 1 has no column query/],
])('rejects %j', async (rows, message) => {
  await expect(rowsOf(rows)).rejects.toThrow(message);
});
