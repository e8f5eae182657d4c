import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { Channel } from '../../channel.js';
import { availableProcessors, shareOf } from '../../host-limits.js';
import { startThread } from '../../worker-thread.js';
import type { PreparedPicture, preprocess } from './preprocess.js';
import type { segmentsOf } from './segmentation.js';
import type { linesOf, lineTensor } from './text-lines.js';

/** Functions of a thread that prepares pictures. */
export interface PictureCalls {
  /**
   * Decodes a picture and runs the steps of a model on it.
   *
   * @param bytes content of a file, or its base64
   * @param seconds maximum time to decode the picture. No limit if undefined
   * @throws InferenceError `INVALID_ARGUMENT` for a picture that cannot be decoded
   */
  prepare(
    bytes: Uint8Array,
    input: Parameters<typeof preprocess>[1],
    seconds: number | undefined,
  ): Promise<PreparedPicture>;
  /** Finds the pixels of each class in a picture. */
  segment: typeof segmentsOf;
  /** Finds the lines of text in a picture, and cuts them out. */
  findLines: typeof linesOf;
  /** Arranges lines in the tensor of a further model. */
  arrangeLines: typeof lineTensor;
}

/** One thread, and the number of its calls in flight. */
interface Thread {
  readonly worker: Worker;
  readonly channel: Channel<PictureCalls>;
  calls: number;
}

/**
 * Threads that work on pictures, so that the event loop is not blocked. All models of the process share them. Each starts
 * with the first call that no other thread is free for.
 */
class PictureThreads {
  private readonly threads: Thread[] = [];

  /**
   * Calls a function of the least busy thread.
   *
   * @param maximum maximum number of threads
   * @param moved memory of the arguments that is moved to the thread, not copied
   */
  async call<K extends keyof PictureCalls>(
    maximum: number,
    moved: readonly ArrayBuffer[],
    name: K,
    ...args: Parameters<PictureCalls[K]>
  ): Promise<Awaited<ReturnType<PictureCalls[K]>>> {
    const thread = this.leastBusy(maximum);
    thread.calls++;
    thread.worker.ref();
    try {
      return await thread.channel.callMoving(moved, name, ...args);
    } finally {
      thread.calls--;
      // An idle thread does not keep the process busy.
      if (thread.calls === 0) thread.worker.unref();
    }
  }

  private leastBusy(maximum: number): Thread {
    const [idlest] = this.threads.toSorted((left, right) => left.calls - right.calls);
    return idlest && (idlest.calls === 0 || this.threads.length >= maximum) ? idlest : this.start();
  }

  private start(): Thread {
    const worker = startThread(join(__dirname, 'picture-thread'));
    const channel = new Channel<PictureCalls>(
      'the thread for pictures',
      (message, moved) => worker.postMessage(message, moved),
      {},
    );
    const thread = { worker, channel, calls: 0 };
    worker.on('message', (message) => channel.receive(message));
    // Calls fail when the thread exits. Without a listener, the error would end the process.
    worker.on('error', () => {});
    worker.once('exit', () => {
      channel.close();
      this.threads.splice(this.threads.indexOf(thread), 1);
    });
    this.threads.push(thread);
    return thread;
  }
}

/** Returns the number of threads that work on pictures at most. */
export function pictureProcessors(processes = 1): number {
  return shareOf(availableProcessors(), processes);
}

/** The threads of this process. */
export const pictureThreads = new PictureThreads();
