import { expect, it } from 'vitest';
import type { FillMaskTask } from '../../../../runtime/src/manifest/index.js';
import { FillMaskSteps } from '../../../../runtime/src/tasks/text/fill-mask.js';
import type { Tokenizer } from '../../../../runtime/src/tasks/text/tokenizer.js';

it('limits the suggestions for all texts of a request, before any is decoded', async () => {
  const decoded: (readonly number[])[] = [];
  const decode = async (ids: readonly number[]) => {
    decoded.push(ids);
    return ids.join(' ');
  };
  const steps = new FillMaskSteps(
    { output: 'logits', mask: 4, topK: 5 } as FillMaskTask,
    { decode } as unknown as Tokenizer,
  );
  const result = {
    encoded: { ids: [4], typeIds: [0], isTruncated: false, offsets: () => [], specials: () => [] },
    values: [Float32Array.from({ length: 1024 }, (_, token) => token)],
  };
  const suggestions = async (rows: number, topK: number) => {
    const data = new Array<Buffer>(rows).fill(Buffer.from('[MASK]'));
    const { finish } = steps.prepare([{ name: 'text', datatype: 'BYTES', shape: [rows], data }], { topK });
    return finish(new Array<typeof result>(rows).fill(result));
  };
  await expect(suggestions(257, 2000)).rejects.toThrow(
    '1024 suggestions for each of 257 texts are 263168, at most 262144 are allowed: ask for fewer',
  );
  expect(decoded).toEqual([]);
  const [, tokens] = await suggestions(2, 3);
  expect(tokens).toMatchObject({ shape: [2, 3], data: BigInt64Array.of(1023n, 1022n, 1021n, 1023n, 1022n, 1021n) });
});
