import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePicture } from '../../../../runtime/src/tasks/images/decode.js';
import { pictureBytes } from '../../../../runtime/src/tasks/images/picture-bytes.js';
import { preprocess } from '../../../../runtime/src/tasks/images/preprocess.js';

const noise = Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, index) => (index * 7919) % 251));
const picture = () => sharp(noise, { raw: { width: 64, height: 48, channels: 3 } });
const jpeg = () => picture().jpeg().toBuffer();

/** Returns a PNG with the size in its header, and the data of one row. */
function pngOf(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)]);
    bytes.writeUInt32BE(data.length);
    bytes.writeUInt32BE(crc(bytes.subarray(4, -4)), bytes.length - 4);
    return bytes;
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  const rows = deflateSync(Buffer.alloc(64));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function crc(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  }
  return ~sum >>> 0;
}

const fails = (bytes: Uint8Array, message: RegExp | string) =>
  expect(decodePicture(pictureBytes(bytes))).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: expect.stringMatching(message),
  });

describe('a picture that cannot be decoded or prepared', () => {
  it('is rejected when it is cut off, in each format', async () => {
    const files = {
      JPEG: await jpeg(),
      PNG: await picture().png().toBuffer(),
      WEBP: await picture().webp().toBuffer(),
      GIF: await picture().gif().toBuffer(),
      TIFF: await picture().tiff({ compression: 'none' }).toBuffer(),
    };
    for (const [format, bytes] of Object.entries(files)) {
      for (const share of [0.02, 0.5, 0.9]) {
        const end = Math.max(12, Math.trunc(bytes.length * share));
        await fails(bytes.subarray(0, end), `^the ${format} picture cannot be decoded: `);
      }
    }
  });

  it('is rejected by the size in its header, before pixels are decoded', async () => {
    await fails(pngOf(30_000, 30_000), /^the picture has 30000 x 30000 pixels; at most 89478485 pixels are allowed/);
    await fails(pngOf(2_000_000_000, 2), /pixels|cannot be decoded/);
    await fails(pngOf(0, 10), /cannot be decoded/);
  });

  it('is rejected by the size that the model would get, because a narrow picture grows by both sides', () => {
    const narrow = { width: 1800, height: 1, channels: 3, data: new Uint8Array(5400), orientation: 1 } as const;
    const step = { type: 'resize', shortestEdge: 224, filter: 'bilinear' } as const;
    expect(() => preprocess(narrow, { preprocessing: [step], layout: 'NCHW' })).toThrow(
      'the picture has 1800 x 1 pixels, which become 403200 x 224 for the model; at most 89478485 pixels are allowed.',
    );
  });

  it('is rejected when it is empty, no picture, or of another format', async () => {
    await fails(Buffer.alloc(0), 'the picture is empty; JPEG, PNG, WebP, GIF and TIFF are supported');
    await fails(Buffer.from('a cat'), 'the picture has an unknown format; JPEG, PNG');
    await fails(Buffer.from('%PDF-1.7 ...'), 'unknown format');
    await fails(Buffer.from('BM......'), 'unknown format');
    await fails(await picture().avif().toBuffer(), 'unknown format');
    await fails(Buffer.from([0xff, 0xd8, 0xff]), 'the JPEG picture cannot be decoded');
  });

  it('is rejected when it is an SVG drawing, also as base64', async () => {
    const svg = Buffer.from(
      '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>',
    );
    await fails(svg, 'the picture is an SVG drawing');
    await fails(Buffer.from(`data:image/svg+xml;base64,${svg.toString('base64')}`), 'the picture is an SVG drawing');
  });

  it('is rejected when it is an address, which is never fetched', () => {
    for (const address of ['http://127.0.0.1:1/cat.jpg', 'https://example.com/cat.png', 'file:///etc/passwd']) {
      expect(() => pictureBytes(Buffer.from(address))).toThrow(/never fetches pictures/);
    }
  });
});

describe('the bytes of a picture', () => {
  it('are taken as they are, as base64 and as a data URL', async () => {
    const bytes = await jpeg();
    expect(pictureBytes(bytes)).toBe(bytes);
    expect(pictureBytes(Buffer.from(bytes.toString('base64')))).toEqual(bytes);
    expect(pictureBytes(Buffer.from(`data:image/jpeg;base64,${bytes.toString('base64')}`))).toEqual(bytes);
    expect(() => pictureBytes(Buffer.from('data:image/jpeg;base64,*'))).toThrow(/base64/);
  });
});
