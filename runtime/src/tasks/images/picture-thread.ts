// Entry point of a thread that decodes and prepares pictures.
import { parentPort } from 'node:worker_threads';
import { Channel } from '../../channel.js';
import { decodePicture } from './decode.js';
import { pictureBytes } from './picture-bytes.js';
import type { PictureCalls } from './picture-threads.js';
import { type PreparedPicture, preprocess } from './preprocess.js';
import { segmentsOf } from './segmentation.js';
import { type LineTensor, linesOf, lineTensor } from './text-lines.js';

const port = parentPort!;

const own: PictureCalls = {
  async prepare(bytes, input, seconds) {
    return preprocess(await decodePicture(pictureBytes(bytes), seconds), input);
  },
  segment: segmentsOf,
  findLines: linesOf,
  arrangeLines: lineTensor,
};

/** Returns the memory of a prepared picture or a tensor, which is moved to the server. Lists are copied. */
function memoryOfResult(result: unknown): ArrayBuffer[] {
  return Array.isArray(result) ? [] : [(result as PreparedPicture | LineTensor).data.buffer as ArrayBuffer];
}

const channel = new Channel<Record<never, never>>(
  'the server',
  (message, moved) => port.postMessage(message, moved),
  { ...own },
  memoryOfResult,
);
port.on('message', (message) => channel.receive(message));
