import { HOURS_PER_MONTH } from '../cost/bill.js';
import { hourlyRates, type Load } from './load.js';
import type { ComparedTarget, Question, ReplicaSize } from './target.js';

/** Days of a month: 730 hours. */
export const DAYS_PER_MONTH = HOURS_PER_MONTH / 24;

/** Share of a replica's processors that autoscaling aims at, the default of the constructs. */
const TARGET_UTILIZATION = 0.7;

/** Returns the number of replicas that each hour of a day needs. */
export function replicasByHour({ load, measured }: Question, { vcpu }: ReplicaSize, min: number): readonly number[] {
  return hourlyRates(load).map((rate) => {
    const needed = Math.ceil((rate * measured.cpuSeconds) / (TARGET_UTILIZATION * vcpu) - 1e-9);
    return Math.max(min, rate > 0 ? Math.max(1, needed) : 0);
  });
}

/** Returns the largest number of replicas over the day. One with a GPU is assumed, whose speed is not measured. */
export function mostReplicas(target: ComparedTarget, question: Question): number {
  const { load, measured } = question;
  if (load.gpu) return 1;
  if (target.isOneAtATime) return Math.ceil(Math.max(...hourlyRates(load)) * measured.latencySeconds);
  return Math.max(...replicasByHour(question, target.size(question), target.minReplicas));
}

/** Returns the hours of all replicas in a month. The one with a GPU runs all month. */
export function replicaHours(target: ComparedTarget, question: Question): number {
  if (question.load.gpu) return HOURS_PER_MONTH;
  const byHour = replicasByHour(question, target.size(question), target.minReplicas);
  return byHour.reduce((sum, count) => sum + count, 0) * DAYS_PER_MONTH;
}

/** Returns the hours of a month with requests. */
export function busyHours(load: Load): number {
  return hourlyRates(load).filter((rate) => rate > 0).length * DAYS_PER_MONTH;
}

/** Returns the number of requests in a month. */
export function monthlyRequests({ requestsPerSecond }: Load): number {
  return requestsPerSecond * HOURS_PER_MONTH * 3600;
}

/**
 * Returns the seconds of a month in which replicas run at least one request, added up over the replicas. Requests
 * arrive independently of each other, and requests that overlap in a replica share its time.
 *
 * @param seconds time that one request keeps a replica active
 * @param concurrency maximum number of requests that share a replica
 */
export function activeSeconds(question: Question, size: ReplicaSize, seconds: number, concurrency: number): number {
  const rates = hourlyRates(question.load);
  const byCpu = replicasByHour(question, size, 0);
  return rates.reduce((sum, rate, hour) => {
    const inFlight = rate * seconds;
    const replicas = Math.max(1, Math.ceil(inFlight / concurrency), byCpu[hour]!);
    const active = replicas * (1 - Math.exp(-inFlight / replicas));
    return sum + active * 3600 * DAYS_PER_MONTH;
  }, 0);
}
