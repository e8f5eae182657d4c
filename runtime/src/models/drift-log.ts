import { DRIFT_LINE } from '../contract.js';
import type { LiveTraffic } from '../drift/live-traffic.js';

/** Milliseconds between two lines. Alarms compare values of each minute. */
const INTERVAL_MS = 60_000;

/** Logs how far the requests of this process are from the reference data. Every host keeps logs, and not every one reads metrics. */
export class DriftLog {
  private next: number;

  constructor(
    private readonly live: LiveTraffic,
    private readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void,
    now = Date.now(),
  ) {
    this.next = now + INTERVAL_MS;
  }

  /**
   * Logs a line if the last one is a minute old. It is called for each request and needs no timer, because some hosts stop the
   * process between requests.
   */
  requested(now = Date.now()): void {
    if (now < this.next) return;
    this.next = now + INTERVAL_MS;
    const { rows, columns, performance } = this.live.report(now);
    const distances = columns.map(({ column, measures }) => ({
      column,
      drift: measures.psi ?? measures.mean_shift ?? 0,
    }));
    const [largest] = distances.sort((a, b) => b.drift - a.drift);
    const known = this.live.reference.performance?.measures.accuracy;
    const estimated = performance?.measures?.accuracy;
    const drop = known !== undefined && estimated !== undefined ? { [DRIFT_LINE.accuracyDrop]: known - estimated } : {};
    if (!largest && estimated === undefined) return;
    this.log(DRIFT_LINE.message, {
      rows,
      ...(largest && { column: largest.column, [DRIFT_LINE.drift]: largest.drift }),
      ...drop,
    });
  }
}
