import { describe, expect, it } from 'vitest';
import { tokenTensors } from '../../../../runtime/src/tasks/text/token-tensors.js';
import type { EncodedText } from '../../../../runtime/src/tasks/text/tokenizer.js';

const encoded = (ids: number[], typeIds: number[]): EncodedText => ({
  ids,
  typeIds,
  isTruncated: false,
  offsets: () => [],
  specials: () => [],
});
const TEXTS = [encoded([101, 7, 102, 8, 102], [0, 0, 0, 1, 1]), encoded([101, 102], [0, 0]), encoded([9], [0])];
const NAMES = ['attention_mask', 'input_ids', 'token_type_ids', 'position_ids'];
const inputs = (datatype: 'INT64' | 'INT32') => NAMES.map((name) => ({ name, datatype }));

/** Rows of each tensor by its name. */
const rows = (batch: ReturnType<typeof tokenTensors>) =>
  Object.fromEntries(
    batch.tensors.map(({ name, shape, data }) => {
      const numbers = Array.from(data as BigInt64Array | Int32Array, Number);
      return [
        name,
        Array.from({ length: shape[0]! }, (_, row) => numbers.slice(row * shape[1]!, (row + 1) * shape[1]!)),
      ];
    }),
  );

describe('token tensors', () => {
  it.each(['INT64', 'INT32'] as const)('are padded on the right to the longest text: %s', (datatype) => {
    const batch = tokenTensors(TEXTS, inputs(datatype), { id: 1, typeId: 3, side: 'right' });
    expect(batch.tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape }))).toEqual(
      NAMES.map((name) => ({ name, datatype, shape: [3, 5] })),
    );
    expect(batch.tensors[0]!.data).toBeInstanceOf(datatype === 'INT64' ? BigInt64Array : Int32Array);
    expect(rows(batch)).toEqual({
      attention_mask: [
        [1, 1, 1, 1, 1],
        [1, 1, 0, 0, 0],
        [1, 0, 0, 0, 0],
      ],
      input_ids: [
        [101, 7, 102, 8, 102],
        [101, 102, 1, 1, 1],
        [9, 1, 1, 1, 1],
      ],
      token_type_ids: [
        [0, 0, 0, 1, 1],
        [0, 0, 3, 3, 3],
        [0, 3, 3, 3, 3],
      ],
      position_ids: [
        [0, 1, 2, 3, 4],
        [0, 1, 0, 0, 0],
        [0, 0, 0, 0, 0],
      ],
    });
    expect(batch.spans).toEqual([
      { start: 0, end: 5 },
      { start: 0, end: 2 },
      { start: 0, end: 1 },
    ]);
  });

  it('are padded on the left, with positions that start at the first token', () => {
    const batch = tokenTensors(TEXTS, inputs('INT64'), { id: 1, typeId: 0, side: 'left' });
    expect(rows(batch)).toMatchObject({
      attention_mask: [
        [1, 1, 1, 1, 1],
        [0, 0, 0, 1, 1],
        [0, 0, 0, 0, 1],
      ],
      input_ids: [
        [101, 7, 102, 8, 102],
        [1, 1, 1, 101, 102],
        [1, 1, 1, 1, 9],
      ],
      position_ids: [
        [0, 1, 2, 3, 4],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0],
      ],
    });
    expect(batch.spans).toEqual([
      { start: 0, end: 5 },
      { start: 3, end: 5 },
      { start: 4, end: 5 },
    ]);
  });
});
