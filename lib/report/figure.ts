/** Returns a figure for people: a whole number, or four digits. */
export function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

/** Returns a figure, or a dash if it is not defined. */
export function figureOrNone(value: number | undefined): string {
  return value === undefined ? '–' : figure(value);
}

/** Returns a difference with its sign. */
export function signed(value: number): string {
  return value > 0 ? `+${figure(value)}` : figure(value);
}
