import type { ModelCatalog } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import { ModelMetrics } from '../../observability/model-metrics.js';
import { InferenceError } from '../../tensor/errors.js';

/** Number of occurrences and their total duration. */
interface StatisticDuration {
  readonly count: number;
  readonly ns: number;
}

const NONE: StatisticDuration = { count: 0, ns: 0 };

/**
 * Returns Triton's statistics for the available versions of one model or of all models, or for a single version.
 * Preparing inputs and outputs counts as part of the run.
 *
 * @throws InferenceError `NOT_FOUND`
 */
export async function modelStatistics(models: ModelCatalog, name?: string, version?: string): Promise<object> {
  const names = name === undefined ? models.names() : [name];
  const found = names
    .flatMap((each) => models.versions(each))
    .filter((model) => model.state === 'AVAILABLE' && (version === undefined || model.version === version));
  if (found.length === 0 && name !== undefined) {
    const what = version === undefined ? `model ${name}` : `version ${version} of model ${name}`;
    throw new InferenceError('NOT_FOUND', `${what} is not available`);
  }
  const measured = (await models.measured?.()) ?? found;
  const metricsOf = (model: ServedModel) =>
    measured.find((each) => each.name === model.name && each.version === model.version)?.metrics;
  return { model_stats: found.map((model) => statisticsOf(model, metricsOf(model))) };
}

function statisticsOf({ name, version }: ServedModel, metrics = new ModelMetrics()): object {
  const { succeeded, failed, inferences, sizes } = metrics;
  const answered = inferences.get('OK')!;
  const calls = [...inferences.values()].reduce((sum, count) => sum + count, 0);
  return {
    name,
    version,
    last_inference: succeeded.lastAt,
    inference_count: succeeded.rows,
    execution_count: succeeded.runs,
    inference_stats: {
      success: duration(answered, succeeded.queuedMs + succeeded.elapsedMs),
      fail: duration(calls - answered, failed.elapsedMs),
      queue: duration(succeeded.requests, succeeded.queuedMs),
      compute_input: duration(succeeded.requests, 0),
      compute_infer: duration(succeeded.requests, succeeded.elapsedMs),
      compute_output: duration(succeeded.requests, 0),
      cache_hit: NONE,
      cache_miss: NONE,
    },
    batch_stats: [...sizes]
      .sort(([left], [right]) => left - right)
      .map(([size, { runs, elapsedMs }]) => ({
        batch_size: size,
        compute_input: duration(runs, 0),
        compute_infer: duration(runs, elapsedMs),
        compute_output: duration(runs, 0),
      })),
  };
}

function duration(count: number, milliseconds: number): StatisticDuration {
  return { count, ns: Math.round(milliseconds * 1e6) };
}
