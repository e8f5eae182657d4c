import type { Tensor } from '@modelship/runtime';
import { decodePicture, loadDecoder } from '@modelship/runtime/serve';
import type { SampledBatch } from '../row-sample.js';
import type { Adversary, AdversaryContext, Changes } from './adversary.js';
import { JPEG } from './jpeg.js';

/** Changes of the colors of pixels, up to the 8 of 255 levels that benchmarks of robustness have. */
export const PIXELS: Adversary = {
  unit: 'levels of 255 of each color',
  epsilons: [2, 4, 8],
  rows: 20,
  appliesTo: JPEG.appliesTo,
  changesOf: async (batch, context) => {
    const pictures = batch.inputs.find(JPEG.appliesTo)!.data as Buffer[];
    return new PixelChanges(batch, await Promise.all(pictures.map((picture) => decodePicture(picture))), context);
  },
};

/** Largest share of a picture that a square covers. */
const LARGEST_SQUARE = 0.3;

type Decoded = Awaited<ReturnType<typeof decodePicture>>;

/** Direction that each color of each pixel is moved in: -1, 1, or 0 for none. */
type Directions = Int8Array;

/** Moves the colors of vertical stripes first, and then those of smaller and smaller squares, as in the Square Attack. */
class PixelChanges implements Changes {
  private readonly best: Directions[];
  private last: readonly Directions[];
  private hasStripes = false;

  constructor(
    private readonly batch: SampledBatch,
    private readonly pictures: readonly Decoded[],
    private readonly context: AdversaryContext,
  ) {
    this.best = pictures.map(({ data }) => new Int8Array(data.length));
    this.last = this.best;
  }

  tried(progress: number): Promise<readonly Tensor[]> {
    this.last = this.best.map((directions, row) => {
      const tried = directions.slice();
      if (this.hasStripes) this.moveSquare(tried, this.pictures[row]!, LARGEST_SQUARE * (1 - progress) ** 2);
      else this.moveStripes(tried, this.pictures[row]!);
      return tried;
    });
    this.hasStripes = true;
    return this.changed(this.last);
  }

  keep(row: number): void {
    this.best[row] = this.last[row]!;
  }

  kept(): Promise<readonly Tensor[]> {
    return this.changed(this.best);
  }

  private moveStripes(directions: Directions, { width, height, channels }: Decoded): void {
    const stripes = Array.from({ length: width * channels }, () => this.direction());
    for (let row = 0; row < height; row++) directions.set(stripes, row * stripes.length);
  }

  private moveSquare(directions: Directions, { width, height, channels }: Decoded, share: number): void {
    const { random } = this.context;
    const side = Math.max(1, Math.min(width, height, Math.round(Math.sqrt(share * width * height))));
    const left = Math.floor(random() * (width - side + 1));
    const top = Math.floor(random() * (height - side + 1));
    const color = Array.from({ length: channels }, () => this.direction());
    const line = Array.from({ length: side }, () => color).flat();
    for (let row = top; row < top + side; row++) directions.set(line, (row * width + left) * channels);
  }

  private direction(): number {
    return this.context.random() < 0.5 ? -1 : 1;
  }

  private async changed(directions: readonly Directions[]): Promise<readonly Tensor[]> {
    const data = await Promise.all(this.pictures.map((picture, row) => this.file(picture, directions[row]!)));
    return this.batch.inputs.map((input) => (JPEG.appliesTo(input) ? { ...input, data } : input));
  }

  /** Returns a file without losses, so that the model gets exactly these pixels. */
  private async file({ data, width, height, channels, orientation }: Decoded, directions: Directions): Promise<Buffer> {
    const moved = Uint8ClampedArray.from(
      data,
      (value, index) => value + directions[index]! * this.context.epsilon,
    ).buffer;
    const pixels = loadDecoder()(new Uint8Array(moved), { raw: { width, height, channels } });
    const file = await pixels.withMetadata({ orientation }).png().toBuffer({ resolveWithObject: true });
    return file.data;
  }
}
