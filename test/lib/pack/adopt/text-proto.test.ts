import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readTextProto, type TextProto } from '../../../../lib/pack/adopt/text-proto.js';
import { ARTEFACTS } from './support.js';

const examples = join(ARTEFACTS, 'text_proto');
const folder = mkdtempSync(join(tmpdir(), 'modelship-text-proto-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Fields = { readonly [name: string]: readonly (string | Fields)[] };

/** Returns what a message holds, with the entries of maps by their keys. */
function fieldsOf(message: TextProto): Fields {
  return Object.fromEntries(
    message.names.map((name) => {
      const messages = message.messages(name).map(fieldsOf);
      const key = (entry: Fields) => String(entry.key?.[0] ?? '');
      const sorted = messages.sort((one, other) => (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : 0));
      return [name, [...message.texts(name), ...sorted]];
    }),
  );
}

test.each(readdirSync(examples).filter((name) => /\.(pbtxt|config)$/.test(name)))(
  '%s holds what the protocol of its own server reads',
  (name) => {
    const expected = JSON.parse(readFileSync(join(examples, name.replace(/\.\w+$/, '.json')), 'utf8'));
    expect(fieldsOf(readTextProto(join(examples, name)))).toEqual(expected);
  },
);

test.each([
  ['an open message', 'a {\n b: 1\n', 3, 'the end of the file'],
  ['a missing value', 'a:\n}', 2, '}'],
  ['a missing colon', 'a\n1', 2, '1'],
  ['an open text', 'a: "x\n"', 1, '"\\""'],
  ['too many messages', 'a {'.repeat(100), 1, 'more than 64 nested messages'],
  ['a list without commas', 'a: [1 2]', 1, '2'],
])('%s is an error with its line', (_, text, line, what) => {
  const path = join(folder, 'broken.pbtxt');
  writeFileSync(path, text);
  const message = `${path}, line ${line}: ${what} is not expected. Copy or write it again.`;
  expect(() => readTextProto(path)).toThrow(expect.objectContaining({ code: 'ARTIFACT_INVALID', message }));
});

test('numeric escapes are bytes of UTF-8', () => {
  const path = join(folder, 'escapes.pbtxt');
  writeFileSync(path, String.raw`a: "caf\303\251 \xe2\x82\xac \n\"\\\?é" 'x'`);
  expect(readTextProto(path).text('a')).toBe('café € \n"\\?éx');
});

test('a list of many values is read in time that grows with its length', () => {
  const path = join(folder, 'long.pbtxt');
  writeFileSync(path, `dims: [${'1,'.repeat(400_000)}1]`);
  expect(readTextProto(path).texts('dims')).toHaveLength(400_001);
});
