import { describe, expect, it } from 'vitest';
import { ModelMetrics } from '../../../runtime/src/observability/model-metrics.js';
import { invalid } from '../../../runtime/src/tensor/errors.js';
import { catalog, halfPlusTwo, sender } from './support.js';

const run = { rows: 3, requests: 2, queuedMs: 1, elapsedMs: 5, succeeded: true };

/** A model that answered three calls in two runs, and failed on two in a third. */
function counted(version: string) {
  const metrics = new ModelMetrics();
  metrics.ran(run);
  metrics.ran({ ...run, rows: 1, requests: 1, elapsedMs: 2 });
  metrics.ran({ ...run, succeeded: false });
  for (const error of [undefined, undefined, undefined, invalid('no'), invalid('no')]) metrics.ended(error);
  return { ...halfPlusTwo, version, metrics };
}

describe("Triton's statistics", () => {
  it('tell what came, how long it waited and ran, and in which sizes', async () => {
    const ask = sender(catalog([counted('2')]));
    const { model_stats: models } = (await ask('GET', '/v2/models/half_plus_two/stats')).json() as {
      model_stats: { last_inference: number }[];
    };
    const untold = (count: number) => ({ count, ns: 0 });
    const size = (batch: number, ns: number) => ({
      batch_size: batch,
      compute_input: untold(1),
      compute_infer: { count: 1, ns },
      compute_output: untold(1),
    });
    expect(models).toEqual([
      {
        name: 'half_plus_two',
        version: '2',
        last_inference: expect.any(Number),
        inference_count: 4,
        execution_count: 2,
        inference_stats: {
          success: { count: 3, ns: 14_000_000 },
          fail: { count: 2, ns: 11_000_000 },
          queue: { count: 3, ns: 2_000_000 },
          compute_input: untold(3),
          compute_infer: { count: 3, ns: 12_000_000 },
          compute_output: untold(3),
          cache_hit: untold(0),
          cache_miss: untold(0),
        },
        batch_stats: [size(1, 2_000_000), size(3, 5_000_000)],
      },
    ]);
    // Milliseconds since the epoch, and no other unit.
    expect(Math.abs(models[0]!.last_inference - Date.now())).toBeLessThan(3_600_000);
  });

  it('are of one version, of all of a model, or of all models', async () => {
    const loading = { ...halfPlusTwo, version: '3', state: 'LOADING' as const };
    const served = [loading, counted('2'), counted('1'), { ...halfPlusTwo, name: 'other' }];
    const ask = sender(catalog(served));
    const versions = async (path: string) =>
      ((await ask('GET', path)).json() as { model_stats: { name: string; version: string }[] }).model_stats.map(
        ({ name, version }) => `${name} ${version}`,
      );
    expect(await versions('/v2/models/half_plus_two/versions/1/stats')).toEqual(['half_plus_two 1']);
    expect(await versions('/v2/models/half_plus_two/stats')).toEqual(['half_plus_two 2', 'half_plus_two 1']);
    expect(await versions('/v2/models/stats')).toEqual(['half_plus_two 2', 'half_plus_two 1', 'other 1']);
    expect((await ask('GET', '/v2/models/none/stats')).status).toBe(404);
    expect((await ask('GET', '/v2/models/half_plus_two/versions/9/stats')).status).toBe(404);
  });
});
