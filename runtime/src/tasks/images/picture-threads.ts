import { join } from 'node:path';
import { availableProcessors, shareOf } from '../../host-limits.js';
import { CalledThread } from '../../worker-thread.js';
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

type PictureThread = CalledThread<PictureCalls>;

/**
 * Threads that work on pictures, so that the event loop is not blocked. All models of the process share them. Each starts
 * with the first call that no other thread is free for.
 */
class PictureThreads {
  private threads: PictureThread[] = [];

  /**
   * Calls a function of the least busy thread.
   *
   * @param maximum maximum number of threads
   * @param moved memory of the arguments that is moved to the thread, not copied
   */
  call<K extends keyof PictureCalls>(
    maximum: number,
    moved: readonly ArrayBuffer[],
    name: K,
    ...args: Parameters<PictureCalls[K]>
  ): Promise<Awaited<ReturnType<PictureCalls[K]>>> {
    return this.leastBusy(maximum).call(moved, name, ...args);
  }

  private leastBusy(maximum: number): PictureThread {
    this.threads = this.threads.filter(({ isRunning }) => isRunning);
    const [idlest] = this.threads.toSorted((left, right) => left.calls - right.calls);
    return idlest && (idlest.calls === 0 || this.threads.length >= maximum) ? idlest : this.start();
  }

  private start(): PictureThread {
    const thread: PictureThread = new CalledThread(join(__dirname, 'picture-thread'), 'the thread for pictures');
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
