import { describe, expect, it } from 'vitest';
import { Exposition } from '../../../runtime/src/observability/exposition.js';
import { exponentialBuckets, Histogram } from '../../../runtime/src/observability/histogram.js';

describe('a histogram', () => {
  it('counts a value in the first bucket that holds it, bounds included, and all in the last', () => {
    const histogram = new Histogram([1, 2, 4]);
    for (const value of [0, 1, 1.5, 4, 5]) histogram.observe(value);
    expect(histogram.cumulative()).toEqual([2, 3, 4]);
    expect(histogram.count).toBe(5);
    expect(histogram.sum).toBe(11.5);
  });

  it('is the sum of several', () => {
    const [left, right] = [new Histogram([1, 2]), new Histogram([1, 2])];
    left.observe(1);
    right.observe(2);
    right.observe(3);
    const both = Histogram.merged([left, right]);
    expect([both.cumulative(), both.count, both.sum]).toEqual([[1, 2], 3, 6]);
    expect(left.count).toBe(1);
  });

  it('has exponential buckets without the errors of multiplying', () => {
    expect(exponentialBuckets(10, 1.8, 4)).toEqual([10, 18, 32.4, 58.32]);
  });
});

describe('the text format', () => {
  const page = (write: (page: Exposition) => void) => {
    const made = new Exposition();
    write(made);
    return made.text();
  };

  it('names a family before its series, and ends with a line break', () => {
    const text = page((made) => {
      made.family({ name: 'a_total', type: 'counter', help: 'All.' });
      made.value('a_total', { code: 'OK' }, 3);
      made.value('a_total', {}, 1.5);
    });
    expect(text).toBe('# HELP a_total All.\n# TYPE a_total counter\na_total{code="OK"} 3\na_total 1.5\n');
  });

  it('escapes what would end a label', () => {
    expect(page((made) => made.value('a', { model: 'x"\\\n} 1' }, 1))).toBe('a{model="x\\"\\\\\\n} 1"} 1\n');
  });

  it('tells a histogram in the unit asked for, up to infinity', () => {
    const histogram = new Histogram([0.0001, 0.25]);
    histogram.observe(0.5);
    expect(page((made) => made.histogram('h', { model: 'm' }, histogram, 1e6))).toBe(
      [
        'h_bucket{model="m",le="100"} 0',
        'h_bucket{model="m",le="250000"} 0',
        'h_bucket{model="m",le="+Inf"} 1',
        'h_sum{model="m"} 500000',
        'h_count{model="m"} 1',
        '',
      ].join('\n'),
    );
  });
});
