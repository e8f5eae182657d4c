import { join } from 'node:path';
import sharp from 'sharp';

/** Folder of small models that read colored blocks on black bars. The blocks stand for the letters b, g and r. */
export const READER = join(__dirname, '..', 'fixtures', 'reader');

/** A bar of blocks in a picture, and the position of its upper left corner. */
export interface Bar {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

const COLORS: Readonly<Record<string, readonly number[]>> = { r: [255, 0, 0], g: [0, 255, 0], b: [0, 0, 255] };
const HEIGHT = 40;
const BLOCK = 40;
const GAP = 30;

/** Returns the width of a bar in pixels. */
export const barWidth = ({ text }: Bar) => text.length * (BLOCK + GAP) + GAP;

/** Draws bars on white. Blocks fill the upper half of a bar. */
export function bars(width: number, height: number, drawn: readonly Bar[]): Uint8Array {
  const pixels = new Uint8Array(width * height * 3).fill(255);
  const fill = (left: number, top: number, right: number, bottom: number, color: readonly number[]) => {
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) pixels.set(color, (y * width + x) * 3);
    }
  };
  for (const bar of drawn) {
    fill(bar.x, bar.y, bar.x + barWidth(bar), bar.y + HEIGHT, [0, 0, 0]);
    for (const [index, letter] of [...bar.text].entries()) {
      const left = bar.x + GAP + index * (BLOCK + GAP);
      fill(left, bar.y, left + BLOCK, bar.y + HEIGHT / 2, COLORS[letter]!);
    }
  }
  return pixels;
}

/** Returns a picture as a PNG file. */
export function png(width: number, height: number, pixels: Uint8Array): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Returns pixels turned upside down. */
export function turned(pixels: Uint8Array): Uint8Array {
  const out = new Uint8Array(pixels.length);
  for (let from = pixels.length - 3, to = 0; from >= 0; from -= 3, to += 3)
    out.set(pixels.subarray(from, from + 3), to);
  return out;
}
