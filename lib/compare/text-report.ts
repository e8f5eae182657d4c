import type { Bill } from '../cost/bill.js';
import type { Candidate } from './target.js';

/** Writes an amount in US dollars. */
export function dollars(usd: number): string {
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** Writes requests per second with three digits. */
export function rate(requestsPerSecond: number): string {
  return Number(requestsPerSecond.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

/** Writes requests per second with their unit. */
export function rateWithUnit(requestsPerSecond: number): string {
  const number = rate(requestsPerSecond);
  return `${number} ${number === '1' ? 'request' : 'requests'} per second`;
}

/** Writes a range of times, in the unit that fits. */
export function secondsRange([shortest, longest]: readonly [number, number]): string {
  const [from, to] = [time(shortest), time(longest)];
  return from === to ? to : `${from} to ${to}`;
}

function time(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  return seconds < 120 ? `${Number(seconds.toPrecision(2))} s` : `${Math.round(seconds / 60)} min`;
}

/** Returns the columns of a candidate in the table of the report. */
export function row({ target, replica, bill, floorUsd, maxReplicas, coldStart, cheaperFrom }: Candidate): string[] {
  return [
    target,
    dollars(bill.monthlyUsd),
    dollars(floorUsd),
    `${maxReplicas} × ${replica.label}`,
    coldStart ? secondsRange(coldStart.seconds) : 'not published',
    cheaperFrom ? `${cheaperFrom.target} from ${rate(cheaperFrom.requestsPerSecond)}/s` : '',
  ];
}

/** Headings of the columns. */
export const HEADINGS = ['target', 'per month', 'without requests', 'replicas', 'cold start', 'cheaper'] as const;

/** Describes how a bill adds up. */
export function formulaLines({ parts, unpriced, otherRegion, unverified }: Bill): string[] {
  return [
    ...parts.map(({ what, monthlyUsd, formula }) => `${what} ${dollars(monthlyUsd)} = ${formula}`),
    ...(unpriced.length > 0 ? [`without the price of ${unpriced.join(', ')}, which is not known`] : []),
    ...(otherRegion.length > 0 ? [`prices of another region: ${otherRegion.join(', ')}`] : []),
    ...(unverified.length > 0 ? [`prices without a verified source: ${unverified.join(', ')}`] : []),
  ];
}
