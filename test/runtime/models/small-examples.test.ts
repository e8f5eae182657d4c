import { expect, it } from 'vitest';
import { smallExamples } from '../../../runtime/src/models/samples.js';

const sample = (...strings: string[]) => ({
  inputs: [
    {
      name: 'image',
      datatype: 'BYTES' as const,
      shape: [strings.length],
      data: strings.map((text) => Buffer.from(text)),
    },
  ],
  outputs: [],
});

it('shows small samples as examples, and leaves out pictures and long lists', () => {
  const small = sample('a cat');
  const picture = sample('/9j/'.repeat(20_000));
  const list = sample(...Array.from({ length: 1001 }, () => 'a'));
  expect(smallExamples([picture, small, list])).toEqual([small.inputs]);
});
