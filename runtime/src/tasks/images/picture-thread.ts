// Entry point of a thread that decodes and prepares pictures.
import { parentPort } from 'node:worker_threads';
import { Channel } from '../../channel.js';
import { decodePicture } from './decode.js';
import { pictureBytes } from './picture-bytes.js';
import type { PictureCalls } from './picture-threads.js';
import { type PreparedPicture, preprocess } from './preprocess.js';
import { segmentsOf } from './segmentation.js';
import { type LineTensor, linesOf, lineTensor, type TextLine } from './text-lines.js';

const port = parentPort!;

const own: PictureCalls = {
  async prepare(bytes, input, seconds) {
    return preprocess(await decodePicture(pictureBytes(bytes), seconds), input);
  },
  segment: segmentsOf,
  findLines: linesOf,
  arrangeLines: lineTensor,
};

/** Returns the memory of a prepared picture, a tensor or lines of text, which is moved to the server. Segments are copied. */
function memoryOfResult(result: unknown): ArrayBuffer[] {
  const pixels = Array.isArray(result)
    ? (result as Partial<TextLine>[]).flatMap(({ piece }) => piece ?? [])
    : [result as PreparedPicture | LineTensor];
  return pixels.map(({ data }) => data.buffer as ArrayBuffer);
}

const channel = new Channel<Record<never, never>>(
  'the server',
  (message, moved) => port.postMessage(message, moved),
  { ...own },
  memoryOfResult,
);
port.on('message', (message) => channel.receive(message));
