/** How long a benchmark measures. */
export interface Settings {
  /** Rounds that are counted, after one that is not. With 0, the only round is counted. */
  readonly rounds: number;
  /** Seconds of load of each side in a round. */
  readonly seconds: number;
  /** Seconds of load before what is counted, on every side: the code that answers has been compiled by then. */
  readonly warmUpSeconds: number;
  /**
   * Whether processor time of the servers counts in place of time. A server that is loaded takes all of its processor, so
   * that both are the same on a machine that does nothing else.
   */
  readonly byProcessorTime: boolean;
  /** Minutes of the soak. */
  readonly minutes: number;
}
