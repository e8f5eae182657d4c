import { crc32 } from 'node:zlib';

/** Whether the long suites run whole: `npm run test:all`. */
export const ALL = process.env.MODELSHIP_TEST_ALL === 'true';

/** The seed that `npm test` prints. Without one, as under `npx vitest`, each run draws the same share. */
const SEED = Number(process.env.MODELSHIP_TEST_SEED ?? 1);

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
function* randomNumbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    yield ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }
}

/**
 * The cases of a long suite that run: every one under `npm run test:all`, else `count` of them in their order, drawn by
 * the seed that `npm test` prints.
 *
 * @param suite title of the suite, where several draw from the same cases and each should draw others
 */
export function shareOf<Case>(cases: readonly Case[], count: number, suite = ''): readonly Case[] {
  if (ALL || cases.length <= count) return cases;
  const random = randomNumbers(SEED + crc32(suite));
  const drawn = cases.map((each, index) => ({ each, index, rank: random.next().value }));
  return drawn
    .sort((one, other) => one.rank - other.rank)
    .slice(0, count)
    .sort((one, other) => one.index - other.index)
    .map(({ each }) => each);
}
