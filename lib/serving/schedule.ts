/** Change of the replica limits at recurring times, such as the start of office hours. */
export interface ReplicaSchedule {
  /**
   * Times at which the limits change, as a cron expression: minute, hour, day of the month, month, and day of the week
   * (0 or SUN to 6 or SAT). Set the day of the month or the day of the week, not both. `0 8 * * MON-FRI` is 8:00 on
   * workdays.
   */
  readonly cron: string;

  /** IANA time zone of the times, such as `Europe/Berlin`, with its daylight saving time. @default UTC */
  readonly timeZone?: string;

  /** Minimum number of replicas from these times on. @default - `minReplicas` of the construct */
  readonly minReplicas?: number;

  /** Maximum number of replicas from these times on. @default - `maxReplicas` of the construct */
  readonly maxReplicas?: number;
}
