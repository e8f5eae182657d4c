/** Days of the week, in the order of dates. */
export const DAYS_OF_WEEK = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = DAYS_OF_WEEK.map((day) => day.slice(0, 3).toUpperCase());

interface Field {
  readonly min: number;
  readonly max: number;
  /** Names of the values, from `min` on. */
  readonly names?: readonly string[];
}

/** Fields of a cron expression, in their order. A week has two names for Sunday, 0 and 7. */
const FIELDS: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 7, names: [...DAYS, 'SUN'] },
];

/** Cron expression with five fields. Months and days of the week are given by name, which no cloud counts differently. */
export interface Cron {
  readonly minute: string;
  readonly hour: string;
  readonly dayOfMonth: string;
  readonly month: string;
  readonly dayOfWeek: string;
}

/** Parses a cron expression with five fields. Returns undefined if it has a syntax error or a value out of range. */
export function parseCron(text: string): Cron | undefined {
  const given = text.trim().toUpperCase().split(/\s+/);
  if (given.length !== FIELDS.length) return undefined;
  const fields = given.map((field, index) => parseField(field, FIELDS[index]!));
  if (fields.includes(undefined)) return undefined;
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields as string[];
  return { minute, hour, dayOfMonth, month, dayOfWeek } as Cron;
}

/** Returns a field with names in place of numbers, or undefined if it is invalid. */
function parseField(text: string, field: Field): string | undefined {
  const items = text.split(',').map((item) => {
    const [, range, , step] = /^([^/]+)(\/(\d+))?$/.exec(item) ?? [];
    if (range === undefined) return undefined;
    const ends = range === '*' ? [range] : range.split('-').map((end) => parseValue(end, field));
    if (ends.length > 2 || ends.includes(undefined) || (step !== undefined && Number(step) === 0)) return undefined;
    return `${ends.join('-')}${step === undefined ? '' : `/${step}`}`;
  });
  return items.includes(undefined) ? undefined : items.join(',');
}

function parseValue(text: string, { min, max, names }: Field): string | undefined {
  if (names?.includes(text)) return text;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) return undefined;
  return names?.[value - min] ?? String(value);
}

/**
 * Returns the minutes of the week, which begins on Sunday at 0:00, at which an expression is true. The expression must not
 * restrict the days of the month or the months.
 */
export function minutesOfWeek({ minute, hour, dayOfWeek }: Cron): number[] {
  const times = valuesOf(hour, 24).flatMap((each) => valuesOf(minute, 60).map((at) => each * 60 + at));
  return valuesOf(dayOfWeek, DAYS.length).flatMap((day) => times.map((time) => day * 24 * 60 + time));
}

/** Returns the values of a parsed field that counts from 0. A range such as `FRI-MON` wraps around. */
function valuesOf(text: string, count: number): number[] {
  const number = (value: string) => (DAYS.includes(value) ? DAYS.indexOf(value) : Number(value));
  const values = text.split(',').flatMap((item) => {
    const [range, step] = item.split('/') as [string, string | undefined];
    const [start, end] = range === '*' ? [0, count - 1] : range.split('-').map(number);
    const last = end ?? (step === undefined ? start! : count - 1);
    const length = ((last - start! + count) % count) + 1;
    const distance = Number(step ?? 1);
    return Array.from({ length: Math.ceil(length / distance) }, (_, index) => (start! + index * distance) % count);
  });
  return [...new Set(values)];
}
