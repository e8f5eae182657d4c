import { describe, expect, it, vi } from 'vitest';
import { compare, compareMany, comparisonOf, table } from '../../benchmarks/support/pairs.js';
import { MissingPeerError } from '../../benchmarks/support/peers.js';

/** A side whose runs give `figures` in turn, and are written down. */
function side(name: string, figures: readonly number[], runs: string[]) {
  let next = 0;
  return {
    name,
    run: async () => {
      runs.push(name);
      return figures[next++]!;
    },
  };
}

describe('a comparison', () => {
  it('runs the sides in turn, and leaves the first round out', async () => {
    const runs: string[] = [];
    const { sides } = await compare('ms', 2, [side('peer', [1000, 10, 20], runs), side('ours', [1, 5, 5], runs)]);
    expect(runs).toEqual(['peer', 'ours', 'peer', 'ours', 'peer', 'ours']);
    expect(sides[0]!.figures).toEqual({ min: 10, median: 20, max: 20 });
    expect(sides[1]!.figures).toEqual({ min: 5, median: 5, max: 5 });
  });

  it('takes ratios pair by pair, so that a slow round is slow for both', async () => {
    const { sides } = await compare('ms', 3, [side('peer', [0, 10, 40, 20], []), side('ours', [0, 5, 20, 10], [])]);
    expect(sides[1]!.ratio).toEqual({ min: 0.5, median: 0.5, max: 0.5 });
  });

  it('fails with the side that fails', async () => {
    const broken = { name: 'broken', run: () => Promise.reject(new Error('it ended')) };
    await expect(compare('ms', 1, [side('peer', [1, 1], []), broken])).rejects.toThrow('it ended');
  });

  it('runs each side once where no rounds are wanted', async () => {
    const runs: string[] = [];
    const { sides } = await compare('ms', 0, [side('peer', [10], runs), side('ours', [5], runs)]);
    expect(runs).toEqual(['peer', 'ours']);
    expect(sides[1]).toMatchObject({ figures: { median: 5 }, ratio: { median: 0.5 } });
  });

  it('leaves out sides whose peer is not installed, and fails if none is left', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    const missing = { name: 'peer', run: () => Promise.reject(new MissingPeerError('peer.txt is not installed')) };
    const { sides } = await compare('ms', 1, [missing, side('ours', [9, 5], [])]);
    expect(sides).toMatchObject([{ name: 'ours', figures: { median: 5 } }]);
    expect(printed.mock.calls).toEqual([['NOT RUN: peer: peer.txt is not installed']]);
    await expect(compare('ms', 1, [missing])).rejects.toThrow(MissingPeerError);
  });

  it('keeps the figures of each unit apart', async () => {
    const latencies = (factor: number) => ({ name: String(factor), run: async () => [factor, 10 * factor] });
    const [p50, p99] = await compareMany(['ms, p50', 'ms, p99'], 1, [latencies(4), latencies(1)]);
    expect(p50).toMatchObject({ unit: 'ms, p50', sides: [{ figures: { median: 4 } }, { figures: { median: 1 } }] });
    expect(p99).toMatchObject({ unit: 'ms, p99', sides: [{ figures: { median: 40 } }, { ratio: { median: 0.25 } }] });
  });

  it('judges targets by the ratios of the pairs, where both sides ran', () => {
    const sides = [
      { name: 'peer', figures: [10, 10, 10, 10] },
      { name: 'ours', figures: [50, 80, 90, 100] },
    ];
    const comparison = comparisonOf('requests/s', sides, [
      { side: 'ours', atLeast: 8, of: 'lower quartile' },
      { side: 'ours', atLeast: 9.1 },
      { side: 'peer', to: 'ours', atLeast: 0.1, atMost: 0.12 },
      { side: 'ours', to: 'a peer that is not installed', atLeast: 1 },
      { side: 'ours', unit: 'ms', atMost: 1 },
    ]);
    expect(comparison.verdicts).toEqual([
      { target: 'ours to peer: lower quartile at least 8', ratio: 8, isMet: true },
      { target: 'ours to peer: median at least 9.1', ratio: 9, isMet: false },
      { target: 'peer to ours: median at least 0.1 and at most 0.12', ratio: 0.125, isMet: false },
    ]);
    expect(table(comparison).split('\n').slice(3)).toEqual([
      'MET     8.00×  ours to peer: lower quartile at least 8',
      'MISSED  9.00×  ours to peer: median at least 9.1',
      'MISSED  0.13×  peer to ours: median at least 0.1 and at most 0.12',
    ]);
  });

  it('prints figures, range and ratio of each side', () => {
    const comparison = comparisonOf('MB', [
      { name: 'before', figures: [100, 102, 104] },
      { name: 'after', figures: [101, 102, 103] },
    ]);
    const [, before, after] = table(comparison).split('\n');
    expect(before).toMatch(/^before +102 +100–104 +1\.00× \(1\.00–1\.00\)$/);
    expect(after).toMatch(/^after +102 +101–103 +1\.00× \(0\.99–1\.01\)$/);
  });
});
