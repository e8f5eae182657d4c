import { Token } from 'cdktf';
import { AlarmThresholds } from '../serving/alarms.js';
import type { ServingProps } from '../serving/props.js';

/** Thresholds of the alarms. No arithmetic is done on a token: `limit` stands for a timeout that only apply knows. */
export function alarmThresholds(
  { alarms, timeoutSeconds }: ServingProps,
  defaultSeconds: number,
  limit: number,
): AlarmThresholds {
  return new AlarmThresholds(alarms, Token.isUnresolved(timeoutSeconds) ? limit : (timeoutSeconds ?? defaultSeconds));
}
