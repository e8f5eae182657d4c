import { loadDecoder } from '@modelship/runtime/serve';
import type { SampleRequest } from '../sample-requests.js';

/** Sizes of the pictures that golden samples are made of: one wide, one high, and one of neither form. */
const SIZES = [
  { width: 120, height: 80 },
  { width: 64, height: 96 },
  { width: 96, height: 96 },
];

/** Pixels of a picture: three bytes each. */
export interface RawPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Returns requests for golden samples of a model that takes pictures. The last picture is a JPEG, the others are PNG. */
export async function samplePictures(): Promise<SampleRequest[]> {
  const requests: SampleRequest[] = [];
  for (const [index, size] of SIZES.entries()) {
    const pixels = drawn(size.width, size.height, index);
    requests.push(await samplePicture({ ...size, pixels }, index, index === SIZES.length - 1 ? 'jpeg' : 'png'));
  }
  return requests;
}

/** Returns the request of one picture. */
export async function samplePicture(
  { pixels, ...size }: RawPicture,
  index: number,
  format: 'png' | 'jpeg',
): Promise<SampleRequest> {
  const raw = loadDecoder()(pixels, { raw: { ...size, channels: 3 } });
  const picture = format === 'jpeg' ? raw.jpeg({ quality: 90 }) : raw.png();
  const { data } = await picture.toBuffer({ resolveWithObject: true });
  return { place: `sample picture ${index + 1}`, inputs: { image: { value: data.toString('base64'), row: true } } };
}

/** Draws a color gradient behind a checkered disc, which differ between pictures. */
function drawn(width: number, height: number, index: number): Uint8Array {
  const pixels = new Uint8Array(width * height * 3);
  const radius = Math.min(width, height) / (2.5 + index);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isDisc = (x - width / 2) ** 2 + (y - height / 2) ** 2 < radius ** 2;
      const isDark = ((x >> 3) ^ (y >> 3)) & 1;
      const color = isDisc
        ? [isDark ? 30 : 220, 60 + 60 * index, isDark ? 200 : 90]
        : [(255 * x) / width, (255 * y) / height, 80 * index];
      pixels.set(color, (y * width + x) * 3);
    }
  }
  return pixels;
}
