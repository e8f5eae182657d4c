import { describe, expect, it } from 'vitest';
import { Setbacks } from '../../../runtime/src/models/setbacks.js';

/** The looks at which `key` is tried, of the first `count`, where each try fails. */
function tries(setbacks: Setbacks, key: string, count: number): number[] {
  return Array.from({ length: count }, (_, look) => look).filter((_look) => {
    const isDue = setbacks.isDue(key);
    if (isDue) setbacks.note(key, 'it is bad');
    return isDue;
  });
}

describe('what cannot be loaded', () => {
  it('is tried ever more seldom, and never given up', () => {
    expect(tries(new Setbacks(), 'a', 20)).toEqual([0, 2, 5, 10, 19]);
    const late = tries(new Setbacks(), 'a', 1000).filter((look) => look > 500);
    expect(late.length).toBeGreaterThan(5);
  });

  it('is told once, and again when it fails otherwise', () => {
    const setbacks = new Setbacks();
    expect(['one', 'one', 'two', 'one'].map((message) => setbacks.note('a', message))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(setbacks.note('b', 'one')).toBe(true);
  });

  it('is tried at once when it was mended, or a caller asks', () => {
    const setbacks = new Setbacks();
    tries(setbacks, 'a', 20);
    setbacks.clear('a');
    expect(setbacks.isDue('a')).toBe(true);
    tries(setbacks, 'a', 20);
    setbacks.clear();
    expect(setbacks.isDue('a')).toBe(true);
  });
});
