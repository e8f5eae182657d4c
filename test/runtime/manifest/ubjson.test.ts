import { expect, test } from 'vitest';
import { readUbjson, type UbjsonNumbers } from '../../../runtime/src/manifest/ubjson.js';

const length = (value: number) =>
  `L${Buffer.from(BigUint64Array.of(BigInt(value)).buffer)
    .reverse()
    .toString('latin1')}`;
const name = (text: string) => length(text.length) + text;
const bytes = (text: string) => Buffer.from(text, 'latin1');

/** One of each type: numbers, texts, and arrays with and without a type and a length. */
const document = bytes(
  `{${name('learner')}{${name('names')}[#${length(2)}S${name('a')}S${name('b')}}${name('trees')}[$l#${length(2)}` +
    `12345678${name('open')}[TFZi1U\xffd1234D12345678]${name('empty')}[]}`,
);

test('a whole document is one, and no part of it', () => {
  expect(readUbjson(document)).toBeDefined();
  for (let end = 0; end < document.length; end++) expect(readUbjson(document.subarray(0, end))).toBeUndefined();
  expect(readUbjson(Buffer.concat([document, bytes(' ')]))).toBeUndefined();
});

test.each([
  ['a length beyond the file', `{${name('a')}[$d#${length(2 ** 40)}1234}`],
  ['a negative length', `{${name('a')}S${length(0).replace('\0', '\xff')}}`],
  ['many values that are not there', `[#${length(2 ** 40)}T`],
  ['an unknown type', `{${name('a')}x}`],
  ['a length that is no integer', `{d1234a}`],
  ['too many levels', '['.repeat(10_000)],
])('%s is rejected', (_, text) => {
  expect(readUbjson(bytes(text))).toBeUndefined();
});

test('values are those that were written', () => {
  const numbers = bytes(`[$I#${length(2)}\x00\x01\xff\xff`);
  expect(readUbjson(document)).toMatchObject({
    learner: { names: ['a', 'b'] },
    open: [true, false, null, 49, 255, expect.any(Number), expect.any(Number)],
    empty: [],
  });
  expect([...(readUbjson(numbers) as UbjsonNumbers).decode()]).toEqual([1, -1]);
  expect(readUbjson(bytes(`{${name('__proto__')}d\x3f\x80\x00\x00}`))).toEqual(
    Object.assign(Object.create(null), JSON.parse('{"__proto__": 1}')),
  );
});
