// Entry point of the thread of a recommendation model, so that long searches do not block the event loop.
import { readFile } from 'node:fs/promises';
import { parentPort } from 'node:worker_threads';
import { Channel } from '../../channel.js';
import { ModelPackageError } from '../../manifest/index.js';
import { readArrays } from './arrays.js';
import type { RecommendCalls } from './recommend-engine.js';
import { Recommender } from './recommender.js';

let recommender: Recommender;

const own: RecommendCalls = {
  async load(path) {
    try {
      recommender = new Recommender(await readArrays(await readFile(path), path));
    } catch (error) {
      if (!(error instanceof ModelPackageError)) throw error;
      return { fault: error.message };
    }
    return { examples: recommender.examples };
  },
  recommend: (queries) => recommender.recommend(queries),
};

const channel = new Channel<Record<never, never>>('the server', (message) => parentPort!.postMessage(message), {
  ...own,
});
parentPort!.on('message', (message) => channel.receive(message));
