import { Exposition, type Family } from './exposition.js';
import type { RuntimeMetrics } from './metrics.js';

const MICROSECONDS = 1e6;

const REQUESTS = family('request_count', 'counter', 'Requests to a model, by outcome.');
const REQUEST_LATENCY = family(
  'request_latency',
  'histogram',
  'Microseconds from the complete request to its response.',
);
const RUNTIME_LATENCY = family('runtime_latency', 'histogram', 'Microseconds of one run of a model.');
const QUEUING_LATENCY = family('batching_session:queuing_latency', 'histogram', 'Microseconds a call waited.');
const EXAMPLE_COUNTS = family('request_example_counts', 'histogram', 'Examples of one request.');
const EXAMPLES = family('request_example_count_total', 'counter', 'Examples of all requests.');

/** Returns the model metrics with TensorFlow Serving's names and units, so that its dashboards work unchanged. */
export function tensorFlowServingText({ totals }: RuntimeMetrics): string {
  const page = new Exposition();
  page.family(REQUESTS);
  for (const [name, { inferences }] of totals) {
    for (const [status, count] of inferences) page.value(REQUESTS.name, { model_name: name, status }, count);
  }
  page.family(REQUEST_LATENCY);
  for (const [name, { latencies }] of totals) {
    for (const [call, histogram] of latencies) {
      const [api, entrypoint] = call.split(' ') as [string, string];
      page.histogram(REQUEST_LATENCY.name, { model_name: name, API: api, entrypoint }, histogram);
    }
  }
  page.family(RUNTIME_LATENCY);
  for (const [name, { runSeconds }] of totals) {
    const labels = { model_name: name, API: 'Predict', runtime: 'modelship' };
    page.histogram(RUNTIME_LATENCY.name, labels, runSeconds, MICROSECONDS);
  }
  page.family(QUEUING_LATENCY);
  for (const [name, { queueSeconds }] of totals) {
    page.histogram(QUEUING_LATENCY.name, { thread_pool_name: name }, queueSeconds, MICROSECONDS);
  }
  page.family(EXAMPLE_COUNTS);
  for (const [model, { examples }] of totals) page.histogram(EXAMPLE_COUNTS.name, { model }, examples);
  page.family(EXAMPLES);
  for (const [model, { examples }] of totals) page.value(EXAMPLES.name, { model }, examples.sum);
  return page.text();
}

function family(name: string, type: Family['type'], help: string): Family {
  return { name: `:tensorflow:serving:${name}`, type, help };
}
