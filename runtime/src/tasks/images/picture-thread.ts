// Entry point of a thread that decodes and prepares pictures.
import { parentPort } from 'node:worker_threads';
import { Channel } from '../../channel.js';
import { decodePicture } from './decode.js';
import { pictureBytes } from './picture-bytes.js';
import type { PictureCalls } from './picture-threads.js';
import { preprocess } from './preprocess.js';
import { segmentsOf } from './segmentation.js';

const port = parentPort!;

const own: PictureCalls = {
  async prepare(bytes, input, seconds) {
    return preprocess(await decodePicture(pictureBytes(bytes), seconds), input);
  },
  segment: segmentsOf,
};

const channel = new Channel<Record<never, never>>('the server', (message) => port.postMessage(message), { ...own });
port.on('message', (message) => channel.receive(message));
