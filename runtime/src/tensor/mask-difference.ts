import { inflateSync } from 'node:zlib';

const SIGNATURE_BYTES = 8;

/**
 * Returns the share of pixels in which two masks differ. A mask is a PNG as base64, with one byte for each pixel and without
 * filters, as the task `image_segmentation` reports it.
 *
 * @returns undefined if the masks have other sizes or one of them is not such a PNG
 */
export function maskDifference(one: string, other: string): number | undefined {
  const [left, right] = [readMask(one), readMask(other)];
  if (!left || !right || left.header.compare(right.header) !== 0) return undefined;
  let differences = 0;
  for (const [index, value] of left.pixels.entries()) if (value !== right.pixels[index]) differences++;
  return differences / (left.width * left.height);
}

interface Mask {
  readonly header: Buffer;
  readonly width: number;
  readonly height: number;
  /** Rows, each after the number of its filter. */
  readonly pixels: Buffer;
}

function readMask(base64: string): Mask | undefined {
  const file = Buffer.from(base64, 'base64');
  const parts: Buffer[] = [];
  let header: Buffer | undefined;
  // A chunk has its length, its type, its data and a checksum.
  for (let at = SIGNATURE_BYTES; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const data = file.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = data;
    if (type === 'IDAT') parts.push(data);
    at += length + 12;
  }
  if (header?.length !== 13) return undefined;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, colorType] = [header[8], header[9]];
  const size = (width + 1) * height;
  if (depth !== 8 || colorType !== 0) return undefined;
  try {
    const pixels = inflateSync(Buffer.concat(parts), { maxOutputLength: size });
    const isPlain =
      pixels.length === size && Array.from({ length: height }).every((_, row) => pixels[row * (width + 1)] === 0);
    return isPlain ? { header, width, height, pixels } : undefined;
  } catch {
    return undefined;
  }
}
