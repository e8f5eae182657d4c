import { DAYS_OF_WEEK } from '../serving/cron.js';
import { NUMBER, options, type PropType, required, STRING } from '../serving/validation/prop-types.js';
import type { Validator } from '../serving/validation/validator.js';

/** Weekly time in which a cloud upgrades a new cluster and its nodes. */
export interface MaintenanceWindow {
  /** Day of the week, such as `Sunday`. */
  readonly day: string;
  /** Start of the window in UTC, as `HH:MM`. */
  readonly startTime: string;
  /** Length of the window in hours: 4 to 24 on AKS, 12 to 24 on GKE. */
  readonly hours: number;
}

/** Type of the prop. */
export const MAINTENANCE_WINDOW: PropType = options<MaintenanceWindow>(
  "an object such as { day: 'Sunday', startTime: '02:00', hours: 12 }",
  { day: required(STRING), startTime: required(STRING), hours: required(NUMBER) },
);

/** Reports faults in a maintenance window. */
export function checkMaintenanceWindow(
  validator: Validator,
  window: MaintenanceWindow | undefined,
  minHours: number,
  source: string,
): void {
  const prop = 'cluster.maintenanceWindow';
  validator.text(
    `${prop}.day`,
    window?.day,
    new RegExp(`^(?:${DAYS_OF_WEEK.join('|')})$`),
    `the days are ${DAYS_OF_WEEK.join(', ')}`,
  );
  validator.text(`${prop}.startTime`, window?.startTime, /^(?:[01]\d|2[0-3]):[0-5]\d$/, 'use `HH:MM` in UTC');
  validator.number(`${prop}.hours`, window?.hours, { min: minHours, max: 24, unit: 'hours', source });
}
