import { Exposition, type Family } from './exposition.js';
import { Histogram } from './histogram.js';
import type { RuntimeMetrics } from './metrics.js';
import type { ApiCall, ModelMetrics } from './model-metrics.js';

const MICROSECONDS = 1e6;

const REQUESTS = family('request_count', 'counter', 'Requests of a model, by what became of them.');
const REQUEST_LATENCY = family('request_latency', 'histogram', 'Microseconds from the whole request to its answer.');
const RUNTIME_LATENCY = family('runtime_latency', 'histogram', 'Microseconds of one run of a model.');
const QUEUING_LATENCY = family('batching_session:queuing_latency', 'histogram', 'Microseconds a call waited.');
const EXAMPLE_COUNTS = family('request_example_counts', 'histogram', 'Examples of one request.');
const EXAMPLES = family('request_example_count_total', 'counter', 'Examples of all requests.');

/** What is counted of the models, under the names and in the units of TensorFlow Serving, for dashboards made for it. */
export function tensorFlowServingText({ models }: RuntimeMetrics): string {
  const byName = new Map<string, ModelMetrics[]>();
  for (const { name, metrics } of models) byName.set(name, [...(byName.get(name) ?? []), metrics]);
  const page = new Exposition();
  page.family(REQUESTS);
  for (const [name, versions] of byName) {
    for (const [status, count] of outcomes(versions)) page.value(REQUESTS.name, { model_name: name, status }, count);
  }
  page.family(REQUEST_LATENCY);
  for (const [name, versions] of byName) {
    for (const call of new Set(versions.flatMap(({ latencies }) => [...latencies.keys()]))) {
      const [api, entrypoint] = call.split(' ') as [string, string];
      const labels = { model_name: name, API: api, entrypoint };
      page.histogram(
        REQUEST_LATENCY.name,
        labels,
        merged(versions, (each) => each.latencyOf(call as ApiCall)),
      );
    }
  }
  page.family(RUNTIME_LATENCY);
  for (const [name, versions] of byName) {
    const labels = { model_name: name, API: 'Predict', runtime: 'modelship' };
    page.histogram(
      RUNTIME_LATENCY.name,
      labels,
      merged(versions, ({ runSeconds }) => runSeconds),
      MICROSECONDS,
    );
  }
  page.family(QUEUING_LATENCY);
  for (const [name, versions] of byName) {
    const queued = merged(versions, ({ queueSeconds }) => queueSeconds);
    page.histogram(QUEUING_LATENCY.name, { thread_pool_name: name }, queued, MICROSECONDS);
  }
  page.family(EXAMPLE_COUNTS);
  for (const [model, versions] of byName) {
    page.histogram(
      EXAMPLE_COUNTS.name,
      { model },
      merged(versions, ({ examples }) => examples),
    );
  }
  page.family(EXAMPLES);
  for (const [model, versions] of byName) {
    page.value(EXAMPLES.name, { model }, merged(versions, ({ examples }) => examples).sum);
  }
  return page.text();
}

function outcomes(versions: readonly ModelMetrics[]): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  for (const [status, count] of versions.flatMap(({ inferences }) => [...inferences])) {
    all.set(status, (all.get(status) ?? 0) + count);
  }
  return all;
}

function merged(versions: readonly ModelMetrics[], pick: (metrics: ModelMetrics) => Histogram): Histogram {
  return Histogram.merged(versions.map(pick));
}

function family(name: string, type: Family['type'], help: string): Family {
  return { name: `:tensorflow:serving:${name}`, type, help };
}
