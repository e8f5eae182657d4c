/** The spread of one side's figures. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** One side of a comparison: a run gives one figure. */
export interface Side {
  readonly name: string;
  run(): Promise<number>;
}

/** What a comparison found. `ratio` is of each later side to the first, pair by pair. */
export interface Comparison {
  readonly unit: string;
  readonly sides: readonly { readonly name: string; readonly figures: Spread; readonly ratio: Spread }[];
}

/**
 * Runs the sides in turn, A B A B …, after one round that is not counted, so that a drift of the machine's speed falls
 * on all of them. The first side is the reference.
 */
export async function compare(unit: string, rounds: number, sides: readonly Side[]): Promise<Comparison> {
  const figures: number[][] = sides.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, side] of sides.entries()) {
      const figure = await side.run();
      if (round >= 0) figures[index]!.push(figure);
    }
  }
  const reference = figures[0]!;
  return {
    unit,
    sides: sides.map((side, index) => ({
      name: side.name,
      figures: spread(figures[index]!),
      ratio: spread(figures[index]!.map((figure, round) => figure / reference[round]!)),
    })),
  };
}

/** Minimum, median and maximum of `values`, of which there is at least one. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  return { min: sorted[0]!, median: sorted[sorted.length >> 1]!, max: sorted[sorted.length - 1]! };
}

/** The comparison as a table in plain text. */
export function table(comparison: Comparison): string {
  const rows = comparison.sides.map(({ name, figures, ratio }) => [
    name,
    digits(figures.median),
    `${digits(figures.min)}–${digits(figures.max)}`,
    `${ratio.median.toFixed(2)}× (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
  ]);
  const all = [['', `median ${comparison.unit}`, 'range', 'ratio to the first'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function digits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}
