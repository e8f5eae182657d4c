import { decodePicture, loadDecoder } from './decode.js';
import type { Orientation } from './orientation.js';
import { pictureBytes } from './picture-bytes.js';

/** Number of regions along each side of a picture. */
const SIDE = 7;

/** Region of a picture in pixels, as the file stores them. Those of a TIFF are as shown. */
export interface PictureRegion {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Picture whose regions can be replaced by its mean colour. */
export class RegionedPicture {
  readonly parts: readonly PictureRegion[];
  private readonly mean: readonly number[];

  private constructor(
    private readonly pixels: Uint8Array,
    private readonly width: number,
    private readonly height: number,
    private readonly orientation: Orientation,
  ) {
    const columns = edges(width);
    const rows = edges(height);
    this.parts = rows.slice(1).flatMap((bottom, row) =>
      columns.slice(1).map((right, column) => ({
        left: columns[column]!,
        top: rows[row]!,
        width: right - columns[column]!,
        height: bottom - rows[row]!,
      })),
    );
    const sums = [0, 0, 0];
    for (let at = 0; at < pixels.length; at++) sums[at % 3]! += pixels[at]!;
    this.mean = sums.map((sum) => Math.round(sum / (width * height)));
  }

  /**
   * Decodes a picture that a request sent as bytes or as base64.
   *
   * @throws InferenceError `INVALID_ARGUMENT` for a picture that cannot be decoded
   */
  static async decode(value: Uint8Array): Promise<RegionedPicture> {
    const { data, width, height, orientation } = await decodePicture(pictureBytes(value));
    return new RegionedPicture(data, width, height, orientation);
  }

  /** Returns the picture as a file with only those regions for which `present` has a number other than 0. */
  async with(present: Float64Array): Promise<Buffer> {
    const pixels = new Uint8Array(this.pixels);
    for (const [index, { left, top, width, height }] of this.parts.entries()) {
      if (present[index] !== 0) continue;
      for (let y = top; y < top + height; y++) {
        const start = (y * this.width + left) * 3;
        for (let at = start; at < start + width * 3; at++) pixels[at] = this.mean[(at - start) % 3]!;
      }
    }
    const raw = { width: this.width, height: this.height, channels: 3 };
    const picture = loadDecoder()(pixels, { raw }).withMetadata({ orientation: this.orientation }).png();
    return (await picture.toBuffer({ resolveWithObject: true })).data;
  }
}

/** Returns the edges of regions along a side. A side of few pixels has fewer regions. */
function edges(length: number): number[] {
  const count = Math.min(SIDE, length);
  return Array.from({ length: count + 1 }, (_, index) => Math.round((index * length) / count));
}
