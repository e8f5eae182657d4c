import { IMAGE_INPUT } from '@modelship/runtime/manifest';
import { decodePicture, loadDecoder } from '@modelship/runtime/serve';
import type { Perturbation } from './perturbation.js';

/** Compression of pictures by JPEG, as phones and messengers do it. */
export const JPEG: Perturbation = {
  name: 'JPEG',
  unit: 'quality',
  levels: [90, 70, 50, 30, 10],
  appliesTo: ({ datatype, name }) => datatype === 'BYTES' && name === IMAGE_INPUT,
  apply: async (tensor, { level }) => ({
    ...tensor,
    data: await Promise.all((tensor.data as Buffer[]).map((picture) => compressed(picture, level))),
  }),
};

/** Compresses the pixels that the server decodes from a picture, so that only the compression changes what a model gets. */
async function compressed(picture: Buffer, quality: number): Promise<Buffer> {
  const { data, width, height, channels, orientation } = await decodePicture(picture);
  const pixels = loadDecoder()(data, { raw: { width, height, channels } });
  const file = await pixels.withMetadata({ orientation }).jpeg({ quality }).toBuffer({ resolveWithObject: true });
  return file.data;
}
