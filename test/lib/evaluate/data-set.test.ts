import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readDataSet } from '../../../lib/evaluate/data-set.js';
import { EvaluationDataError } from '../../../lib/evaluate/metrics/compute.js';
import { npzFromTensors } from '../../../runtime/src/tensor/npz.js';

async function rowsOf(content: string | Buffer): Promise<Readonly<Record<string, unknown>>[]> {
  const path = join(mkdtempSync(join(tmpdir(), 'data-set-')), 'rows');
  writeFileSync(path, content);
  const rows: Readonly<Record<string, unknown>>[] = [];
  for await (const { values } of readDataSet(path)) rows.push(values);
  return rows;
}

test('CSV has the names of its columns in the first line', async () => {
  expect(await rowsOf('a,b\n1,x\n2,y\n')).toEqual([
    { a: '1', b: 'x' },
    { a: '2', b: 'y' },
  ]);
});

test('CSV with a column PAR1 is not Parquet', async () => {
  expect(await rowsOf('PAR1,PAR2\n1,2\n')).toEqual([{ PAR1: '1', PAR2: '2' }]);
});

test('quoted fields contain commas, line breaks and quotes', async () => {
  expect(await rowsOf('text,label\r\n"one, two\nthree ""four""",x\r\n"",y')).toEqual([
    { text: 'one, two\nthree "four"', label: 'x' },
    { text: '', label: 'y' },
  ]);
});

test('a byte order mark is not part of the first name', async () => {
  expect(await rowsOf('\ufeffa\n1\n')).toEqual([{ a: '1' }]);
});

test('JSON Lines have an object on each line', async () => {
  expect(await rowsOf('{"a": 1.5, "b": "x"}\n\n{"a": [1, 2], "b": "y"}')).toEqual([
    { a: 1.5, b: 'x' },
    { a: [1, 2], b: 'y' },
  ]);
});

test('rows longer than a chunk of the file are whole', async () => {
  const text = 'ü'.repeat(200_000);
  expect(await rowsOf(`text,label\n"${text}",x\n`)).toEqual([{ text, label: 'x' }]);
});

test.each([
  ['no content', '', /is empty/],
  ['no rows', 'a,b\n', /has no rows/],
  [
    'a row with another number of fields',
    'a,b\n1,2\n1,2,3\n',
    /row 2 has 3 fields, and the first line names 2 columns/,
  ],
  ['two columns with one name', 'a,a\n1,2\n', /has the column a more than once/],
  ['a quote that does not end', 'a\n"1\n', /no closing quote/],
  ['Latin-1', Buffer.from([0x61, 0x0a, 0xfc, 0x0a]), /is not UTF-8/],
  ['a line that is not JSON', '{"a": 1}\n{"a": \n', /line 2 is not JSON/],
  ['a line that is a list', '{"a": 1}\n[1]\n', /line 2 must be an object/],
])('%s is an error', async (_name, content, message) => {
  await expect(rowsOf(content)).rejects.toThrow(message);
});

test('a file that does not exist is an error', async () => {
  const rows = readDataSet('/nowhere/rows.csv');
  await expect(rows.next()).rejects.toThrow('/nowhere/rows.csv cannot be read (ENOENT)');
});

test('a pipe is read from its first byte', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'data-set-')), 'pipe');
  execFileSync('mkfifo', [path]);
  // Opened for both, the pipe neither blocks nor loses its bytes between two readers.
  const pipe = openSync(path, 'r+');
  writeSync(pipe, 'width,length\n1,2\n3,4\n');
  const rows: unknown[] = [];
  for await (const { values } of readDataSet(path)) {
    if (rows.push(values) === 1) closeSync(pipe);
  }
  expect(rows).toEqual([
    { width: '1', length: '2' },
    { width: '3', length: '4' },
  ]);
});

test('a folder has a folder of pictures for each class', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
  for (const path of ['dog/b.jpg', 'cat/a.png', 'cat/.DS_Store', '.cache/c.png']) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), '');
  }
  const rows: unknown[] = [];
  for await (const { values } of readDataSet(folder)) rows.push(values);
  expect(rows).toEqual([
    { image: join(folder, 'cat/a.png'), label: 'cat' },
    { image: join(folder, 'dog/b.jpg'), label: 'dog' },
  ]);
});

test('a folder without folders of pictures has no rows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
  await expect(async () => {
    for await (const _ of readDataSet(folder)) expect.unreachable();
  }).rejects.toThrow(/has no rows/);
});

describe('arrays of NumPy', () => {
  test('have a row for each element of their first dimension', async () => {
    const rows = await rowsOf(readFileSync(join(__dirname, '../../fixtures/rows.npz')));
    expect(rows).toHaveLength(3);
    expect(rows[1]).toEqual({
      features: [5.7, 2.8, 4.1, 1.3],
      species: 'versicolor',
      number: 1,
      pixels: [
        [4, 5],
        [6, 7],
      ],
    });
  });

  test.each([
    [{ a: [2], b: [3] }, /has 2 rows of a and 3 of b/],
    [{ a: [] }, /array a without dimensions/],
  ])('of the shapes %j are an error', async (shapes, message) => {
    const tensors = Object.entries(shapes).map(([name, shape]: [string, readonly number[]]) => {
      const size = shape.reduce((product, each) => product * each, 1);
      return { name, datatype: 'FP64' as const, shape, data: new Float64Array(size) };
    });
    await expect(rowsOf(await npzFromTensors(tensors))).rejects.toThrow(message);
  });

  test('that are cut off are an error', async () => {
    const file = readFileSync(join(__dirname, '../../fixtures/rows.npz'));
    await expect(rowsOf(file.subarray(0, file.length - 30))).rejects.toThrow(EvaluationDataError);
  });

  test('in a file of more than 2 GiB are an error', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'data-set-'));
    const path = join(folder, 'rows.npz');
    writeFileSync(path, 'PK\x03\x04');
    // The file is sparse: it takes no space.
    truncateSync(path, 2 * 1024 ** 3 + 1);
    const error = await readDataSet(path)
      .next()
      .catch((reason: unknown) => reason);
    rmSync(folder, { recursive: true });
    expect(error).toBeInstanceOf(EvaluationDataError);
    expect((error as Error).message).toBe(
      `${path} has more than 2 GiB. Save the rows as CSV or JSON Lines, which are read row by row.`,
    );
  });
});

describe('Parquet', () => {
  const fixture = (name: string) => readFileSync(join(__dirname, '../../fixtures', name));

  test('has rows in several row groups, of many types and codecs', async () => {
    const pixels = [0, 4, 8].map((first) => [
      [first + 1, first + 2],
      [first + 3, first + 4],
    ]);
    // The values of rows_parquet.py. Those above 2^53 are exact, and missing ones are null.
    expect(await rowsOf(fixture('rows.parquet'))).toEqual([
      {
        length: 5.1,
        width: 3.5,
        half: 0.5,
        species: 'setosa',
        comment: 'größer',
        number: 1,
        large: 2n ** 53n + 1n,
        unsigned: 2n ** 64n - 1n,
        byte: 255,
        is_new: true,
        price: 89.9,
        day: '2024-02-29',
        milliseconds: '2024-02-29T23:59:59.123Z',
        microseconds: '2024-02-29T23:59:59.123456Z',
        nanoseconds: '1970-01-01T00:00:00.000000001Z',
        features: [5.1, 3.5],
        pixels: pixels[0],
        words: [{ start: 0, label: 'city' }],
        nothing: null,
        code: 'DE',
      },
      {
        length: null,
        width: 2.75,
        half: 1.5,
        species: 'versicolor',
        comment: '',
        number: -2,
        large: -(2n ** 63n),
        unsigned: 0,
        byte: 0,
        is_new: false,
        price: -0.05,
        day: '1969-12-31',
        milliseconds: '1969-12-31T23:59:00.000Z',
        microseconds: '1969-12-31T23:59:00.000Z',
        nanoseconds: '1969-12-31T23:59:59.999999999Z',
        features: [5.7, null],
        pixels: pixels[1],
        words: [],
        nothing: null,
        code: 'FR',
      },
      {
        length: 6.3,
        width: 3.25,
        half: null,
        species: 'setosa',
        comment: null,
        number: null,
        large: 7,
        unsigned: Number.MAX_SAFE_INTEGER,
        byte: 7,
        is_new: null,
        price: null,
        day: null,
        milliseconds: null,
        microseconds: null,
        nanoseconds: null,
        features: [],
        pixels: pixels[2],
        words: null,
        nothing: null,
        code: null,
      },
    ]);
  });

  /** Returns a file with a wrong name of a part of the column `words` in the footer, and damaged pages of its parts. */
  function damaged(): Buffer {
    const bytes = Buffer.from(fixture('rows.parquet'));
    bytes[7321] = 115;
    bytes[3775] = 168;
    for (const page of [1659, 1761]) bytes.fill(255, page, page + 20);
    return bytes;
  }

  test('is read in the codec zstd by versions of Node that have it', async () => {
    const rows = rowsOf(fixture('zstd.parquet'));
    if ('zstdDecompressSync' in zlib) expect(await rows).toEqual([{ length: 5.1 }, { length: 4.9 }]);
    else
      await expect(rows).rejects.toThrow(/column length in the codec ZSTD.*Snappy, gzip or Brotli, or use Node 22.15/);
  });

  test.each([
    ['with two columns of one name', fixture('repeated.parquet'), /has the column a more than once/],
    ['with bytes that are not text', fixture('bytes.parquet'), /column photo, cannot be read as Parquet/],
    [
      'with bytes of a fixed length that are not text',
      fixture('fixed-bytes.parquet'),
      /column photo, cannot be read as Parquet/,
    ],
    ['without its end', fixture('rows.parquet').subarray(0, 4000), /cannot be read as Parquet/],
    ['of its start only', Buffer.from('PAR1'), /cannot be read as Parquet/],
    // A rejection that nothing awaits would fail the whole run.
    ['with several damages', damaged(), /row group 1 has other columns than the schema/],
  ])('%s is an error', async (_, content, message) => {
    const error = await rowsOf(content).catch((cause) => cause);
    expect(error).toBeInstanceOf(EvaluationDataError);
    expect(error.message).toMatch(message);
  });
});
