/** Instances, or copies of an inference component, are replaced in batches, for fleets too large to run twice during a deployment. */
export interface RollingUpdate {
  /** Share of them replaced at once, in percent, 5 to 50. */
  readonly batchPercent: number;
  /** Minutes each batch is watched, 0 to 60. @default 5 */
  readonly intervalMinutes?: number;
}
