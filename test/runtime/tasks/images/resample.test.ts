import { describe, expect, test } from 'vitest';
import { RESIZE_FILTERS } from '../../../../runtime/src/manifest/index.js';
import { type Picture, resize, type Size } from '../../../../runtime/src/tasks/images/resample.js';

/** A picture of noise in three channels. */
function noise(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  let state = 18;
  for (let index = 0; index < data.length; index++) {
    state = (state * 48_271) % 2_147_483_647;
    data[index] = state & 0xff;
  }
  return { width, height, channels: 3, data };
}

/** One channel as a grey picture, which JavaScript resizes, and never SIMD instructions. */
function channelOf({ width, height, data }: Picture, channel: number): Picture {
  const grey = new Uint8Array(width * height);
  for (let index = 0; index < grey.length; index++) grey[index] = data[index * 3 + channel]!;
  return { width, height, channels: 1, data: grey };
}

function expectChannels(picture: Picture, size: Size, filter: (typeof RESIZE_FILTERS)[number]): void {
  const resized = resize(picture, size, filter);
  expect(resized).toMatchObject({ ...size, channels: 3 });
  for (const channel of [0, 1, 2]) {
    const alone = resize(channelOf(picture, channel), size, filter);
    expect(Buffer.compare(channelOf(resized, channel).data, alone.data)).toBe(0);
  }
}

describe.each(RESIZE_FILTERS)('%s', (filter) => {
  test.each([
    ['smaller', 301, 203, 64, 48],
    ['larger', 13, 7, 50, 41],
    ['narrower', 200, 90, 33, 90],
    ['lower', 90, 200, 90, 33],
    ['a pixel', 5, 3, 1, 1],
  ])('gives colours the values that each channel has alone: %s', (_, width, height, toWidth, toHeight) => {
    expectChannels(noise(width, height), { width: toWidth, height: toHeight }, filter);
  });
});

test('a row that is too large for the memory of the fast code is resized too', () => {
  expectChannels(noise(11_500_000, 1), { width: 100, height: 1 }, 'bilinear');
});
