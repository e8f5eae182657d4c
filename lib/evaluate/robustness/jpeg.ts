import { IMAGE_INPUT } from '@modelship/runtime/manifest';
import { loadDecoder } from '@modelship/runtime/serve';
import type { Perturbation } from './perturbation.js';

/** Compression of pictures by JPEG, as phones and messengers do it. */
export const JPEG: Perturbation = {
  name: 'JPEG',
  unit: 'quality',
  levels: [90, 70, 50, 30, 10],
  appliesTo: ({ datatype, name }) => datatype === 'BYTES' && name === IMAGE_INPUT,
  apply: async (tensor, { level }) => {
    const sharp = loadDecoder();
    const pictures = (tensor.data as Buffer[]).map(async (picture) => {
      const { data } = await sharp(picture, {}).jpeg({ quality: level }).toBuffer({ resolveWithObject: true });
      return data;
    });
    return { ...tensor, data: await Promise.all(pictures) };
  },
};
