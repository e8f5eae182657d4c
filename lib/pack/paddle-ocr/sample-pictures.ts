import { type RawPicture, samplePicture } from '../hugging-face/sample-pictures.js';
import type { SampleRequest } from '../sample-requests.js';

/** Letters of five columns and seven rows, each row as a number whose bits are pixels. */
const LETTERS: Readonly<Record<string, readonly number[]>> = {
  '0': [0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e],
  '1': [0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e],
  '2': [0x0e, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1f],
  '3': [0x1f, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0e],
  A: [0x0e, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11],
  D: [0x1e, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1e],
  E: [0x1f, 0x10, 0x10, 0x1e, 0x10, 0x10, 0x1f],
  H: [0x11, 0x11, 0x11, 0x1f, 0x11, 0x11, 0x11],
  I: [0x0e, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0e],
  R: [0x1e, 0x11, 0x11, 0x1e, 0x14, 0x12, 0x11],
  S: [0x0f, 0x10, 0x10, 0x0e, 0x01, 0x01, 0x1e],
  T: [0x1f, 0x04, 0x04, 0x04, 0x04, 0x04, 0x04],
};

const COLUMNS = 5;
const ROWS = 7;

/** Sides of a pixel of a letter, and the margin of a page, in pixels of the picture. */
const DOT = 4;
const MARGIN = 24;

/** Returns requests for golden samples of a model that reads text: two lines of text, and a page without any. */
export async function textPictures(): Promise<SampleRequest[]> {
  const page = drawn(['READ THIS', '1230']);
  const blank = { ...page, pixels: new Uint8Array(page.pixels.length).fill(255) };
  return Promise.all([page, blank].map((picture, index) => samplePicture(picture, index, 'png')));
}

function drawn(lines: readonly string[]): RawPicture {
  const width = Math.max(...lines.map(({ length }) => length)) * (COLUMNS + 1) * DOT + 2 * MARGIN;
  const height = lines.length * ROWS * 2 * DOT + 2 * MARGIN;
  const pixels = new Uint8Array(width * height * 3).fill(255);
  for (const [line, text] of lines.entries()) {
    for (const [place, letter] of [...text].entries()) {
      for (const [row, bits] of (LETTERS[letter] ?? []).entries()) {
        for (let column = 0; column < COLUMNS; column++) {
          if (((bits >> (COLUMNS - 1 - column)) & 1) === 0) continue;
          const left = MARGIN + (place * (COLUMNS + 1) + column) * DOT;
          const top = MARGIN + (line * ROWS * 2 + row) * DOT;
          for (let y = top; y < top + DOT; y++) pixels.fill(0, (y * width + left) * 3, (y * width + left + DOT) * 3);
        }
      }
    }
  }
  return { width, height, pixels };
}
