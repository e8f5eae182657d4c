/** Requests of each hour of a day, relative to the mean. */
const SHAPES = {
  /** The same at any time. */
  steady: Array.from({ length: 24 }, () => 1),
  /** Eight hours of work, and nothing at night. */
  office: Array.from({ length: 24 }, (_, hour) => (hour >= 9 && hour < 17 ? 3 : 0)),
  /** A wave with its peak in the afternoon, at 1.8 times the mean, and a fifth of the mean at night. */
  daily: Array.from({ length: 24 }, (_, hour) => 1 - 0.8 * Math.cos((2 * Math.PI * (hour - 3)) / 24)),
} as const;

/** Distribution of the requests over the day. */
export type LoadShape = keyof typeof SHAPES;

/** Names of the distributions. */
export const LOAD_SHAPES = Object.keys(SHAPES) as readonly LoadShape[];

/** Requests that a deployment must serve. */
export interface Load {
  /** Mean number of requests per second, over the day. */
  readonly requestsPerSecond: number;
  readonly shape: LoadShape;
  /** Bytes of a request's body. @default - the mean of the golden samples */
  readonly requestBytes?: number;
  /** Maximum time of a request in the server, in seconds. @default - any time */
  readonly latencySeconds?: number;
  /** Whether replicas need a GPU. */
  readonly gpu: boolean;
}

/** Load if none is given: one request per second, at any time. */
export const DEFAULT_LOAD: Load = { requestsPerSecond: 1, shape: 'steady', gpu: false };

/** Returns the requests per second of each hour of a day. */
export function hourlyRates({ requestsPerSecond, shape }: Load): readonly number[] {
  return SHAPES[shape].map((factor) => factor * requestsPerSecond);
}
