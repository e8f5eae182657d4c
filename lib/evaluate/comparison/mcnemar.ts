import { INTERVAL_QUANTILE, type PairedTest } from './paired-test.js';

/** Numbers of rows that only one of two versions predicts right. */
export interface DiscordantPairs {
  readonly rows: number;
  /** Rows that only the version predicts right. */
  readonly gained: number;
  /** Rows that only the baseline predicts right. */
  readonly lost: number;
}

/**
 * Compares the accuracy of two versions by McNemar's test. The p-value is exact for any number of pairs, and the interval
 * is the score interval of Tango (1998), which also holds for few discordant pairs or none.
 */
export function mcnemarTest(pairs: DiscordantPairs): PairedTest {
  const { rows, gained, lost } = pairs;
  // The mean share for a uniform prior, as a sample without discordant pairs does not show that there are none.
  const discordant = (gained + lost + 1) / (rows + 2);
  return {
    test: 'McNemar',
    rows,
    gain: (gained - lost) / rows,
    interval: scoreInterval(pairs),
    pValue: exactPValue(pairs),
    variance: discordant,
  };
}

/** Returns the two-sided p-value of as many discordant pairs of each kind, if both kinds are equally likely. */
function exactPValue({ gained, lost }: DiscordantPairs): number {
  const pairs = gained + lost;
  let logarithm = -pairs * Math.LN2;
  let tail = Math.exp(logarithm);
  for (let count = 1; count <= Math.min(gained, lost); count++) {
    logarithm += Math.log((pairs - count + 1) / count);
    tail += Math.exp(logarithm);
  }
  return Math.min(1, 2 * tail);
}

/** Steps of bisection, after which doubles have no value in between. */
const STEPS = 60;

function scoreInterval(pairs: DiscordantPairs): [number, number] {
  const gain = (pairs.gained - pairs.lost) / pairs.rows;
  // The score falls from left to right.
  const solve = (from: number, to: number, wanted: number) => {
    let [low, high] = [from, to];
    for (let step = 0; step < STEPS; step++) {
      const middle = (low + high) / 2;
      if (score(pairs, middle) > wanted) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  };
  return [solve(-1, gain, INTERVAL_QUANTILE), solve(gain, 1, -INTERVAL_QUANTILE)];
}

/** Returns the score statistic of a gain: its distance from the observed gain, in standard errors. */
function score({ rows, gained, lost }: DiscordantPairs, gain: number): number {
  // Most likely share of lost rows, given the gain: the larger root of a quadratic equation.
  const linear = -gained - lost + (2 * rows - gained + lost) * gain;
  const constant = -lost * gain * (1 - gain);
  const lostShare = (Math.sqrt(Math.max(0, linear ** 2 - 8 * rows * constant)) - linear) / (4 * rows);
  const variance = rows * (2 * lostShare + gain * (1 - gain));
  const distance = gained - lost - rows * gain;
  return distance === 0 ? 0 : distance / Math.sqrt(Math.max(0, variance));
}
