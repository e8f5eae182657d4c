import { MissingPeerError } from './peers.js';

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

/** One side of several comparisons at once: a run gives a figure for each. */
export interface ManySided {
  readonly name: string;
  run(): Promise<readonly number[]>;
}

/** A bound on the ratio of one side to another, pair by pair. */
export interface Target {
  readonly side: string;
  /** Side that it is compared with. @default - the first side */
  readonly to?: string;
  /** Unit that it holds for. @default - all units */
  readonly unit?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Which of the ratios counts. @default 'median' */
  readonly of?: 'median' | 'lower quartile';
}

/** Whether a target is met. */
export interface Verdict {
  readonly target: string;
  readonly ratio: number;
  readonly isMet: boolean;
}

/** What a comparison found. `ratio` is of each later side to the first, pair by pair. */
export interface Comparison {
  readonly unit: string;
  readonly sides: readonly { readonly name: string; readonly figures: Spread; readonly ratio: Spread }[];
  /** Verdicts on the targets whose sides ran. */
  readonly verdicts: readonly Verdict[];
}

/**
 * Runs the sides in turn, A B A B …, after one round that is not counted, so that a drift of the machine's speed falls
 * on all of them. The first side is the reference. With 0 rounds, each side runs once, and that is counted.
 *
 * A side whose peer is not installed is left out, which is printed.
 *
 * @throws MissingPeerError if no side is left
 */
export async function compare(
  unit: string,
  rounds: number,
  sides: readonly Side[],
  targets: readonly Target[] = [],
): Promise<Comparison> {
  const many = sides.map((side) => ({ name: side.name, run: async () => [await side.run()] }));
  const [comparison] = await compareMany([unit], rounds, many, targets);
  return comparison!;
}

/** The same of sides whose runs give a figure in each of `units`: a comparison of each. */
export async function compareMany(
  units: readonly string[],
  rounds: number,
  sides: readonly ManySided[],
  targets: readonly Target[] = [],
): Promise<Comparison[]> {
  const runs = new Map(sides.map((side) => [side, [] as (readonly number[])[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const side of runs.keys()) {
      try {
        const figures = await side.run();
        if (round > 0 || rounds === 0) runs.get(side)!.push(figures);
      } catch (error) {
        if (!(error instanceof MissingPeerError)) throw error;
        runs.delete(side);
        if (runs.size === 0) throw error;
        console.error(`NOT RUN: ${side.name}: ${error.message}`);
      }
    }
  }
  return units.map((unit, which) =>
    comparisonOf(
      unit,
      Array.from(runs, ([{ name }, figures]) => ({ name, figures: figures.map((each) => each[which]!) })),
      targets,
    ),
  );
}

/** The comparison of sides that were measured as often as each other. The first is the reference. */
export function comparisonOf(
  unit: string,
  sides: readonly { readonly name: string; readonly figures: readonly number[] }[],
  targets: readonly Target[] = [],
): Comparison {
  const reference = sides[0]!.figures;
  const figuresOf = (name: string) => sides.find((side) => side.name === name)?.figures;
  const verdicts = targets
    .filter((target) => target.unit === undefined || target.unit === unit)
    .flatMap((target): Verdict[] => {
      const { side, to = sides[0]!.name } = target;
      const [own, others] = [figuresOf(side), figuresOf(to)];
      return own && others
        ? [
            verdictOn(
              target,
              to,
              own.map((figure, round) => figure / others[round]!),
            ),
          ]
        : [];
    });
  return {
    unit,
    sides: sides.map(({ name, figures }) => ({
      name,
      figures: spread(figures),
      ratio: spread(figures.map((figure, round) => figure / reference[round]!)),
    })),
    verdicts,
  };
}

function verdictOn({ side, atLeast, atMost, of = 'median' }: Target, to: string, ratios: readonly number[]): Verdict {
  const sorted = [...ratios].sort((left, right) => left - right);
  const ratio = sorted[sorted.length >> (of === 'median' ? 1 : 2)]!;
  const bounds = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}`]),
  ];
  const target = `${side} to ${to}: ${of} ${bounds.join(' and ')}`;
  return { target, ratio, isMet: ratio >= (atLeast ?? 0) && ratio <= (atMost ?? Number.POSITIVE_INFINITY) };
}

/** Minimum, median and maximum of `values`, of which there is at least one. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right);
  return { min: sorted[0]!, median: sorted[sorted.length >> 1]!, max: sorted[sorted.length - 1]! };
}

/** The comparison as a table in plain text, followed by its verdicts. */
export function table(comparison: Comparison): string {
  const rows = comparison.sides.map(({ name, figures, ratio }) => [
    name,
    digits(figures.median),
    `${digits(figures.min)}–${digits(figures.max)}`,
    `${ratio.median.toFixed(2)}× (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
  ]);
  const all = [['', `median ${comparison.unit}`, 'range', 'ratio to the first'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const verdicts = comparison.verdicts.map(
    ({ target, ratio, isMet }) => `${isMet ? 'MET   ' : 'MISSED'}  ${ratio.toFixed(2)}×  ${target}`,
  );
  return [...lines, ...verdicts].join('\n');
}

function digits(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}
