import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { MAX_LINE, readLines } from '../../../../runtime/src/engines/python/lines.js';

it('reads lines however they are cut, and the beginning of one that is too long', async () => {
  const stream = new PassThrough();
  const lines: string[] = [];
  readLines(stream, (line) => lines.push(line));
  for (const piece of ['on', 'e\ntwo\n', 'x'.repeat(MAX_LINE), 'yyy', 'z\nla', 'st']) stream.write(piece);
  stream.end();
  await once(stream, 'end');
  expect(lines).toEqual(['one', 'two', 'x'.repeat(MAX_LINE), 'last']);
});
