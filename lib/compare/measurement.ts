/** What this machine measured of a package in our own server. */
export interface Measurement {
  /** Processor of the measurement. */
  readonly processor: string;
  /** Version of Node.js. */
  readonly node: string;
  /** Processor time of a request under load, in seconds. */
  readonly cpuSeconds: number;
  /** Time of a request without other requests, as its caller sees it, in seconds. */
  readonly latencySeconds: number;
  /** Memory of the server and its workers under load, in MiB. Undefined on systems that do not tell it. */
  readonly residentMib?: number;
  /** Seconds from the start of the server until it is ready. */
  readonly startSeconds: number;
  /** Mean bytes of a request's body. */
  readonly requestBytes: number;
}
