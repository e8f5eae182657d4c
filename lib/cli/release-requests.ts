import { setTimeout } from 'node:timers/promises';
import { RequestTooLargeError } from '../gate/verdict.js';
import type { Predictor } from '../requests/predictor.js';
import { RefusedError } from './endpoint.js';
import { CommandFailure } from './failure.js';

/** Statuses of requests that may succeed once the version has started and is routed to. */
const STARTING: readonly number[] = [404, 429, 502, 503, 504];

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/** Requests to a version, and their latencies. */
export class RequestCounter {
  requests = 0;
  failures = 0;
  private readonly milliseconds: number[] = [];

  /** Counts a request. */
  async count<Result>(request: () => Promise<Result>): Promise<Result> {
    const since = performance.now();
    this.requests++;
    try {
      const result = await request();
      this.milliseconds.push(performance.now() - since);
      return result;
    } catch (error) {
      this.failures++;
      throw error;
    }
  }

  get failurePercent(): number {
    return this.requests === 0 ? 0 : (100 * this.failures) / this.requests;
  }

  /** 99th percentile of the latency in milliseconds. @default - no request succeeded */
  get p99(): number | undefined {
    const sorted = [...this.milliseconds].sort((one, other) => one - other);
    return sorted[Math.ceil(0.99 * sorted.length) - 1];
  }
}

/** A predictor whose requests are counted. A response with 413 tells the gate to ask fewer rows. */
export function counted(predictor: Predictor, counter: RequestCounter): Predictor {
  return {
    ...predictor,
    async predict(inputs) {
      try {
        return await counter.count(() => predictor.predict(inputs));
      } catch (error) {
        if (!(error instanceof RefusedError && error.status === 413)) throw error;
        counter.failures--;
        throw new RequestTooLargeError(error.message);
      }
    },
  };
}

/**
 * Repeats `work` while the version starts.
 *
 * @param deadline time of `performance.now()` after which nothing is repeated
 * @throws the last error
 */
export async function untilStarted<Result>(
  work: () => Promise<Result>,
  deadline: number,
  signal: AbortSignal,
): Promise<Result> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, 2 * pause)) {
    try {
      return await work();
    } catch (error) {
      if (!isOfStart(error) || signal.aborted || performance.now() + pause > deadline) throw error;
    }
    await setTimeout(pause, undefined, { signal }).catch(() => {});
  }
}

function isOfStart(error: unknown): boolean {
  if (error instanceof RefusedError) return STARTING.includes(error.status);
  return error instanceof CommandFailure && (error.code === 'NO_ANSWER' || error.code === 'OTHER_VERSION');
}
