/** How long a benchmark measures. */
export interface Settings {
  /** Rounds that are counted. */
  readonly rounds: number;
  /** Seconds of load of each side in a round. */
  readonly seconds: number;
  /** Minutes of the soak. */
  readonly minutes: number;
}
