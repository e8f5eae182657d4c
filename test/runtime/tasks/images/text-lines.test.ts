import { expect, it } from 'vitest';
import type { Page } from '../../../../runtime/src/tasks/images/preprocess.js';
import { linesOf } from '../../../../runtime/src/tasks/images/text-lines.js';

const SIZE = 140;
const RULES = { pixelThreshold: 0.3, threshold: 0.3, dilate: false, expansion: 1.6, maxCandidates: 1000 };

/** Returns the lines of a map with frames of 6 pixels inside each other, one pixel apart. */
function linesOfFrames(frames: number) {
  const data = new Float32Array(SIZE * SIZE);
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [at % SIZE, Math.floor(at / SIZE)];
    const depth = Math.min(x, y, SIZE - 1 - x, SIZE - 1 - y) - 1;
    if (depth >= 0 && depth % 7 < 6 && depth < 7 * frames) data[at] = 1;
    if (depth >= 7 * frames) data[at] = 0.29;
  }
  const size = { height: SIZE, width: SIZE };
  const page: Page = {
    picture: { ...size, channels: 3, data: new Uint8Array(SIZE * SIZE * 3) },
    placement: { left: 0, top: 0, scaleX: 1, scaleY: 1 },
  };
  return linesOf({ ...size, data }, RULES, page, size);
}

it('rejects areas inside each other, which would take many times the memory of the page', () => {
  expect(linesOfFrames(1).length).toBeGreaterThan(0);
  expect(() => linesOfFrames(9)).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^the picture has \d+ areas .* more than 4 times those of the page, 140 x 140/),
    }),
  );
});
