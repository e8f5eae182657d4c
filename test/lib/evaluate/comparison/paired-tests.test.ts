import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bootstrapTest } from '../../../../lib/evaluate/comparison/bootstrap.js';
import { type DiscordantPairs, mcnemarTest } from '../../../../lib/evaluate/comparison/mcnemar.js';
import { type PairedTest, verdictOf } from '../../../../lib/evaluate/comparison/paired-test.js';
import { f1Macro } from '../../../../lib/evaluate/metrics/classification.js';
import { randomNumbers } from '../../../../runtime/src/tensor/random-numbers.js';
import { ALL } from '../../../support/share.js';

interface Judged {
  readonly mcnemar: readonly (DiscordantPairs & Pick<PairedTest, 'pValue' | 'interval'>)[];
  readonly bootstrap: readonly { one: number[]; other: number[]; interval: [number, number] }[];
}

const PYTHON = join(__dirname, '../../../../.venv/bin/python');
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test('p-values and intervals are those of scipy', () => {
  const judged: Judged = JSON.parse(execFileSync(PYTHON, [join(__dirname, 'paired_tests.py')], { encoding: 'utf8' }));
  for (const { pValue, interval, ...pairs } of judged.mcnemar) {
    const tested = mcnemarTest(pairs);
    expect(tested.pValue, `p of ${JSON.stringify(pairs)}`).toBeCloseTo(pValue, 10);
    for (const side of [0, 1] as const) {
      expect(tested.interval[side], `interval of ${JSON.stringify(pairs)}`).toBeCloseTo(interval[side], 6);
    }
  }
  for (const { one, other, interval } of judged.bootstrap) {
    const gainOf = (rows: readonly number[]) => mean(rows.map((row) => one[row]! - other[row]!));
    const tested = bootstrapTest(one.length, gainOf);
    expect(tested.gain).toBeCloseTo(mean(one) - mean(other), 12);
    // The standard error is 0.04, and quantiles of 2,000 samples vary by a twentieth of it.
    for (const side of [0, 1] as const) expect(Math.abs(tested.interval[side] - interval[side])).toBeLessThan(0.008);
  }
}, 120_000);

test('the score interval is that of the paper (Tango 1998) for no discordant pairs', () => {
  const { interval, pValue } = mcnemarTest({ rows: 100, gained: 0, lost: 0 });
  expect(pValue).toBe(1);
  expect(interval[1]).toBeCloseTo(1.959963984540054 ** 2 / (100 + 1.959963984540054 ** 2), 10);
  expect(interval[0]).toBeCloseTo(-interval[1], 10);
});

/** Shares of the verdicts for pairs of versions. */
type Verdicts = Record<'worse' | 'not worse' | 'needs more rows', number>;

/**
 * Judges pairs of versions on a first number of rows, and once more with the rows that the verdict asks for.
 */
function judgedPairs(pairs: number, margin: number, firstRows: number, drawTest: DrawTest): Verdicts {
  const verdicts: Verdicts = { worse: 0, 'not worse': 0, 'needs more rows': 0 };
  for (let pair = 0; pair < pairs; pair++) {
    const draw = drawTest(randomNumbers(pair + 1));
    let verdict = verdictOf(draw(firstRows), margin);
    if (verdict.verdict === 'needs more rows') verdict = verdictOf(draw(verdict.moreRows), margin);
    verdicts[verdict.verdict] += 1 / pairs;
  }
  return verdicts;
}

/** Returns a function that adds rows to a pair of versions, and tests it on all its rows. */
type DrawTest = (random: () => number) => (moreRows: number) => PairedTest;

/** Versions that differ in whether they are right, for the given shares of the rows. */
const accuracies =
  (gainedShare: number, lostShare: number): DrawTest =>
  (random) => {
    const pairs = { rows: 0, gained: 0, lost: 0 };
    return (moreRows) => {
      pairs.rows += moreRows;
      for (let row = 0; row < moreRows; row++) {
        const drawn = random();
        if (drawn < gainedShare) pairs.gained++;
        else if (drawn < gainedShare + lostShare) pairs.lost++;
      }
      return mcnemarTest(pairs);
    };
  };

describe('simulated pairs of versions, by accuracy', () => {
  const margin = 0.02;
  test.each([0.02, 0.06, 0.15])('that differ in a share of %d of the rows', (share) => {
    const equal = judgedPairs(1000, margin, 300, accuracies(share / 2, share / 2));
    expect(equal.worse, 'false alarms').toBeLessThanOrEqual(0.05);
    expect(equal['not worse'], 'power').toBeGreaterThanOrEqual(0.8);
    const worse = judgedPairs(1000, margin, 300, accuracies((share - margin) / 2, (share + margin) / 2));
    expect(worse['not worse'], 'missed losses').toBeLessThanOrEqual(0.05);
    expect(worse.worse, 'power').toBeGreaterThanOrEqual(0.8);
  });
});

/** Three classes, of which each version predicts some wrongly, compared by their F1 score. */
const f1Scores =
  (wrongShare: number, baselineWrongShare: number): DrawTest =>
  (random) => {
    const expected: number[] = [];
    const version: number[] = [];
    const baseline: number[] = [];
    const predicted = (label: number, wrong: number) =>
      random() < wrong ? (label + 1 + Math.floor(random() * 2)) % 3 : label;
    return (moreRows) => {
      for (let row = 0; row < moreRows; row++) {
        const label = Math.floor(random() * 3);
        expected.push(label);
        version.push(predicted(label, wrongShare));
        baseline.push(predicted(label, baselineWrongShare));
      }
      return bootstrapTest(expected.length, (rows) => {
        const scoreOf = (labels: readonly number[]) =>
          f1Macro({
            expected: rows.map((row) => expected[row]!),
            predicted: rows.map((row) => labels[row]!),
            weights: undefined,
          });
        return scoreOf(version) - scoreOf(baseline);
      });
    };
  };

test('simulated pairs of versions, by F1 score', () => {
  const pairs = ALL ? 1000 : 10;
  const equal = judgedPairs(pairs, 0.15, 60, f1Scores(0.15, 0.15));
  expect(equal.worse, 'false alarms').toBeLessThanOrEqual(0.05);
  expect(equal['not worse'], 'power').toBeGreaterThanOrEqual(0.8);
  const worse = judgedPairs(pairs, 0.15, 60, f1Scores(0.3, 0.15));
  expect(worse['not worse'], 'missed losses').toBeLessThanOrEqual(0.05);
  expect(worse.worse, 'power').toBeGreaterThanOrEqual(0.8);
}, 900_000);

describe('the verdict', () => {
  test('for the same predictions needs as many rows as exclude a loss of the margin', () => {
    const same = (rows: number) => verdictOf(mcnemarTest({ rows, gained: 0, lost: 0 }), 0.01);
    expect(same(100).verdict).toBe('needs more rows');
    expect(same(400)).toEqual({ verdict: 'not worse' });
  });

  test('does not rest on a bootstrap of fewer than 30 rows', () => {
    const tested = bootstrapTest(29, () => 0);
    expect(verdictOf(tested, 0.01)).toEqual({ verdict: 'needs more rows', moreRows: 1 });
    expect(verdictOf({ ...tested, rows: 30 }, 0.01)).toEqual({ verdict: 'not worse' });
  });

  test('asks for fewer rows at a larger margin', () => {
    const tested = mcnemarTest({ rows: 200, gained: 10, lost: 12 });
    const moreRows = (margin: number) => (verdictOf(tested, margin) as { moreRows: number }).moreRows;
    expect(moreRows(0.01)).toBeGreaterThan(4 * moreRows(0.03));
  });
});
