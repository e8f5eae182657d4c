import type { Picture } from './resample.js';

/** Orientation of a picture in EXIF: 1 as stored, up to 8. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/**
 * Changes of each orientation of EXIF: whether rows and columns are swapped, then whether columns and rows run backwards
 * in the picture as shown.
 */
const ORIENTATIONS: Readonly<Record<Orientation, readonly [swap: boolean, mirror: boolean, flip: boolean]>> = {
  1: [false, false, false],
  2: [false, true, false],
  3: [false, true, true],
  4: [false, false, true],
  5: [true, false, false],
  6: [true, true, false],
  7: [true, true, true],
  8: [true, false, true],
};

/** Rotates and mirrors a picture so that it is shown upright. */
export function orient<P extends Picture>(picture: P, orientation: Orientation): Picture & Pick<P, 'channels'> {
  const [swap, mirror, flip] = ORIENTATIONS[orientation] ?? ORIENTATIONS[1];
  if (!swap && !mirror && !flip) return picture;
  const { channels, data }: Pick<P, 'channels' | 'data'> = picture;
  const [width, height] = swap ? [picture.height, picture.width] : [picture.width, picture.height];
  const out = new Uint8Array(data.length);
  let at = 0;
  for (let row = 0; row < height; row++) {
    const y = flip ? height - 1 - row : row;
    for (let column = 0; column < width; column++) {
      const x = mirror ? width - 1 - column : column;
      const source = (swap ? x * picture.width + y : y * picture.width + x) * channels;
      for (let channel = 0; channel < channels; channel++) out[at++] = data[source + channel]!;
    }
  }
  return { width, height, channels, data: out };
}
