import { InferenceError, invalid } from '../../tensor/errors.js';
import { RUNTIME_VERSION } from '../../version.js';
import { requirePackage } from '../require-package.js';
import { type Orientation, orient } from './orientation.js';
import type { Picture } from './resample.js';

/**
 * Maximum number of pixels of a picture. Pillow warns of decompression bombs above the same number. A decoded picture
 * takes three bytes a pixel.
 */
export const MAX_PIXELS = 89_478_485;

/** A picture as it is stored, and the orientation in which to show it. A TIFF is turned already. */
export interface DecodedPicture extends Picture {
  readonly channels: 3;
  readonly orientation: Orientation;
}

/** The part of the package `sharp` that is used here. */
interface Sharp {
  (bytes: Uint8Array, options: object): SharpPicture;
  concurrency(threads: number): void;
  cache(enabled: boolean): void;
  block(options: { operation: readonly string[] }): void;
  unblock(options: { operation: readonly string[] }): void;
}

interface SharpPicture {
  metadata(): Promise<Metadata>;
  timeout(options: { seconds: number }): SharpPicture;
  removeAlpha(): SharpPicture;
  pipelineColourspace(name: string): SharpPicture;
  toColourspace(name: string): SharpPicture;
  raw(options?: { depth: string }): SharpPicture;
  withMetadata(options: { orientation: Orientation }): SharpPicture;
  png(): SharpPicture;
  jpeg(options: { quality: number }): SharpPicture;
  toBuffer(options: { resolveWithObject: true }): Promise<{ data: Buffer; info: { width: number; height: number } }>;
}

interface Metadata {
  readonly width: number;
  readonly height: number;
  readonly space: string;
  readonly channels: number;
  readonly depth: string;
  readonly orientation?: number;
}

type Format = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff';

/** Loaders of libvips that decode the formats from memory. All others stay blocked. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff'].map((name) => `VipsForeignLoad${name}Buffer`);

let loaded: Sharp | undefined;

/** Loads the decoder. @throws ModelPackageError `FORMAT_UNSUPPORTED` if the package `@modelship/pictures` cannot be loaded */
export function loadDecoder(): Sharp {
  if (loaded) return loaded;
  const sharp = requirePackage<Sharp>('@modelship/pictures', RUNTIME_VERSION, 'pictures');
  // Pictures are decoded in parallel, so each takes one thread. No two requests have the same picture.
  sharp.concurrency(1);
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS });
  loaded = sharp;
  return sharp;
}

/**
 * Decodes a picture to the pixels that Pillow 12 returns from `Image.open(...).convert("RGB")`: alpha is dropped, colour
 * profiles are not applied, and the first frame of an animation is taken. Files of TIFF are rotated by their orientation,
 * as Pillow does; for other formats the orientation is returned. One difference remains: transparent pixels of GIF files are
 * black.
 *
 * @param seconds maximum time to decode the picture
 * @throws InferenceError `INVALID_ARGUMENT` for a picture that cannot be decoded or has too many pixels
 */
export async function decodePicture(bytes: Uint8Array, seconds?: number): Promise<DecodedPicture> {
  const format = formatOf(bytes);
  const sharp = loadDecoder();
  const options = { failOn: 'truncated', ignoreIcc: true, pages: 1 };
  let metadata: Metadata;
  try {
    // Reads the header only, so that the message below can state the size.
    metadata = await sharp(bytes, { ...options, limitInputPixels: false }).metadata();
  } catch (error) {
    throw undecodable(format, error);
  }
  const { width, height, space, channels, depth } = metadata;
  if (width * height > MAX_PIXELS) {
    throw invalid(
      `the picture has ${width} x ${height} pixels; at most ${MAX_PIXELS} pixels are allowed. Send a smaller one.`,
    );
  }
  const orientation = (metadata.orientation ?? 1) as Orientation;
  try {
    const picture = sharp(bytes, { ...options, limitInputPixels: MAX_PIXELS });
    if (seconds !== undefined) picture.timeout({ seconds });
    const data = await pixels(picture, { space, channels, depth });
    const decoded: DecodedPicture = { width, height, channels: 3, data, orientation };
    return format === 'tiff' ? { ...decoded, ...orient(decoded, orientation), orientation: 1 } : decoded;
  } catch (error) {
    throw undecodable(format, error);
  }
}

async function pixels(
  picture: SharpPicture,
  { space, channels, depth }: Pick<Metadata, 'space' | 'channels' | 'depth'>,
): Promise<Uint8Array> {
  const read = async (converted: SharpPicture) => (await converted.toBuffer({ resolveWithObject: true })).data;
  if (space === 'cmyk') return rgbFromCmyk(await read(picture.pipelineColourspace('cmyk').toColourspace('cmyk').raw()));
  if (space === 'grey16' && channels === 1 && depth === 'ushort') {
    const { buffer, byteOffset, length } = await read(picture.toColourspace('grey16').raw({ depth: 'ushort' }));
    return rgbFromGrey16(new Uint16Array(buffer, byteOffset, length / 2));
  }
  return read(picture.removeAlpha().raw());
}

/** Converts pixels as Pillow does, without a colour profile. */
function rgbFromCmyk(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4, to += 3) {
    const light = 255 - cmyk[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const product = cmyk[from + channel]! * light + 128;
      rgb[to + channel] = light - (((product >> 8) + product) >> 8);
    }
  }
  return rgb;
}

/** Converts grey pixels of 16 bits as Pillow does: values above 255 become 255. */
function rgbFromGrey16(grey: Uint16Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let from = 0, to = 0; from < grey.length; from++, to += 3) rgb.fill(Math.min(grey[from]!, 255), to, to + 3);
  return rgb;
}

/** Formats by their first bytes, in hexadecimal. `..` is any byte. */
const FORMATS: readonly (readonly [Format, RegExp])[] = [
  ['jpeg', /^ffd8ff/],
  ['png', /^89504e470d0a1a0a/],
  ['webp', /^52494646.{8}57454250/],
  ['gif', /^47494638(37|39)61/],
  ['tiff', /^(49492a00|4d4d002a)/],
];

/** Whether bytes start as a file of a supported format does. */
export function isPicture(bytes: Uint8Array): boolean {
  return formatAt(bytes) !== undefined;
}

/** Returns the format of a picture, or undefined if no supported format starts with these bytes. */
function formatAt(bytes: Uint8Array): Format | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 12)).toString('hex');
  return FORMATS.find(([, start]) => start.test(head))?.[0];
}

const ALLOWED = 'JPEG, PNG, WebP, GIF and TIFF are supported';

function formatOf(bytes: Uint8Array): Format {
  if (bytes.byteLength === 0) throw invalid(`the picture is empty; ${ALLOWED}`);
  const format = formatAt(bytes);
  if (format) return format;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 512)).toString('latin1');
  const what = /<svg[\s>]|<!DOCTYPE svg/i.test(head) ? 'is an SVG drawing' : 'has an unknown format';
  throw invalid(`the picture ${what}; ${ALLOWED}`);
}

function undecodable(format: Format, error: unknown): InferenceError {
  const message = (error as Error).message.split('\n', 1)[0]!;
  if (/timeout/.test(message)) return new InferenceError('DEADLINE_EXCEEDED', 'decoding the picture took too long');
  return invalid(`the ${format.toUpperCase()} picture cannot be decoded: ${message}`);
}
